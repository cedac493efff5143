import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { projectRoot } from "../harness/library.js";
import { onnxFile } from "../files/onnxFile.js";
import { ptStateDict } from "../files/pickleFile.js";
import { randomArray, uniform } from "../cases/random.js";
import { gruShapes, linearShapes, stateDictTensors } from "../files/stateDictFile.js";
import { type CaseParts, inline, writeCases } from "../long/conformance/caseSet.js";
import { readCases } from "../long/conformance/cases.js";
import { conduct, type Verdict } from "../long/conformance/conduct.js";
import type { Device } from "../long/conformance/device.js";
import { execute } from "../long/conformance/execute.js";
import { deviation } from "../long/conformance/grade.js";
import { main } from "../long/conformance/main.js";
import type { Program } from "../long/conformance/program.js";
import { formatReport, hasFailed, summarize } from "../long/conformance/report.js";
import type { Tensor } from "../long/conformance/tensor.js";
import { pack, unpack } from "../long/conformance/transfer.js";

const [T, I, H] = [3, 2, 4];

/** z = 1/2 and n = tanh(1) at every step: h is tanh(1) times 1/2, 3/4, 7/8. */
const halfway = Array.from({ length: T }, (_, t) => Math.tanh(1) * (1 - 0.5 ** (t + 1)));

const weights = {
  form: "packed",
  gateOrder: "zrn",
  rows: true,
  W: { shape: [3, 1], fill: 0 },
  R: { shape: [3, 1], fill: 0 },
  bW: inline([3], [0, 0, 1]),
};

/** A case whose output is off by so many tolerances. */
function caseOff(multiple: number, name: string, required = true): CaseParts {
  const atol = 1e-3;
  return {
    name,
    inputs: { x: { shape: [T, 1, 1], fill: 7 } },
    program: [{ op: "gru", x: "x", y: "y", reset_after: true, update: "z_keeps", layers: [{ dirs: [{ weights }] }] }],
    outputs: {
      y: inline(
        [T, 1, 1],
        halfway.map((value) => value + multiple * atol),
      ),
    },
    engine: { atol, rtol: 0, required },
  };
}

async function verdictsOf(cases: readonly CaseParts[], device: Device = "cpu"): Promise<Verdict[]> {
  const read = readCases(writeCases(cases));
  return Promise.all(read.map((one) => conduct(one, (program) => execute(program, device))));
}

describe("a set of cases", () => {
  const cases = [
    caseOff(0, "own/right"),
    caseOff(5, "own/near"),
    caseOff(50, "own/wrong"),
    caseOff(50, "own/undefined", false),
    { name: "other/model", group: "other", native: { framework: "Elsewhere" }, outputs: { y: inline([1], [0]) } },
  ];

  it("is graded, case by case", async () => {
    for (const device of ["cpu", "reference"] as const) {
      const verdicts = await verdictsOf(cases, device);
      expect(verdicts.map(({ grade }) => grade)).toEqual(["A", "B", "fail", "fail", "not run"]);
      expect(verdicts[1]!.multiple).toBeCloseTo(5, 2);
      expect(verdicts[4]!.reason).toBe("needs an Elsewhere loader");
    }
  });

  it("is summed up by group", async () => {
    const summaries = summarize(await verdictsOf(cases));
    expect(summaries.map(({ group }) => group)).toEqual(["own", "other", "total"]);
    expect(summaries[0]).toMatchObject({
      cases: 4,
      passed: 1,
      gradeB: 1,
      failed: 2,
      notRun: 0,
      worstCase: "own/wrong",
    });
    expect(summaries[1]).toMatchObject({ cases: 1, notRun: 1, worstCase: null });
  });

  it("is reported with every case that did not pass", async () => {
    const report = formatReport("5 cases", await verdictsOf(cases));
    expect(report).toMatch(/^ {2}own\/near: y: element \d of 3: expected [\d.]+, got [\d.]+, 5.0 x tolerance$/m);
    expect(report).toMatch(/^ {2}own\/wrong: y/m);
    expect(report).toMatch(/^ {2}own\/undefined \(information only\): y/m);
    expect(report).toMatch(/^ {2}other\/model: needs an Elsewhere loader$/m);
    expect(report).not.toMatch(/^ {2}own\/right:/m);
  });

  it("fails by a required case only", async () => {
    const verdicts = await verdictsOf(cases);
    expect(hasFailed(verdicts)).toBe(true);
    expect(hasFailed(verdicts.filter(({ name }) => name !== "own/wrong"))).toBe(false);
  });

  it("passes by an alternative result", async () => {
    const right = caseOff(0, "own/right");
    const folder = writeCases([caseOff(50, "own/wrong")]);
    const [one] = readCases(folder);
    const alternative = readCases(writeCases([right]))[0]!.expected()["y"]!;
    const both = { ...one!, expected: () => ({ y: [...one!.expected()["y"]!, ...alternative] }) };
    expect((await conduct(both, (program) => execute(program, "cpu"))).grade).toBe("A");
  });
});

