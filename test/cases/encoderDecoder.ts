// Two models, of which the first one's state is what the second begins with, beside the reference.

import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { compare, type Comparison } from "../harness/compare.js";
import { runReference } from "../harness/reference/runReference.js";
import { referenceTokens } from "./generation.js";
import { randomArray, randomDense, randomEmbedding, randomGru, randomInput, uniform } from "./random.js";
import type { AnyModel } from "./workerScenarios.js";

const TOLERANCE = { atol: 2e-6, rtol: 0 };
const EXACT = { atol: 0, rtol: 0 };
const SIZE = 6;
const NUM_SENTENCES = 3;
const LENGTHS = [5, 2, 4];

function encoderNetwork(): Network {
  const next = uniform(1620);
  return defineNetwork({
    layers: [
      randomEmbedding("words", [11, 4], next),
      randomGru("encoder", ["words"], { inputSize: 4, hiddenSize: SIZE }, next),
    ],
  });
}

/** Its second GRU begins with a state of its own. */
function decoderNetwork(): Network {
  const next = uniform(1621);
  return defineNetwork({
    layers: [
      randomEmbedding("words", [9, 5], next),
      randomGru("decoder", ["words"], { inputSize: 5, hiddenSize: SIZE }, next),
      {
        ...randomGru("second", ["decoder"], { inputSize: SIZE, hiddenSize: 7 }, next),
        initialState: randomArray(7, next),
      },
      randomDense("head", ["second"], [7, 9], "softmax", next),
    ],
  });
}

/** Starts a decoder with what an encoder ends with, in each of the ways. @returns comparisons by what was done */
export async function decodeFromEncoder(
  create: (network: Network) => Promise<AnyModel>,
): Promise<Record<string, Comparison>> {
  const networks = [encoderNetwork(), decoderNetwork()] as const;
  const [encoder, decoder] = [await create(networks[0]), await create(networks[1])];
  const comparisons = {
    ...(await decodeBatch(networks, encoder, decoder)),
    ...(await decodeStreams(networks, encoder, decoder)),
  };
  encoder.dispose();
  decoder.dispose();
  return comparisons;
}

/** The decoder's state, [D, B, size] of each block, from the encoder's. */
function decoderState(network: Network, encoded: ArrayLike<number>, batchSize: number): number[] {
  const second = network.layers.find(({ name }) => name === "second") as unknown as { initialState: Float32Array };
  const own = Array.from({ length: batchSize }, () => [...second.initialState]).flat();
  return [...Array.from(encoded), ...own];
}

async function decodeBatch(
  [encoderOf, decoderOf]: readonly [Network, Network],
  encoder: AnyModel,
  decoder: AnyModel,
): Promise<Record<string, Comparison>> {
  const request = { batchSize: NUM_SENTENCES, lengths: LENGTHS };
  const input = randomInput(encoderOf, 5 * NUM_SENTENCES, 1622);
  const encoded = await encoder.run(input, request);
  const expected = runReference(encoderOf, { input, ...request });
  const h = encoded.finalStates["encoder.h"]!;

  const words = { prompt: [0, 4], length: 10, seed: 5 };
  const streams = NUM_SENTENCES;
  const texts = await tokensOf(decoder, { ...words, streams, initialState: { "decoder.h": h } });
  const flat = decoderState(decoderOf, h, NUM_SENTENCES);
  const expectedTexts = referenceTokens(decoderOf, { ...words, streams, initialState: flat });
  const oneForAll = [...h.subarray(0, SIZE)];
  const alike = await tokensOf(decoder, { ...words, streams, initialState: { "decoder.h": oneForAll } });
  const repeated = Array.from({ length: NUM_SENTENCES }, () => oneForAll).flat();
  const expectedAlike = referenceTokens(decoderOf, {
    ...words,
    streams,
    initialState: decoderState(decoderOf, repeated, NUM_SENTENCES),
  });

  const forced = randomInput(decoderOf, 4 * NUM_SENTENCES, 1623);
  const run = await decoder.run(forced, { batchSize: NUM_SENTENCES, initialState: { "decoder.h": h } });
  const expectedRun = runReference(decoderOf, { input: forced, batchSize: NUM_SENTENCES, initialState: flat });
  const second = expectedRun.finalState.subarray(NUM_SENTENCES * SIZE);
  return {
    "the encoder's state": compare(h, expected.finalState, TOLERANCE),
    texts: compare(texts, expectedTexts.tokens, EXACT),
    "texts from one state": compare(alike, expectedAlike.tokens, EXACT),
    "margins of the texts": compare(
      [expectedTexts, expectedAlike].map(({ margin }) => Math.min(margin, 1e-4)),
      [1e-4, 1e-4],
      EXACT,
    ),
    "a run": compare(run.output, expectedRun.output, TOLERANCE),
    "the run's final state by name": compare(run.finalStates["second.h"]!, second, TOLERANCE),
    "the run's final state": compare(run.finalState, expectedRun.finalState, TOLERANCE),
  };
}

async function decodeStreams(
  [encoderOf, decoderOf]: readonly [Network, Network],
  encoder: AnyModel,
  decoder: AnyModel,
): Promise<Record<string, Comparison>> {
  const input = randomInput(encoderOf, 3, 1624);
  const listening = encoder.createStream();
  for (const word of input) await listening.push([word]);
  const state = await listening.state();
  const expected = runReference(encoderOf, { input, batchSize: 1 });
  const initialState = { "decoder.h": state["encoder.h"]! };
  const stream = decoder.createStream({ initialState });
  const words = randomInput(decoderOf, 5, 1625);
  const request = { input: words, batchSize: 1, initialState: decoderState(decoderOf, state["encoder.h"]!, 1) };
  const expectedPush = runReference(decoderOf, request);
  const first = await stream.push(words);
  const after = await stream.state();
  const fork = await stream.fork();
  await Promise.all([stream.reset(), fork.reset()]);
  const [again, forked] = await Promise.all([stream.push(words), fork.push(words)]);
  const batch = decoder.createStream({ batchSize: 2, initialState });
  const two = await batch.push(words.subarray(0, 2));
  const [one, other] = [0, 1].map((row) =>
    runReference(decoderOf, { ...request, input: words.subarray(row, row + 1) }),
  );
  return {
    "a stream's state": compare(state["encoder.h"]!, expected.finalState, TOLERANCE),
    pushes: compare(first, expectedPush.output, TOLERANCE),
    "the state after pushes": compare(
      [...after["decoder.h"]!, ...after["second.h"]!],
      expectedPush.finalState,
      TOLERANCE,
    ),
    "pushes after a reset": compare(again, first, EXACT),
    "pushes after a fork's reset": compare(forked, first, EXACT),
    "pushes of two rows from one state": compare(two, [...one!.output, ...other!.output], TOLERANCE),
  };
}

async function tokensOf(model: AnyModel, options: Parameters<AnyModel["generate"]>[0]): Promise<number[]> {
  const tokens: number[] = [];
  for await (const step of model.generate(options)) tokens.push(...step);
  return tokens;
}
