// NaN that comes in, or comes up inside a network whose weights and inputs are finite, as infinity less infinity. No function
// hides it.

import type * as webgru from "webgru";
import { ELEMENT_FUNCTIONS, isRowFunction, ROW_FUNCTIONS } from "../../src/layers/activation.js";

type Layer = Parameters<typeof webgru.defineNetwork>[0]["layers"][number];

/** More than a workgroup of softmax has invocations. */
const SIZE = 70;
const POISONED = 67;

/** Features: enough that sums are made in two parts, in WebAssembly, whose products may be too large for float32. */
const INPUT_SIZE = 512;

/** A layer, and which of its numbers are NaN where all that comes in is 10. */
interface NanCase {
  readonly name: string;
  readonly layer: Layer;
  /** A layer after it. */
  readonly after?: Layer;
  readonly expected: readonly boolean[];
}

const dense = [...ELEMENT_FUNCTIONS, ...ROW_FUNCTIONS].map((name): NanCase => {
  const weight = poisonedWeight(SIZE, POISONED);
  const expected = Array.from({ length: SIZE }, (_, i) => isRowFunction(name) || i === POISONED);
  const layer = {
    type: "dense",
    name: "dense",
    inputSize: INPUT_SIZE,
    outputSize: SIZE,
    activation: name,
    weight,
    // Above 0: below it the logarithm is NaN, too.
    bias: new Float32Array(SIZE).fill(0.5),
  } as const;
  return { name: `a dense layer with ${name}`, layer, expected };
});

const gru = ELEMENT_FUNCTIONS.flatMap((name) =>
  [true, false].flatMap((resetAfter) =>
    [1, 2].map((gate): NanCase => {
      const [hiddenSize, unit] = [5, 3];
      const weight = poisonedWeight(3 * hiddenSize, gate * hiddenSize + unit);
      const activation = gate === 1 ? { gateActivation: name } : { newActivation: name };
      const shape = { type: "gru", name: "gru", inputSize: INPUT_SIZE, hiddenSize, resetAfter, ...activation } as const;
      return {
        name: `${gate === 1 ? "z" : "n"} = ${name}, reset ${resetAfter ? "after" : "before"}`,
        layer: {
          ...shape,
          weight,
          recurrentBias: new Float32Array(3 * hiddenSize).fill(0.5),
          recurrentWeight: new Float32Array(3 * hiddenSize * hiddenSize),
        },
        expected: Array.from({ length: hiddenSize }, (_, i) => i === unit),
      };
    }),
  ),
);

/** Pairs of neighbours, the NaN with what is before it. */
const pools = (["max", "average"] as const).map((operation): NanCase => {
  const after = { type: "pool", name: "pool", inputShape: [1, SIZE], operation, kernelSize: [2], stride: [2] } as const;
  const { layer } = dense[0]!;
  return {
    name: `a pool of ${operation}`,
    layer,
    after,
    expected: Array.from({ length: SIZE / 2 }, (_, i) => i === 33),
  };
});

export const nanCases: readonly NanCase[] = [...dense, ...gru, ...pools];

/** Small weights, but for a row that sums up to infinity less infinity. */
function poisonedWeight(numRows: number, row: number): Float32Array<ArrayBuffer> {
  const weight = Float32Array.from({ length: numRows * INPUT_SIZE }, (_, i) => (i % 7) / 1e4 - 3e-4);
  const [start, end] = [row * INPUT_SIZE, (row + 1) * INPUT_SIZE];
  return weight.fill(3e38, start, end - INPUT_SIZE / 2).fill(-3e38, end - INPUT_SIZE / 2, end);
}

/** Which of a step's numbers are NaN, of one step alone and of many: where NaN comes in, and where 10 does. */
export async function findNan(
  { layer, after }: NanCase,
  device: "cpu" | GPUDevice,
  { createModel, defineNetwork }: typeof webgru,
): Promise<{ outside: boolean[][]; inside: boolean[][] }> {
  const layers = after === undefined ? [layer] : [layer, after];
  const model = await createModel(defineNetwork({ layers }), { device, nonFinite: "allow" });
  const find = async (feature: number, numSteps: number) => {
    const { output } = await model.run(new Float32Array(numSteps * INPUT_SIZE).fill(feature));
    return [...output.subarray(0, model.outputSize)].map(Number.isNaN);
  };
  const outside = [await find(NaN, 1), await find(NaN, 20)];
  const inside = [await find(10, 1), await find(10, 20)];
  model.dispose();
  return { outside, inside };
}