describe("an ONNX case", () => {
  const path = `${projectRoot}test/fixtures/onnx/torch_last_step`;
  const { inputs, outputs } = JSON.parse(readFileSync(`${path}.json`, "utf8"));
  const onnx = `${path}.opset13.onnx`;

  it("is loaded from its model, by the graph's own names and axes", async () => {
    const folder = writeCases([{ inputs, onnx: "model.onnx", outputs }]);
    copyFileSync(onnx, join(folder, "model.onnx"));
    for (const device of ["cpu", "reference"] as const) {
      const verdict = await conduct(readCases(folder)[0]!, (program) => execute(program, device));
      expect(verdict).toMatchObject({ grade: "A", sources: ["an ONNX model"] });
    }
  });

  it("is not run where the model is of other layers", async () => {
    const folder = writeCases([{ inputs, onnx: "model.onnx", outputs }]);
    const nodes = [["Conv", ["x"], ["y"]]] as const;
    writeFileSync(join(folder, "model.onnx"), onnxFile({ nodes, inputs: { x: [1, 3] }, outputs: ["y"] }));
    const verdict = await conduct(readCases(folder)[0]!, (program) => execute(program, "cpu"));
    expect(verdict).toMatchObject({ grade: "not run" });
    expect(verdict.reason).toContain('Conv "Conv of y"');
  });
});

describe("a PyTorch case", () => {
  it("is loaded from its state_dict alone where that tells enough", async () => {
    const [verdict] = await verdictsOf([torchCase(["rnn.", I])]);
    expect(verdict).toMatchObject({ grade: "A", sources: ["state_dict"] });
  });

  it("is loaded with a description where it does not", async () => {
    const [verdict] = await verdictsOf([torchCase(["first.", I], ["second.", H], ["third.", H])]);
    expect(verdict).toMatchObject({ grade: "A", sources: ["state_dict with a description"] });
  });

  it("is loaded from a state_dict that is a .pt file", async () => {
    for (const [source, ...modules] of [
      ["state_dict", ["rnn.", I]],
      ["state_dict with a description", ["first.", I], ["second.", H], ["third.", H]],
    ] as const) {
      const native = { framework: "torch", state_dict: "weights.pt" };
      const folder = writeCases([{ ...torchCase(...modules), native }]);
      writeFileSync(join(folder, native.state_dict), ptStateDict(torchTensors(...modules)));
      const verdict = await conduct(readCases(folder)[0]!, (program) => execute(program, "cpu"));
      expect(verdict).toMatchObject({ grade: "A", sources: [source] });
    }
  });

  it("is loaded with a description where the state_dict would tell something else", async () => {
    const parts = torchCase(["rnn.", I]);
    const program = parts.program!.map((step, i) => (i === 1 ? { ...(step as object), act: "relu" } : step));
    const [verdict] = await verdictsOf([{ ...parts, program }]);
    expect(verdict).toMatchObject({ grade: "A", sources: ["state_dict with a description"] });
  });

  it("gives what its program gives", async () => {
    for (const parts of [torchCase(["rnn.", I]), torchCase(["first.", I], ["second.", H])]) {
      const { native: _, ...programOnly } = parts;
      const [loaded, defined] = readCases(writeCases([parts, programOnly])).map((one) => one.program());
      const outcomes = await Promise.all([loaded!, defined!].map((program) => execute(program, "cpu")));
      const [a, b] = outcomes.map((outcome) => (outcome.kind === "done" ? outcome.results : outcome.reason));
      expect(a).toEqual(b);
    }
  });
});

