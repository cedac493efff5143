// The textbook's equations, through the public API:
//
//   r = sigmoid(W_r [x, h] + b_r)
//   z = sigmoid(W_z [x, h] + b_z)
//   n = tanh(W_h [r * h, x] + b_h)
//   h' = z * n + (1 - z) * h

import { createModel, defineNetwork } from "webgru";
import { type TextbookGru, textbookGru } from "webgru/textbook";
import { describe, expect, it } from "vitest";
import { runReference } from "../harness/reference/runReference.js";
import { expectClose } from "../harness/close.js";
import { randomArray, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

// Float32 results in [-1, 1] of a few dozen operations.
const TOLERANCE = { atol: 1e-6, rtol: 0 };

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));
const inverseSigmoid = (y: number): number => Math.log(y / (1 - y));

describe("textbookGru", () => {
  const update = [0.6, 0.5, 0.3];
  const newGate = [0.2, 0.4, 0.8];

  it("gives 0.6 x 0.2 = 0.12, 0.5 x 0.4 = 0.20 and 0.3 x 0.8 = 0.24 from a state of zeros", async () => {
    // With x and h zero the biases alone make the gates, whatever the weights.
    const gru: TextbookGru = {
      ...randomTextbook(1, 2, 3),
      updateBias: update.map(inverseSigmoid),
      newBias: newGate.map(Math.atanh),
    };
    const { output } = await run(gru, [0, 0]);
    expectClose(output, [0.12, 0.2, 0.24], TOLERANCE);
  });

  it("keeps 1 - z of the state: 0.12 + 0.4 x 0.5, 0.20 - 0.5 x 0.2 and 0.24 + 0.7 x 0.9", async () => {
    const gru: TextbookGru = {
      ...gatedByInput(),
      updateBias: update.map(inverseSigmoid),
      newBias: newGate.map(Math.atanh),
    };
    const { output } = await run(gru, [0], [0.5, -0.2, 0.9]);
    expectClose(output, [0.32, 0.1, 0.87], TOLERANCE);
  });

  it("takes the same gates from an input: z = 0.6 and n = 0.2 as their inverses times x = 2", async () => {
    const gru: TextbookGru = {
      inputSize: 1,
      hiddenSize: 1,
      resetWeight: [0, 0],
      updateWeight: [inverseSigmoid(0.6) / 2, 0], // [x, h]
      newWeight: [0, Math.atanh(0.2) / 2], // [r * h, x]
    };
    const { output } = await run(gru, [2]);
    expectClose(output, [0.12], TOLERANCE);
  });

  it("resets the state before the product: n = tanh(0.5 x 0.8) for r = 0.5, h = 0.8 and a weight of one", async () => {
    const gru: TextbookGru = {
      inputSize: 1,
      hiddenSize: 1,
      resetWeight: [0, 0], // r = 0.5
      updateWeight: [0, 0],
      newWeight: [1, 0], // [r * h, x]
      updateBias: [30], // z = 1
    };
    const { output } = await run(gru, [3], [0.8]);
    expectClose(output, [Math.tanh(0.4)], TOLERANCE);
  });

  it("agrees with the equations, computed in float64, for I=3 H=4 T=6", async () => {
    const gru = randomTextbook(5, 3, 4);
    const input = randomArray(6 * 3, uniform(6));
    const initialState = randomArray(4, uniform(7));
    const expected = runTextbook(gru, input, initialState);
    const { output, finalState } = await run(gru, input, initialState);
    expectClose(output, expected, TOLERANCE);
    expectClose(finalState, expected.slice(-4), TOLERANCE);
  });

  it("is exact: the float64 reference of the layer gives the equations' numbers", () => {
    const gru = randomTextbook(8, 3, 4);
    const input = randomArray(6 * 3, uniform(9));
    const network = defineNetwork({ layers: [textbookGru(gru)] });
    const { output } = runReference(network, { input, batchSize: 1 });
    expectClose(output, runTextbook(gru, input, new Float32Array(4)), { atol: 1e-15, rtol: 0 });
  });

  it("takes absent biases for zeros", async () => {
    const { resetBias: _r, updateBias: _z, newBias: _n, ...gru } = randomTextbook(10, 2, 3);
    const zeros = new Float32Array(3);
    const input = randomArray(4 * 2, uniform(11));
    const withZeros = await run({ ...gru, resetBias: zeros, updateBias: zeros, newBias: zeros }, input);
    expect((await run(gru, input)).output).toEqual(withZeros.output);
  });

  it("names the layer and its inputs as told", () => {
    const gru = randomTextbook(12, 2, 3);
    expect(textbookGru(gru)).toMatchObject({ name: "gru", inputs: ["input"] });
    expect(textbookGru({ ...gru, name: "b", inputs: ["a"] })).toMatchObject({ name: "b", inputs: ["a"] });
  });

  const wrong: [field: keyof TextbookGru, length: number, shape: string, elements: number][] = [
    ["resetWeight", 14, "[3, 5]", 15],
    ["updateWeight", 16, "[3, 5]", 15],
    ["newWeight", 0, "[3, 5]", 15],
    ["resetBias", 4, "[3]", 3],
    ["updateBias", 2, "[3]", 3],
    ["newBias", 9, "[3]", 3],
  ];
  for (const [field, length, shape, elements] of wrong) {
    it(`refuses a ${field} of ${length} elements`, async () => {
      await expectRefusal(
        () => textbookGru({ ...randomTextbook(13, 2, 3), name: "cell", [field]: new Float32Array(length) }),
        "shape-mismatch",
        `cell.${field}: expected shape ${shape}, ${elements} elements, got ${length}`,
      );
    });
  }
});

