// Summaries in streams: after each push the result is that of a run of all steps so far. Runs in Node and in the page.

import { createModel, type DeviceRequest } from "webgru";
import { compare, type Comparison } from "../harness/compare.js";
import { randomInput } from "./random.js";
import { twinCase } from "./twinCases.js";

/** Twin cases whose networks can stream. */
export const summaryCases = [
  "aggregate",
  "aggregate-chunks",
  "attention",
  "attention-chunks",
  "summary-strided",
] as const;

/** Output steps of each push, of two streams in turn: more than a chunk of the CPU has, and the same tick's of different lengths. */
const PUSHES = [
  [1, 5, 70, 2],
  [3, 1, 1, 90],
] as const;

/** Two streams at once, the first of which is saved and restored between. */
export async function pushSummaries(id: string, device: DeviceRequest): Promise<Record<string, Comparison>> {
  const network = twinCase(id).network();
  const model = await createModel(network, { device });
  const { framesPerStep } = model;
  const inputs = PUSHES.map((pushes, i) => {
    const numSteps = pushes.reduce((sum, steps) => sum + steps, 0);
    return randomInput(network, numSteps * framesPerStep, 990 + i);
  });
  const streams = inputs.map(() => model.createStream());
  const ends = [0, 0];
  const comparisons: Record<string, Comparison> = {};
  for (let turn = 0; turn < PUSHES[0].length; turn++) {
    const pushed = streams.map((stream, i) => {
      const start = ends[i]!;
      ends[i] = start + PUSHES[i]![turn]! * framesPerStep * network.inputSize;
      return stream.push(inputs[i]!.slice(start, ends[i]));
    });
    for (const [i, output] of (await Promise.all(pushed)).entries()) {
      const expected = (await model.run(inputs[i]!.slice(0, ends[i]))).output;
      comparisons[`stream ${i}, push ${turn}`] = compare(output, expected, { atol: 2e-6, rtol: 2e-6 });
    }
    const saved = await streams[0]!.save();
    await streams[0]!.push(inputs[1]!.slice(0, framesPerStep * network.inputSize)); // a state to be replaced
    await streams[0]!.restore(saved);
  }
  model.dispose();
  return comparisons;
}
