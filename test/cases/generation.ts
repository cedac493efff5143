// Tokens as the float64 reference draws them, and as a model does.

import type { GruModel } from "../../src/stream/gruModel.js";
import { checkGenerative, type GenerateOptions, takeGeneration } from "../../src/model/generative.js";
import { layerNamed, type Network, stateOf } from "../../src/model/network.js";
import { runReference } from "../harness/reference/runReference.js";
import { sample } from "../harness/reference/sample.js";

export interface ReferenceTokens {
  /** [T, B] */
  readonly tokens: Uint32Array;
  /** [B]: the least that a random number of each stream was away from giving another token. */
  readonly margins: readonly number[];
  /** The least of these. */
  readonly margin: number;
}

/** Draws what `generate` must: the reference's scores, and the twin of the sampling kernel. */
export function referenceTokens(network: Network, options: GenerateOptions): ReferenceTokens {
  const { prompt, streams, state, generation } = takeGeneration(network, options);
  const { areProbabilities } = checkGenerative(network);
  const head = layerNamed(network, network.outputs[0]!).name;
  const tokens = new Uint32Array(generation.length * streams);
  const margins = Array.from({ length: streams }, () => 1);
  for (let stream = 0; stream < streams; stream++) {
    let input: ArrayLike<number> = prompt;
    let initialState: ArrayLike<number> | undefined =
      state === null ? undefined : stateOfRow(network, state, stream, streams);
    for (let position = 0; position < generation.length; position++) {
      const result = runReference(network, { input, batchSize: 1, initialState, returnSequences: false });
      const drawn = sample(result.outputs[head]!, { ...generation, areProbabilities, stream, position });
      margins[stream] = Math.min(margins[stream]!, drawn.margin);
      tokens[position * streams + stream] = drawn.token;
      input = [drawn.token];
      initialState = result.finalState;
    }
  }
  return { tokens, margins, margin: Math.min(...margins) };
}

/** One row of a state, [D, B, size] of each block. */
function stateOfRow(network: Network, state: Float32Array, row: number, batchSize: number): number[] {
  return stateOf(network).flatMap(({ start, numDirections, size }) =>
    Array.from({ length: numDirections }, (_, d) => {
      const at = batchSize * start + (d * batchSize + row) * size;
      return [...state.subarray(at, at + size)];
    }).flat(),
  );
}

/** All that a model generates, [T, B]. */
export async function generateTokens(model: GruModel, options: GenerateOptions): Promise<Uint32Array> {
  const tokens: number[] = [];
  for await (const step of model.generate(options)) tokens.push(...step);
  return Uint32Array.from(tokens);
}
