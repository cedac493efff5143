// What carries a network's layers out on the CPU. Two forms: in plain JavaScript, and in WebAssembly.

import type { GruLayer, Network } from "../model/network.js";
import { gruLayers, layerOutputSize } from "../model/network.js";

/** A piece of a sequence. */
export interface Piece {
  /** [T, B, I], or [T, B] indices */
  readonly input: Float32Array;
  readonly numSteps: number;
  /** Of each row, [D, H] of each GRU layer, one after the other; advanced in place. */
  readonly states: readonly Float32Array[];
  /** Steps of each row, [B]; null where all have T. */
  readonly lengths: readonly number[] | null;
}

/** Runs pieces one after the other; what a piece gave is there until the next one. */
export interface Runner {
  /**
   * Runs a piece through the first layers, and advances its states.
   *
   * @param numLayers all, or as many as what is wanted takes
   * @throws GruError `limit-exceeded` when there is no memory for it, with the states as they were
   */
  run(piece: Piece, numLayers: number): void;
  /**
   * Copies rows of what a layer gave: [T, B, O], or [B, O] where it gives one step only.
   *
   * @param from the first row, and `to` where it goes in `target`
   */
  copy(layerName: string, from: number, numRows: number, target: Float32Array, to: number): void;
  /** Steps that go through one layer before the next: as many as are quick and small. */
  pieceSteps(numRows: number): number;
}

/** Where each GRU layer's part begins in a row's state. */
export function stateStarts(network: Network): Map<GruLayer, number> {
  const starts = new Map<GruLayer, number>();
  let start = 0;
  for (const layer of gruLayers(network)) {
    starts.set(layer, start);
    start += layerOutputSize(layer);
  }
  return starts;
}
