import type { NetworkStepShape } from "../kernels/networkStep.js";
import type { Cadence } from "../layers/cadence.js";
import type { Layer } from "../layers/index.js";
import type { Network } from "../model/network.js";
import type { PackedWeight } from "./packedWeight.js";
import type { BufferPlan } from "./plan.js";

/** A weight's buffer, or its part of the buffer of all. */
export interface WeightBuffer extends BufferPlan, PackedWeight {
  /** First byte in the buffer of all. */
  readonly offsetBytes: number;
}

/** A layer's part of the states of each slot. */
export interface StateBuffer extends BufferPlan {
  /** First element in a state of all layers. */
  readonly start: number;
}

/** When a slot's present state becomes the other one of its two: at every step of a cadence, or at every chunk. */
export type Beat = Cadence | "chunk";

/** A row of a state: of one block and direction. */
export interface StateRow {
  readonly size: number;
  /** First element in the buffer, from the slot's state on; rows are padded there. */
  readonly offset: number;
  /** First element in a state as callers have it, [D, size] of each block, one after the other. */
  readonly start: number;
  /** Index of its beat in the layout's. */
  readonly beat: number;
}

/** A network as a program. */
export interface NetworkProgram {
  readonly shape: NetworkStepShape;
  /** The shader's array<Operation>. */
  readonly operations: Uint32Array<ArrayBuffer>;
  /** Number of each recurrent layer's operation, by its name. */
  readonly indices: ReadonlyMap<string, number>;
}

/**
 * Where a network's weights and states lie on a device: the same for all of its plans.
 *
 * Weights lie one after the other, and are one buffer where the device binds one that large. States of all layers lie side
 * by side in one buffer, [slots, 2, S].
 */
export interface NetworkLayout {
  readonly network: Network;
  /** All weights, and the program last. */
  readonly weights: readonly WeightBuffer[];
  /** Whether one buffer holds them all. */
  readonly isOneBuffer: boolean;
  /** That buffer. Kernels that read several weights bind it twice: as matrices, and as biases. */
  readonly allWeights: BufferPlan;
  readonly allBiases: BufferPlan;
  /** The network as operations of one kernel; null where it has none, or its weights are no single buffer. */
  readonly program: NetworkProgram | null;
  /** The operations' buffer; null without a program. */
  readonly operations: WeightBuffer | null;
  /** States of all layers. */
  readonly states: BufferPlan;
  /** S, float32 elements of one state of all layers, padding included. */
  readonly stateSize: number;
  readonly stateRows: readonly StateRow[];
  /** The values that are sequences, and how the steps of each follow from those of the network's input. */
  readonly sequences: ReadonlyMap<string, Cadence>;
  /** Of all sequences, that of the network's input first. */
  readonly cadences: readonly Cadence[];
  /** The cadences, and chunks where a layer's state goes by them. */
  readonly beats: readonly Beat[];
  /** @param tensor by the name that the layer type's plan gives it */
  weight(layer: Layer, tensor: string): WeightBuffer;
  /** All blocks of a layer's state. */
  state(layer: Layer): StateBuffer;
}