it("a greedy decoder feeds each token back until it stops", async () => {
  // The state changes nothing: each token's embedding alone names the next, 0 -> 2 -> 1 -> 3.
  const follows = [2, 3, 1, 0];
  const table = inline(
    [4, 4],
    follows.flatMap((token) => [0, 1, 2, 3].map((k) => (k === token ? 8 : -8))),
  );
  const identity = [0, 1, 2, 3].flatMap((row) => [0, 1, 2, 3].map((k) => (k === row ? 1 : 0)));
  const W = inline([12, 4], [...Array<number>(32).fill(0), ...identity]);
  // z is near 0 and n is tanh of the embedding.
  const own = { form: "packed", gateOrder: "rzn", rows: true, W, R: { shape: [12, 4], fill: 0 } };
  const bW = inline([12], [0, 0, 0, 0, -30, -30, -30, -30, 0, 0, 0, 0]);
  const cell = { reset_after: true, update: "z_keeps", layers: [{ dirs: [{ weights: { ...own, bW } }] }] };
  const step = {
    op: "greedy_decode",
    h0: "h",
    start: 0,
    stop: 3,
    max: 9,
    table,
    cell,
    W: inline([4, 4], identity),
    out: "tokens",
  };
  const [verdict] = await verdictsOf([
    { inputs: { h: { shape: [1, 1, 4], fill: 0.5 } }, program: [step], outputs: { tokens: inline([2], [2, 1]) } },
  ]);
  expect(verdict).toMatchObject({ grade: "A", multiple: 0 });
});

describe("deviation", () => {
  const tolerance = { atol: 0.1, rtol: 0.5 };

  it("is the largest multiple of the tolerance", () => {
    expect(deviation(tensorOf(1, 4), tensorOf(1, 2), tolerance).multiple).toBeCloseTo(2 / 1.1, 12);
  });

  it("is infinite for a NaN that meets a number, and the other way round", () => {
    expect(deviation(tensorOf(NaN), tensorOf(1), tolerance).multiple).toBe(Infinity);
    expect(deviation(tensorOf(1), tensorOf(NaN), tolerance).multiple).toBe(Infinity);
    expect(deviation(tensorOf(1e30), tensorOf(Infinity), tolerance).multiple).toBe(Infinity);
  });

  it("is none where both are NaN, or the same infinity", () => {
    expect(deviation(tensorOf(NaN, Infinity), tensorOf(NaN, Infinity), tolerance).multiple).toBe(0);
  });

  it("is infinite for another shape", () => {
    expect(deviation(tensorOf(1, 1), tensorOf(1), tolerance)).toMatchObject({
      multiple: Infinity,
      worst: "expected shape [1], got [2]",
    });
  });
});

it("a program survives its way to the page", () => {
  const [one] = readCases(writeCases([caseOff(0, "own/right")]));
  const program: Program = { ...one!.program(), stateDict: Uint8Array.of(1, 255, 0) };
  expect(unpack(pack(program))).toEqual(program);
});

