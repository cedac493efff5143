import type { DeviceRequest } from "../../src/engine/chooseEngine.js";
import type { GruModel } from "../../src/stream/gruModel.js";
import type { RunOptions } from "../../src/stream/runRequest.js";
import { createModel } from "../../src/load/loadModel.js";
import { canStream, type Network, outputSteps, stateLength } from "../../src/model/network.js";
import { type ReferenceResult, runReference } from "./reference/runReference.js";
import { compare, type Comparison } from "./compare.js";
import { generateTokens, type ReferenceTokens, referenceTokens } from "../cases/generation.js";
import { highestOf, isHighestOf } from "../cases/highest.js";
import { randomArray, randomInput, uniform } from "../cases/random.js";
import type { TwinCase } from "../cases/twinCase.js";

/** The goal for float32 where all values are in [-1, 1], as a GRU's are; else it is relative to the value too. */
const GOAL = 2e-6;

function compareFloat32(actual: Float32Array, expected: Float64Array, goal = GOAL): Comparison {
  const isInUnit = expected.every((value) => Math.abs(value) <= 1);
  return compare(actual, expected, { atol: goal, rtol: isInUnit ? 0 : goal });
}

/** A case with its random input and state, and what the reference gives for them. */
export interface PreparedTwin {
  readonly twin: TwinCase;
  readonly network: Network;
  readonly input: Float32Array;
  readonly initialState: Float32Array;
  readonly expected: ReferenceResult;
  readonly expectedTokens: ReferenceTokens | null;
}

/** Runs a case on a device and in float64, from a random state and input; compares every output and the final state. */
export async function runTwin(twin: TwinCase, device: DeviceRequest): Promise<Record<string, Comparison>> {
  const prepared = prepareTwin(twin);
  return compareTwinOn(prepared, await createModel(prepared.network, { device }));
}

/** The float64 half of `runTwin`, which may serve many runs. */
export function prepareTwin(twin: TwinCase): PreparedTwin {
  const { batchSize, sequenceLength, lengths, returnSequences } = twin;
  const network = twin.network();
  const input = randomInput(network, batchSize * sequenceLength, 500);
  const initialState = randomArray(stateLength(network, batchSize), uniform(501));
  const expected = runReference(network, { input, batchSize, lengths, returnSequences, initialState });
  const expectedTokens = twin.generation === undefined ? null : referenceTokens(network, twin.generation);
  return { twin, network, input, initialState, expected, expectedTokens };
}

/** The device's half of `runTwin`, on a model that was made of the case's network; disposes it. */
export async function compareTwinOn(prepared: PreparedTwin, model: GruModel): Promise<Record<string, Comparison>> {
  const { twin, network, input, initialState, expected, expectedTokens } = prepared;
  const { batchSize, lengths, returnSequences = true, goal } = twin;
  const options = { batchSize, returnSequences, initialState, ...(lengths === undefined ? {} : { lengths }) };
  const actual = await model.run(input, options);
  const highest = await compareHighest(model, prepared, options, actual.output);
  const tokens = twin.generation === undefined ? null : await generateTokens(model, twin.generation);
  model.dispose();
  const hasState = expected.finalState.length > 0;
  const comparisons = {
    ...highest,
    ...(hasState ? { finalState: compareFloat32(actual.finalState, expected.finalState, goal) } : {}),
  };
  for (const name of network.outputs) {
    Object.assign(comparisons, { [name]: compareFloat32(actual.outputs[name]!, expected.outputs[name]!, goal) });
  }
  if (tokens !== null) {
    Object.assign(comparisons, { tokens: compare(tokens, expectedTokens!.tokens, { atol: 0, rtol: 0 }) });
  }
  return comparisons;
}

/** As `runTwin`; where the network can stream, in pushes of one step, two, three and so on too. */
export async function runAlsoPushed(twin: TwinCase, device: DeviceRequest): Promise<Record<string, Comparison>> {
  const prepared = prepareTwin(twin);
  const { network } = prepared;
  const model = await createModel(network, { device });
  const pushed =
    canStream(network) && hasAllSteps(network, twin) ? { pushed: await comparePushes(prepared, model) } : {};
  return { ...pushed, ...(await compareTwinOn(prepared, model)) };
}

/** Whether the main output has each step of each row. */
function hasAllSteps(network: Network, { sequenceLength, lengths }: TwinCase): boolean {
  return lengths === undefined && outputSteps(network, sequenceLength + 1)[network.outputs[0]!] === sequenceLength + 1;
}

async function comparePushes({ twin, network, input, initialState, expected }: PreparedTwin, model: GruModel) {
  const { batchSize } = twin;
  const stream = model.createStream(initialState.length > 0 ? { batchSize, initialState } : { batchSize });
  const stepElements = batchSize * network.inputSize;
  const outputs: number[] = [];
  for (let start = 0, steps = 1; start < input.length; start += steps++ * stepElements) {
    outputs.push(...(await stream.push(input.slice(start, start + steps * stepElements))));
  }
  return compareFloat32(Float32Array.from(outputs), expected.output, twin.goal);
}

/** The highest of the main output beside the reference's, and beside those of the whole output, number by number. */
async function compareHighest(
  model: GruModel,
  { twin, input, expected }: PreparedTwin,
  options: RunOptions,
  output: Float32Array,
): Promise<Record<string, Comparison>> {
  const { topK } = twin;
  if (topK === undefined) return {};
  const highest = (await model.run(input, { ...options, output: { topK } })).output;
  const request = { ...twin, topK, outputSize: model.outputSize };
  const exact = { atol: 0, rtol: 0 };
  const { indices, values } = highestOf(expected.output, request);
  const isSorted = isHighestOf(highest, output, request);
  return {
    indices: compare(highest.indices, indices, exact),
    values: compareFloat32(highest.values, values),
    isSorted: compare([Number(isSorted)], [1], exact),
  };
}
