// Models of the shapes that people run, and what PyTorch makes of them: test/fixtures/models. Runs in Node and in the page.

import { loadModel } from "../../src/load/loadModel.js";
import { parseModel } from "../../src/load/parseModel.js";
import type { GruModel } from "../../src/stream/gruModel.js";
import { compare, type Comparison } from "../harness/compare.js";
import { runReference } from "../harness/reference/runReference.js";

/** The contents of a fixture's .json. */
export interface ModelFixture {
  readonly name: string;
  /** Whether it is frames of a stream, all of which a run takes too; else one sequence. */
  readonly isStream: boolean;
  /** [T, ...frame] */
  readonly input: readonly number[];
  /** [T, O] of a stream's, [O] of a sequence's, by the graph's names. */
  readonly outputs: Readonly<Record<string, readonly number[]>>;
}

const TOLERANCE = { atol: 2e-6, rtol: 2e-6 };
/** The error of weights rounded to float32 after folding. */
const REFERENCE_TOLERANCE = { atol: 1e-6, rtol: 1e-6 };

/** Runs a fixture, and pushes a stream's frames one by one. @returns comparisons with every output, by what was done */
export async function runModelFixture(
  { input, outputs, isStream }: ModelFixture,
  bytes: Uint8Array,
  device: "reference" | "cpu" | GPUDevice,
): Promise<Record<string, Comparison>> {
  const compareAll = (how: string, actual: Readonly<Record<string, ArrayLike<number>>>) =>
    Object.entries(outputs).map(([name, expected]): [string, Comparison] => [
      `${name}, ${how}`,
      compare(actual[name]!, expected, device === "reference" ? REFERENCE_TOLERANCE : TOLERANCE),
    ]);
  if (device === "reference") {
    const network = await parseModel(bytes);
    return Object.fromEntries(compareAll("run", runReference(network, { input, batchSize: 1 }).outputs));
  }
  const model = await loadModel(bytes, { device });
  const comparisons = compareAll("run", (await model.run(input)).outputs);
  if (isStream) comparisons.push(...compareAll("pushed", await pushAll(model, input)));
  model.dispose();
  return Object.fromEntries(comparisons);
}

async function pushAll(model: GruModel, input: readonly number[]): Promise<Record<string, number[]>> {
  const stream = model.createStream();
  const given: Record<string, number[]> = {};
  for (let start = 0; start < input.length; start += model.inputSize) {
    const outputs = await stream.pushNamed(input.slice(start, start + model.inputSize));
    for (const [name, values] of Object.entries(outputs)) (given[name] ??= []).push(...values);
  }
  return given;
}