describe("the command", () => {
  it("exits with 0 when all that count pass", async () => {
    const folder = writeCases([caseOff(0, "own/right"), caseOff(50, "own/undefined", false)]);
    const { code, out } = await command(folder, "--device", "cpu");
    expect(code).toBe(0);
    expect(out).toMatch(/^total +own\/undefined +2 +1 +0 +1 +0/m);
  });

  it("exits with 1 when one fails, and prints one JSON object when asked", async () => {
    const folder = writeCases([caseOff(50, "own/wrong"), caseOff(0, "own/right")]);
    const { code, out } = await command(folder, "--device", "reference", "--json");
    expect(code).toBe(1);
    const report = JSON.parse(out) as { groups: unknown[]; cases: Verdict[] };
    expect(report.groups.at(-1)).toMatchObject({ cases: 2, failed: 1, worstCase: "own/wrong" });
    expect(report.cases.map(({ grade }) => grade)).toEqual(["fail", "A"]);
    const filtered = await command(folder, "--device", "cpu", "--filter", "right");
    expect(filtered.code).toBe(0);
  });

  it("says what it expects", async () => {
    const missing = await command("/no/such/folder", "--device", "cpu");
    expect(missing.code).toBe(1);
    expect(missing.error).toMatch(/manifest.json: expected a set of cases, got no such file/);
    const folder = writeCases([caseOff(0, "own/right")]);
    expect((await command(folder, "--device", "gpu")).error).toMatch(/expected webgpu, cpu, reference, got gpu/);
    expect((await command(folder, "--filter", "none")).error).toMatch(/--filter: expected text of a case's name/);
  });
});

type TorchModule = readonly [prefix: string, inputSize: number];

/** The state_dict of GRU modules and a head. */
function torchTensors(...modules: readonly TorchModule[]) {
  const shapes = modules.map(([prefix, inputSize]) => gruShapes(prefix, inputSize, H));
  return stateDictTensors(Object.assign({}, ...shapes, linearShapes("head", H, 2)));
}

/** A case in which every GRU module reads the one before, and a head the last. */
function torchCase(...modules: readonly TorchModule[]): CaseParts {
  const stateDict = Object.fromEntries(
    [...torchTensors(...modules)].map(([name, { shape, values }]) => [name, inline(shape, values)]),
  );
  const grus = modules.map(([prefix], i) => {
    const [W, R, bW, bR] = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map(
      (kind) => stateDict[`${prefix}${kind}_l0`],
    );
    const own = { form: "packed", gateOrder: "rzn", rows: true, W, R, bW, bR };
    const layers = [{ dirs: [{ weights: own }] }];
    return { op: "gru", x: i === 0 ? "x" : `y${i - 1}`, y: `y${i}`, reset_after: true, update: "z_keeps", layers };
  });
  const [W, b] = [stateDict["head.weight"], stateDict["head.bias"]];
  const head = { op: "linear", W, b, rows: true, in: `y${modules.length - 1}`, out: "out" };
  return {
    native: { framework: "torch", state_dict: stateDict },
    inputs: { x: inline([T, 1, I], randomArray(T * I, uniform(42))) },
    program: [...grus, head],
    outputs: { out: inline([T, 1, 2], Array<number>(T * 2).fill(0)) },
    engine: { atol: 1e3, rtol: 0 },
  };
}

function tensorOf(...data: number[]): Tensor {
  return { shape: [data.length], data: Float64Array.from(data) };
}

/** Runs the command with what it prints kept. */
async function command(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const printed = { out: "", error: "" };
  const capture = (key: keyof typeof printed, stream: NodeJS.WriteStream) => {
    const spy = vi.spyOn(stream, "write").mockImplementation((text) => {
      printed[key] += String(text);
      return true;
    });
    onTestFinished(() => spy.mockRestore());
    return spy;
  };
  const spies = [capture("out", process.stdout), capture("error", process.stderr)];
  const code = await main(args);
  for (const spy of spies) spy.mockRestore();
  return { code, ...printed };
}
