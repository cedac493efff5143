// Layers with windows along time: pushes give what one run gives, whatever the pushes are. Runs in Node and in the page.

import { createModel, type DeviceRequest, type GruStream } from "webgru";
import { compare, type Comparison } from "../harness/compare.js";
import { randomInput } from "./random.js";
import { twinCase } from "./twinCases.js";

/** Twin cases whose networks can stream. */
export const windowCases = ["conv-past", "conv-past-features", "conv-stride", "pool-past"] as const;

/** Steps of each push, in steps of every output: more and fewer than the past has. */
const PUSHES = [1, 5, 2, 1, 4];
const NUM_PUSHED = 13;

/**
 * Two streams of two rows and one of one row, in turn and at once, one of them saved and restored, one forked, beside runs of
 * their rows.
 */
export async function pushWindows(id: string, device: DeviceRequest): Promise<Record<string, Comparison>> {
  const network = twinCase(id).network();
  const model = await createModel(network, { device });
  const { framesPerStep: frames } = model;
  const inputs = [2, 2, 1].map((rows, i) => randomInput(network, rows * frames * NUM_PUSHED, 970 + i));
  const rowsOf = (i: number) => inputs[i]!.length / (frames * NUM_PUSHED * network.inputSize);
  const streams = inputs.map((_, i) => model.createStream({ batchSize: rowsOf(i) }));
  const fork: { stream: GruStream | null; start: number } = { stream: null, start: 0 };
  const outputStepsAt = (numSteps: number) => model.outputSteps(numSteps)[model.outputNames[0]!]!;
  const outputs: number[][] = inputs.map(() => []);
  let start = 0;
  for (const [turn, pushed] of PUSHES.entries()) {
    const numSteps = frames * pushed;
    const steps = inputs.map((input, i) => {
      const stepElements = rowsOf(i) * network.inputSize;
      return input.slice(start * stepElements, (start + numSteps) * stepElements);
    });
    // One is a turn behind: the tick's rows have different lengths.
    const given = await Promise.all(steps.map((each, i) => streams[i]!.push(each)));
    given.forEach((output, i) => outputs[i]!.push(...output));
    start += numSteps;
    if (turn === 1) {
      const saved = await streams[0]!.save();
      streams[0]!.dispose();
      streams[0] = model.createStream({ batchSize: rowsOf(0) });
      await streams[0].push(inputs[0]!.slice(0, frames * rowsOf(0) * network.inputSize)); // a past to be replaced
      await streams[0].restore(saved);
      Object.assign(fork, { stream: await streams[1]!.fork(), start });
    }
  }
  const runs = await Promise.all(inputs.map((input, i) => model.run(input, { batchSize: rowsOf(i) })));
  const forkFrom = fork.start * rowsOf(1);
  const forked = await fork.stream!.push(inputs[1]!.slice(forkFrom * network.inputSize));
  const comparisons = runs.map(({ output }, i) => [`stream ${i}`, close(outputs[i]!, output)] as const);
  model.dispose();
  return {
    ...Object.fromEntries(comparisons),
    fork: close(forked, runs[1]!.output.slice(outputStepsAt(fork.start) * rowsOf(1) * model.outputSize)),
    "other lengths": await pushUnevenly(id, device),
  };
}

/** Two streams whose pushes are of different lengths at a time. */
async function pushUnevenly(id: string, device: DeviceRequest): Promise<Comparison> {
  const network = twinCase(id).network();
  const model = await createModel(network, { device });
  const { framesPerStep: frames } = model;
  const input = randomInput(network, frames * NUM_PUSHED, 980);
  const cuts = [
    [0, 5, 6, 13],
    [0, 1, 8, 13],
  ].map((cut) => cut.map((at) => at * frames));
  const streams = cuts.map(() => model.createStream());
  const outputs: number[][] = [[], []];
  for (let push = 0; push < 3; push++) {
    const steps = cuts.map((cut) => input.slice(cut[push]! * network.inputSize, cut[push + 1]! * network.inputSize));
    const pushed = await Promise.all(steps.map((each, i) => streams[i]!.push(each)));
    pushed.forEach((output, i) => outputs[i]!.push(...output));
  }
  const { output } = await model.run(input);
  model.dispose();
  return close(outputs.flat(), [...output, ...output]);
}

function close(actual: ArrayLike<number>, expected: ArrayLike<number>): Comparison {
  return compare(actual, expected, { atol: 2e-6, rtol: 0 });
}
