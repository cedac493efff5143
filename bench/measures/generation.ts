import { referenceTokens } from "../../test/cases/generation.js";
import { randomDense, randomEmbedding, randomGru, uniform } from "../../test/cases/random.js";
import { createModel, defineNetwork, type GruModel, type GenerateOptions, type Network } from "webgru";
import { time } from "../clock.js";
import { interleave, type Lane } from "../lanes.js";
import type { Row } from "../row.js";
import { summarize } from "../statistics.js";
import type { MeasureRequest } from "../workload.js";

const NUM_TOKENS = 80;

/** A random number nearer than this to another token's could give that one, in float32. */
const MIN_MARGIN = 2e-6;

/**
 * Times `generate` on WebGPU, T tokens of B texts, with different numbers of tokens in one submit.
 *
 * @throws Error for a token that the reference does not draw
 */
export async function measureGeneration(request: MeasureRequest): Promise<Row[]> {
  const { shape, numTogether, numWarmups, numRuns } = request;
  const network = textModel(shape.inputSize, shape.hiddenSize);
  const options = { prompt: [1], length: shape.sequenceLength, streams: shape.batchSize, seed: 1 };
  const { tokens: expected, margin } = referenceTokens(network, options);
  if (margin < MIN_MARGIN) throw new Error(`seed ${options.seed}: expected a margin of ${MIN_MARGIN}, got ${margin}`);
  const model = await createModel(network, { device: "webgpu" });
  try {
    const lanes = numTogether.map((chunkSteps): Lane => async () => {
      const { result, timeUs } = await time(() => draw(model, { ...options, tokensPerSubmit: chunkSteps }));
      checkTokens(result, expected, chunkSteps);
      return [timeUs / shape.sequenceLength];
    });
    for (const lane of lanes) await lane(0);
    const times = await interleave(lanes, numWarmups, numRuns);
    return numTogether.map((chunkSteps, i): Row => ({
      kind: "generation",
      suite: request.suite,
      shape,
      numTogether: chunkSteps,
      contender: "webgru/webgpu",
      timeUs: summarize(times[i]!.flat()),
      slopeUs: null,
      percentilesUs: null,
      maxError: null,
      whyNot: null,
    }));
  } finally {
    model.dispose();
  }
}

async function draw(model: GruModel, options: GenerateOptions): Promise<number[]> {
  const tokens: number[] = [];
  for await (const drawn of model.generate(options)) tokens.push(...drawn);
  return tokens;
}

function checkTokens(tokens: readonly number[], expected: Uint32Array, chunkSteps: number): void {
  const at = expected.findIndex((token, i) => token !== tokens[i]);
  if (at < 0 && tokens.length === expected.length) return;
  throw new Error(
    `generate, ${chunkSteps} in a submit: expected token ${expected[at]} at ${at} of ${expected.length}, got ${tokens[at]}`,
  );
}

/** Characters in, characters out: an embedding of `inputSize`, one GRU layer, a softmax. */
function textModel(inputSize: number, hiddenSize: number): Network {
  const next = uniform(hiddenSize);
  return defineNetwork({
    layers: [
      randomEmbedding("embedding", [NUM_TOKENS, inputSize], next),
      randomGru("gru", ["embedding"], { inputSize, hiddenSize }, next),
      randomDense("head", ["gru"], [hiddenSize, NUM_TOKENS], "softmax", next),
    ],
  });
}
