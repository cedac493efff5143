import { defineNetwork, type Network } from "webgru";

/** Samples of a render quantum: what an AudioWorklet gets at a time. */
export const BLOCK_SAMPLES = 128;

const HIDDEN_SIZE = 64;

/** A GRU with a head that gives a gain between 0 and 1; its weights are random, but always the same. */
export function gainNetwork(): Network {
  const next = randomNumbers(1);
  const weights = (length: number) => Float32Array.from({ length }, () => (2 * next() - 1) / Math.sqrt(HIDDEN_SIZE));
  return defineNetwork({
    layers: [
      {
        type: "gru",
        name: "gru",
        inputSize: BLOCK_SAMPLES,
        hiddenSize: HIDDEN_SIZE,
        weight: weights(3 * HIDDEN_SIZE * BLOCK_SAMPLES),
        recurrentWeight: weights(3 * HIDDEN_SIZE * HIDDEN_SIZE),
      },
      {
        type: "dense",
        name: "gain",
        inputSize: HIDDEN_SIZE,
        outputSize: 1,
        activation: "sigmoid",
        weight: weights(HIDDEN_SIZE),
      },
    ],
  });
}

/** Numbers from 0 to 1, by a linear congruence. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
