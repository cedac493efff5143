import { describe, expect, it } from "vitest";
import { randomArray, uniform } from "../cases/random.js";
import type { GruStep, Step } from "../long/conformance/program.js";
import { nextSegment } from "../long/conformance/segment.js";
import type { Tensor } from "../long/conformance/tensor.js";

const next = uniform(41);
const tensor = (...shape: number[]): Tensor => ({
  shape,
  data: Float64Array.from(
    randomArray(
      shape.reduce((a, b) => a * b, 1),
      next,
    ),
  ),
});

const ids: Tensor = { shape: [2, 3], data: Float64Array.of(0, 1, 2, 3, 4, 0) };
const tensors = new Map([
  ["ids", ids],
  ["x", tensor(2, 3, 4)],
  ["lengths", { shape: [3], data: Float64Array.of(2, 1, 2) }],
]);

function gru(x: string, inputSize: number, settings: Partial<GruStep> = {}): GruStep {
  const weights = { form: "packed", gateOrder: "rzn", rows: true, W: tensor(15, inputSize), R: tensor(15, 5) } as const;
  return {
    op: "gru",
    x,
    y: "y",
    h_n: "h",
    reset_after: true,
    update: "z_keeps",
    layers: [{ dirs: [{ weights }] }],
    ...settings,
  };
}

function linear(from: string, inputSize: number): Step {
  return { op: "linear", W: tensor(2, inputSize), rows: true, in: from, out: "logits" };
}

const embedding: Step = { op: "embedding", table: tensor(5, 4), in: "ids", out: "e" };

const layersOf = (steps: readonly Step[], wanted: readonly string[]) =>
  nextSegment(steps, tensors, wanted)?.layers.map(({ type, inputs }) => `${type} of ${inputs!.join(" ")}`);

describe("nextSegment", () => {
  it("makes one network of an embedding, a GRU, a linear layer and an activation", () => {
    const steps: Step[] = [embedding, gru("e", 4), linear("y", 5), { op: "act", fn: "tanh", in: "logits", out: "p" }];
    expect(layersOf(steps, ["p"])).toEqual(["embedding of input", "gru of s0", "dense of s1.l0", "dense of s2"]);
  });

  it("makes a concatenation a matter of names", () => {
    const steps: Step[] = [gru("x", 4), { op: "concat", in: ["y", "x"], out: "c" }, linear("c", 9)];
    expect(layersOf(steps, ["logits"])).toEqual(["gru of input", "dense of s0.l0 input"]);
  });

  it("stops before a concatenation that is asked for", () => {
    const steps: Step[] = [gru("x", 4), { op: "concat", in: ["y", "x"], out: "c" }, linear("c", 9)];
    expect(layersOf(steps, ["logits", "c"])).toEqual(["gru of input"]);
  });

  it("stops where a state is read", () => {
    expect(layersOf([gru("x", 4), linear("h", 5)], ["logits"])).toEqual(["gru of input"]);
  });

  it("stops before a layer whose padding would be seen", () => {
    expect(layersOf([gru("x", 4, { lengths: "lengths" }), linear("y", 5)], ["logits"])).toEqual(["gru of input"]);
  });

  it("stops where an output changes its axes", () => {
    expect(layersOf([gru("x", 4, { y_layout: "TDBH" }), linear("y", 5)], ["logits"])).toEqual(["gru of input"]);
  });

  it("gives nothing for a step that is the runner's", () => {
    expect(nextSegment([{ op: "argmax", in: "x", out: "a" }], tensors, ["a"])).toBeNull();
  });
});
