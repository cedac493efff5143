// One GRU, written in the format's forms and layouts: they must all give the same numbers.

import { describe, expect, it } from "vitest";
import { randomArray, randomGru, uniform } from "../cases/random.js";
import { type CaseParts, inline, type InlineRef, referenceOf, writeCases } from "../long/conformance/caseSet.js";
import { readCases } from "../long/conformance/cases.js";
import { conduct, type Verdict } from "../long/conformance/conduct.js";
import { execute } from "../long/conformance/execute.js";
import { permute, type Tensor, transposed } from "../long/conformance/tensor.js";

const [T, B, I, H] = [4, 3, 2, 5];
const next = uniform(40);
const layer = randomGru("gru", ["input"], { inputSize: I, hiddenSize: H, resetAfter: false }, next);
const input = randomArray(T * B * I, next);
const { y, finalState } = referenceOf(layer, input, { batchSize: B });

const weight: Tensor = { shape: [3 * H, I], data: Float64Array.from(layer.weight) };
const recurrentWeight: Tensor = { shape: [3 * H, H], data: Float64Array.from(layer.recurrentWeight) };
const bias: Tensor = { shape: [3 * H], data: Float64Array.from(layer.bias!) };
const recurrentBias: Tensor = { shape: [3 * H], data: Float64Array.from(layer.recurrentBias!) };
const sequence: Tensor = { shape: [T, B, H], data: y };

/** The gate's block of rows. */
function gateOf({ shape, data }: Tensor, gate: string, sign = 1): Tensor {
  const length = data.length / 3;
  const start = "rzn".indexOf(gate) * length;
  return { shape: [H, ...shape.slice(1)], data: data.slice(start, start + length).map((value) => sign * value) };
}

function refOf({ shape, data }: Tensor): InlineRef {
  return inline(shape, data);
}

/** Blocks in another order. */
function packed(gateOrder: string, rows: boolean, signs: Readonly<Record<string, number>> = {}) {
  const ordered = (tensor: Tensor) => {
    const blocks = [...gateOrder].map((gate) => gateOf(tensor, gate, signs[gate]));
    const stacked = { shape: tensor.shape, data: Float64Array.from(blocks.flatMap(({ data }) => [...data])) };
    return refOf(rows || tensor.shape.length === 1 ? stacked : transposed(stacked));
  };
  const [W, R, bW, bR] = [weight, recurrentWeight, bias, recurrentBias].map(ordered);
  return { form: "packed", gateOrder, rows, W, R, bW, bR };
}

/** x and h in one matrix for each gate; the biases of both, which a reset-before GRU adds anyway, in one. */
function joined(gateConcat: "xh" | "hx", candConcat: "xh" | "hx", rows: boolean, updateSign = 1) {
  const matrix = (gate: string, order: string, sign = 1) => {
    const parts = [...order].map((part) => gateOf(part === "x" ? weight : recurrentWeight, gate, sign));
    const columns = parts.map((part) => transposed(part));
    const joinedColumns = { shape: [I + H, H], data: Float64Array.from(columns.flatMap(({ data }) => [...data])) };
    return refOf(rows ? transposed(joinedColumns) : joinedColumns);
  };
  const both: Tensor = { shape: [3 * H], data: bias.data.map((value, i) => value + recurrentBias.data[i]!) };
  return {
    form: "concat",
    gateConcat,
    candConcat,
    rows,
    W_r: matrix("r", gateConcat),
    W_z: matrix("z", gateConcat, updateSign),
    W_h: matrix("n", candConcat),
    b_r: refOf(gateOf(both, "r")),
    b_z: refOf(gateOf(both, "z", updateSign)),
    b_h: refOf(gateOf(both, "n")),
  };
}

const plainStep = { op: "gru", x: "x", y: "y", h_n: "h", reset_after: false, update: "z_keeps" };
const x = inline([T, B, I], input);

function stepOf(weights: unknown, settings: object = {}) {
  return { ...plainStep, layers: [{ dirs: [{ weights }] }], ...settings };
}

async function verdictOf(parts: CaseParts): Promise<Verdict> {
  return conduct(readCases(writeCases([parts]))[0]!, (program) => execute(program, "cpu"));
}

/** Asserts grade A; the message is the report's. */
async function expectPass(parts: CaseParts): Promise<Verdict> {
  const verdict = await verdictOf(parts);
  expect(verdict.reason).toBe("");
  expect(verdict.grade).toBe("A");
  return verdict;
}

describe("weights", () => {
  const outputs = { y: refOf(sequence), h: inline([1, B, H], finalState) };

  it.each([
    ["packed, zrn, rows", packed("zrn", true), {}],
    ["packed, nrz, columns", packed("nrz", false), {}],
    ["joined, xh, xh", joined("xh", "xh", false), {}],
    ["joined, hx, xh", joined("hx", "xh", true), {}],
    ["packed, z on the new state", packed("rzn", true, { z: -1 }), { update: "z_replaces" }],
  ])("take the form %s", async (_, weights, settings) => {
    await expectPass({ inputs: { x }, program: [stepOf(weights, settings)], outputs });
  });

  it("go through textbookGru where they are the textbook's", async () => {
    const step = stepOf(joined("xh", "hx", true, -1), { update: "z_replaces" });
    const { sources } = await expectPass({ inputs: { x }, program: [step], outputs });
    expect(sources).toContain("textbookGru");
  });

  it("are not turned round where a gate's activation forbids it", async () => {
    const step = stepOf(packed("rzn", true), { update: "z_replaces", activations: ["softsign", "tanh"] });
    const { grade, reason } = await verdictOf({ inputs: { x }, program: [step], outputs });
    expect(grade).toBe("not run");
    expect(reason).toMatch(/softsign/);
  });
});

