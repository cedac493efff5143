import { takeGeneration } from "../../src/model/generative.js";
import { requestDevice } from "../../src/runtime/adapter.js";
import { GpuEngine } from "../../src/runtime/gpuEngine.js";
import { tune } from "../../src/tuned.js";
import { referenceTokens } from "../../test/generation.js";
import { randomDense, randomEmbedding, randomGru, uniform } from "../../test/random.js";
import { defineNetwork, type GenerateOptions, type Network } from "webgru";
import { requestAdapter } from "../adapter.js";
import { time } from "../clock.js";
import { interleave, type Lane } from "../lanes.js";
import type { Row } from "../row.js";
import { summarize } from "../statistics.js";
import type { MeasureRequest } from "../workload.js";

const NUM_TOKENS = 80;

/** A random number nearer than this to another token's could give that one, in float32. */
const MIN_MARGIN = 2e-6;

/**
 * Times `generate` on WebGPU, T tokens of B texts, with different numbers of tokens in one submit: the library chooses
 * that number itself, so this goes to the session under the model.
 *
 * @throws Error for a token that the reference does not draw
 */
export async function measureGeneration(request: MeasureRequest): Promise<Row[]> {
  const { shape, numTogether, numWarmups, numRuns } = request;
  const network = textModel(shape.inputSize, shape.hiddenSize);
  const options = { prompt: [1], length: shape.sequenceLength, streams: shape.batchSize, seed: 1 };
  const { tokens: expected, margin } = referenceTokens(network, options);
  if (margin < MIN_MARGIN) throw new Error(`seed ${options.seed}: expected a margin of ${MIN_MARGIN}, got ${margin}`);
  const engine = await createEngine(network);
  try {
    const lanes = numTogether.map((chunkSteps): Lane => {
      const session = engine.createSession(shape.batchSize, 1);
      return async () => {
        session.writeStates(null);
        const { result, timeUs } = await time(() => draw(session, network, options, chunkSteps));
        checkTokens(result, expected, chunkSteps);
        return [timeUs / shape.sequenceLength];
      };
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
    engine.dispose();
  }
}

/** As the library makes one: with the kernels for hardware where there is some. */
async function createEngine(network: Network): Promise<GpuEngine> {
  const choice = await requestDevice(await requestAdapter());
  const { facts } = choice;
  return GpuEngine.create(network, choice, "a benchmark", facts.isFallback ? undefined : tune(facts));
}

type Session = ReturnType<GpuEngine["createSession"]>;

async function draw(
  session: Session,
  network: Network,
  options: GenerateOptions,
  chunkSteps: number,
): Promise<number[]> {
  const { prompt, generation } = takeGeneration(network, options);
  const tokens: number[] = [];
  for await (const chunk of session.generate(prompt[0]!, generation, chunkSteps)) tokens.push(...chunk);
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
