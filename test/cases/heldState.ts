// A gate that is saturated to float32 keeps a state, or drops it, exactly, and for as long as it is. What is right comes from
// h' = (1 - z) n + z h itself: h for z = 1, n for z = 0.

import type { Storage } from "../../src/layers/layerType.js";
import { withStorage } from "../../src/model/quantize.js";
import type * as webgru from "webgru";
import { type GruShape, randomGru, uniform } from "./random.js";

/** A state, what the layer is, and what n is. */
export interface HeldState {
  /** Finishes the sentence "holds a state ...". */
  readonly name: string;
  readonly shape: Partial<GruShape>;
  readonly storage: Storage;
  /** The argument of z's activation that holds a state; its opposite forgets it. */
  readonly saturation: number;
  readonly state: readonly number[];
  /** The argument of n's activation, and its value. */
  readonly newSum: number;
  readonly newState: number;
  /** How long it is to be held on a CPU. */
  readonly numSteps: number;
}

const usual: HeldState = {
  name: "",
  shape: {},
  storage: "f32",
  saturation: 120,
  state: [1, -1, 0.5, 0.25, -0.1],
  newSum: 100,
  newState: 1,
  numSteps: 1000,
};

export const heldStates: readonly HeldState[] = [
  { ...usual, name: "of a usual layer", numSteps: 1e6 },
  { ...usual, name: "with the reset before", shape: { resetAfter: false }, numSteps: 1e5 },
  // 1 - z is 3e-8 and less there: half of the distance from 1 to the float32 before it.
  { ...usual, name: "by the weakest gate that float32 takes for 1", saturation: 17.35, newSum: -100, newState: -1 },
  { ...usual, name: "by a gate of -1e30", saturation: 1e30 },
  { ...usual, name: "of 1e30", state: [1e30, -1e30, 3e38, 1e-30, 1e30] },
  {
    ...usual,
    name: "of 1e30 with the reset before",
    shape: { resetAfter: false },
    state: [1e30, -1e30, 3e38, 1e-30, 0],
  },
  { ...usual, name: "in f16", storage: "f16", saturation: 128 },
  { ...usual, name: "in int8", storage: "int8" },
  { ...usual, name: "in int8 with the reset before", storage: "int8", shape: { resetAfter: false } },
  { ...usual, name: "with a clip", shape: { clip: 110 } },
  { ...usual, name: "of relu", shape: { newActivation: "relu" }, state: [1e30, 100, 3, 0.1, 0], newState: 100 },
  { ...usual, name: "with hardSigmoid gates", shape: { gateActivation: "hardSigmoid" }, saturation: 2.6 },
  {
    ...usual,
    name: "with hardSigmoid gates and the reset before",
    shape: { gateActivation: "hardSigmoid", resetAfter: false },
    saturation: 1e30,
  },
];

/** The layer, whose input is 1 to hold the state and -8 to forget it. */
function networkOf(
  { shape, storage, saturation, newSum }: HeldState,
  { defineNetwork }: typeof webgru,
): webgru.Network {
  const hiddenSize = usual.state.length;
  const layer = randomGru("gru", ["input"], { ...shape, inputSize: 1, hiddenSize }, uniform(140));
  const ofGate = (numbers: readonly number[]) =>
    Float32Array.from({ length: 3 * hiddenSize }, (_, i) => numbers[Math.floor(i / hiddenSize)]!);
  const network = defineNetwork({
    layers: [
      {
        ...layer,
        weight: ofGate([0.5, saturation, 0]),
        recurrentWeight: layer.recurrentWeight.fill(0),
        bias: ofGate([0, 0, newSum]),
        recurrentBias: null,
      },
    ],
  });
  return storage === "f32" ? network : withStorage(network, storage);
}

/** Holds a state for so many steps, then forgets it in one. @returns both, and what is right */
export async function holdState(held: HeldState, device: "cpu" | "webgpu", numSteps: number, library: typeof webgru) {
  const model = await library.createModel(networkOf(held, library), { device });
  const options = { returnSequences: false } as const;
  const initialState = Float32Array.from(held.state);
  const kept = await model.run(new Float32Array(numSteps).fill(1), { ...options, initialState });
  const { finalState } = await model.run([-8], { ...options, initialState: kept.finalState });
  model.dispose();
  return {
    deviceName: model.deviceName,
    results: { held: [...kept.finalState], forgotten: [...finalState] },
    expected: { held: [...initialState], forgotten: held.state.map(() => held.newState) },
  };
}