describe("layouts", () => {
  const weights = packed("rzn", true);
  const batchFirst = permute(sequence, [1, 0, 2]);

  it("takes rows first, and gives any order of axes", async () => {
    const own = { batch_first: true, h_layout: "B(LD)H" };
    const rowsFirst = permute({ shape: [T, B, I], data: Float64Array.from(input) }, [1, 0, 2]);
    const state = inline([B, 1, H], finalState);
    for (const [layout, want] of [
      ["BT(DH)", refOf(batchFirst)],
      ["BTDH", inline([B, T, 1, H], batchFirst.data)],
      ["TDBH", inline([T, 1, B, H], y)],
    ] as const) {
      const program = [stepOf(weights, { ...own, y_layout: layout })];
      await expectPass({ inputs: { x: refOf(rowsFirst) }, program, outputs: { y: want, h: state } });
    }
  });

  it("turns the order of steps round", async () => {
    const turned = Array.from({ length: T }, (_, t) => [...y.subarray((T - 1 - t) * B * H, (T - t) * B * H)]).flat();
    const program = [stepOf(weights, { output_order: "processing" })];
    await expectPass({ inputs: { x }, program, outputs: { y: inline([T, B, H], turned) } });
  });

  it("gives a cell's state without the axis of time", async () => {
    const one = referenceOf(layer, input.slice(0, B * I), { batchSize: B });
    const program = [stepOf(weights, { single_step: true })];
    const inputs = { x: inline([B, I], input.slice(0, B * I)) };
    await expectPass({ inputs, program, outputs: { h: inline([B, H], one.y) } });
  });

  it("adds, averages and multiplies two directions that differ in their activations", async () => {
    const relu = {
      ...layer,
      direction: "reverse" as const,
      newActivation: { name: "relu" as const, alpha: 1, beta: 0 },
    };
    const reverse = referenceOf(relu, input, { batchSize: B }).y;
    const dirs = [{ weights }, { weights, reverse: true, activations: ["sigmoid", "relu"] }];
    for (const [merge, join] of [
      ["sum", (a: number, b: number) => a + b],
      ["ave", (a: number, b: number) => (a + b) / 2],
      ["mul", (a: number, b: number) => a * b],
    ] as const) {
      const want = y.map((value, i) => join(value, reverse[i]!));
      const program = [stepOf(weights, { layers: [{ dirs }], merge })];
      await expectPass({ inputs: { x }, program, outputs: { y: inline([T, B, H], want) } });
    }
  });
});

describe("a mask", () => {
  /** Row 0 whole, row 1 with a hole, row 2 with nothing. */
  const mask = inline([B, T], [1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 0]);
  const at = (values: ArrayLike<number>, t: number, row: number) =>
    Array.from({ length: H }, (_, i) => values[(t * B + row) * H + i]!);
  const zeros = Array<number>(H).fill(0);

  it("leaves the state alone and repeats the output before", async () => {
    // Row 1 alone, without its masked steps.
    const kept = [1, 3].flatMap((t) => [...input.subarray((t * B + 1) * I, (t * B + 2) * I)]);
    const alone = referenceOf(layer, Float32Array.from(kept), { batchSize: 1 }).y;
    const [first, second] = [alone.slice(0, H), alone.slice(H)];
    const row1 = [zeros, first, first, second];
    const want = row1.flatMap((own, t) => [...at(y, t, 0), ...own, ...zeros]);
    const state = [...at(finalState, 0, 0), ...second, ...zeros];
    await expectPass({
      inputs: { x, mask },
      program: [stepOf(packed("rzn", true), { mask: "mask" })],
      outputs: { y: inline([T, B, H], want), h: inline([1, B, H], state) },
    });
  });
});

describe("lengths", () => {
  const initialState = randomArray(B * H, next);
  const lengths = [T, 0, 2];
  const step = stepOf(packed("rzn", true), { lengths: "lengths", h0: "h0" });
  const inputs = { x, lengths: { shape: [B], data: lengths, dtype: "I32" }, h0: inline([1, B, H], initialState) };
  const want = referenceOf(layer, input, { batchSize: B, lengths, initialState });
  const outputs = { y: inline([T, B, H], want.y), h: inline([1, B, H], want.finalState) };

  it("keep the state of a row without steps", async () => {
    await expectPass({ inputs, program: [step], outputs });
  });

  it("make the state of such a row zero where the case says so", async () => {
    const h = want.finalState.map((value, i) => (lengths[Math.floor(i / H)] === 0 ? 0 : value));
    const program = [{ ...step, zero_length: "zero" }];
    await expectPass({ inputs, program, outputs: { ...outputs, h: inline([1, B, H], h) } });
  });
});