type FullTextbookGru = TextbookGru & { resetBias: Float32Array; updateBias: Float32Array; newBias: Float32Array };

function randomTextbook(seed: number, inputSize: number, hiddenSize: number): FullTextbookGru {
  const next = uniform(seed);
  const matrix = () => randomArray(hiddenSize * (inputSize + hiddenSize), next);
  const bias = () => randomArray(hiddenSize, next);
  return {
    inputSize,
    hiddenSize,
    resetWeight: matrix(),
    updateWeight: matrix(),
    newWeight: matrix(),
    resetBias: bias(),
    updateBias: bias(),
    newBias: bias(),
  };
}

/** A GRU of 1 -> 3 whose gates do not see the state. */
function gatedByInput(): TextbookGru {
  const zeros = new Float32Array(12);
  return { inputSize: 1, hiddenSize: 3, resetWeight: zeros, updateWeight: zeros, newWeight: zeros };
}

async function run(gru: TextbookGru, input: ArrayLike<number>, initialState?: ArrayLike<number>) {
  const model = await createModel(defineNetwork({ layers: [textbookGru(gru)] }), { device: "cpu" });
  return model.run(input, initialState === undefined ? {} : { initialState });
}

/** The equations at the top, word for word. @returns [T, H] */
function runTextbook(gru: FullTextbookGru, input: Float32Array, initialState: Float32Array): number[] {
  const { inputSize, hiddenSize } = gru;
  const output: number[] = [];
  let h = Array.from(initialState);
  for (let start = 0; start < input.length; start += inputSize) {
    const x = Array.from(input.subarray(start, start + inputSize));
    const r = h.map((_, i) => sigmoid(gate(gru.resetWeight, gru.resetBias, [...x, ...h], i)));
    const z = h.map((_, i) => sigmoid(gate(gru.updateWeight, gru.updateBias, [...x, ...h], i)));
    const resetState = h.map((value, i) => r[i]! * value);
    const n = h.map((_, i) => Math.tanh(gate(gru.newWeight, gru.newBias, [...resetState, ...x], i)));
    h = h.map((value, i) => z[i]! * n[i]! + (1 - z[i]!) * value);
    output.push(...h);
  }
  expect(output).toHaveLength((input.length / inputSize) * hiddenSize);
  return output;
}

/** Row `unit` of weight * joined + bias. @param weight [H, joined.length] */
function gate(weight: ArrayLike<number>, bias: ArrayLike<number>, joined: readonly number[], unit: number): number {
  return joined.reduce((sum, value, k) => sum + weight[unit * joined.length + k]! * value, bias[unit]!);
}
