// Networks whose recurrent layers begin with a state of their own, beside the reference.

import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { compare, type Comparison } from "../harness/compare.js";
import { runReference } from "../harness/reference/runReference.js";
import type * as webgru from "webgru";
import { generateTokens, referenceTokens } from "./generation.js";
import { randomArray, randomDense, randomEmbedding, randomGru, randomInput, uniform } from "./random.js";
import { randomLstm } from "./lstmCases.js";
import { randomRnn } from "./rnnCases.js";

/** A text model: two GRUs, of which the second begins with a state of its own, other layers that do so too, and a head. */
export function textWithOwnStates(): Network {
  const next = uniform(1600);
  return defineNetwork({
    layers: [
      randomEmbedding("embedding", [8, 5], next),
      randomGru("none", ["embedding"], { inputSize: 5, hiddenSize: 9 }, next),
      { ...randomGru("gru", ["none"], { inputSize: 9, hiddenSize: 7 }, next), initialState: randomArray(7, next) },
      { ...randomRnn("rnn", ["gru"], { inputSize: 7, hiddenSize: 6 }, next), initialState: randomArray(6, next) },
      {
        ...randomLstm("lstm", ["rnn"], { inputSize: 6, hiddenSize: 5 }, next),
        initialState: randomArray(5, next),
        initialCell: randomArray(5, next),
      },
      {
        ...randomLstm("cell", ["lstm"], { inputSize: 5, hiddenSize: 6 }, next),
        initialCell: randomArray(6, next),
      },
      randomDense("head", ["cell"], [6, 8], "softmax", next),
    ],
  });
}

/** Layers that run both ways, each way from a state of its own. */
export function bothWaysWithOwnStates(): Network {
  const next = uniform(1601);
  const direction = "bidirectional" as const;
  return defineNetwork({
    layers: [
      {
        ...randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 5, direction }, next),
        initialState: randomArray(10, next),
      },
      {
        ...randomRnn("rnn", ["gru"], { inputSize: 10, hiddenSize: 4, direction }, next),
        initialState: randomArray(8, next),
      },
      {
        ...randomLstm("lstm", ["rnn"], { inputSize: 8, hiddenSize: 3, direction }, next),
        initialState: randomArray(6, next),
        initialCell: randomArray(6, next),
      },
    ],
  });
}

const TOLERANCE = { atol: 2e-6, rtol: 0 };

/** Everything that begins with a network's own states, beside the reference. @returns comparisons by what was done */
export async function beginFromOwnStates(
  device: "cpu" | "webgpu",
  library: typeof webgru,
): Promise<Record<string, Comparison>> {
  return { ...(await runBothWays(device, library)), ...(await streamText(device, library)) };
}

async function runBothWays(device: "cpu" | "webgpu", { createModel }: typeof webgru) {
  const network = bothWaysWithOwnStates();
  const model = await createModel(network, { device });
  const input = randomInput(network, 5 * 3, 1602);
  const request = { batchSize: 3, lengths: [5, 0, 2] };
  const expected = runReference(network, { input, ...request });
  const actual = await model.run(input, request);
  const zeros = new Float32Array(actual.finalState.length);
  const fromZeros = await model.run(input, { ...request, initialState: zeros });
  model.dispose();
  return {
    "a run": compare(actual.output, expected.output, TOLERANCE),
    "the final state": compare(actual.finalState, expected.finalState, TOLERANCE),
    "a run from zeros": compare(
      fromZeros.output,
      runReference(network, { input, ...request, initialState: zeros }).output,
      TOLERANCE,
    ),
  };
}

async function streamText(device: "cpu" | "webgpu", { createModel }: typeof webgru) {
  const network = textWithOwnStates();
  const model = await createModel(network, { device });
  const [input, other] = [randomInput(network, 6, 1603), randomInput(network, 4, 1604)];
  const [expected, expectedOther] = [input, other].map((each) => runReference(network, { input: each, batchSize: 1 }));
  const stream = model.createStream();
  const pushed = [...(await stream.push(input.subarray(0, 1))), ...(await stream.push(input.subarray(1)))];
  await stream.reset();
  const afterReset = await stream.push(other);
  // Its slots come after the first one's, where the states are made larger.
  const late = await model.createStream({ batchSize: 2 }).push(other.subarray(0, 2));
  const rows = runReference(network, { input: other.subarray(0, 2), batchSize: 2 });
  const options = { prompt: [3, 1], length: 12, streams: 2, seed: 7 };
  const tokens = await generateTokens(model, options);
  const expectedTokens = referenceTokens(network, options);
  model.dispose();
  return {
    pushes: compare(pushed, expected!.output, TOLERANCE),
    "pushes after a reset": compare(afterReset, expectedOther!.output, TOLERANCE),
    "pushes of a later stream": compare(late, rows.output, TOLERANCE),
    tokens: compare(tokens, expectedTokens.tokens, { atol: 0, rtol: 0 }),
    "the margin of the tokens": compare([Math.min(1e-4, expectedTokens.margin)], [1e-4], { atol: 0, rtol: 0 }),
  };
}
