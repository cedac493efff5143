import type { Network } from "webgru";

/** An engine to measure. One file of contenders/ each. */
export interface Contender {
  /** Engine and device, as in the tables. */
  readonly name: string;
  /** How far from float64 an output may be; they lie in [-1, 1]. */
  readonly tolerance: number;
  /** One that is not there, or cannot run a shape, is left out and told; ours is an error. */
  readonly isPeer: boolean;
  /** Loads the engine's JavaScript, before any clock runs; what wasm it has is its own business. */
  load(): Promise<void>;
  /** Puts the network on the device: everything that is done once. */
  prepare(network: Network): Promise<PreparedContender>;
}

/** A network on a contender's device. Every result is on the CPU when it resolves. */
export interface PreparedContender {
  /**
   * Runs a sequence from a state of zeros.
   *
   * @param input [T, B, I]
   * @returns [T, B, O]
   */
  runSequence(input: Float32Array, batchSize: number): Promise<Float32Array>;
  /** A stream of one row, its state zero. */
  openStream(): StreamContender;
  dispose(): void;
}

/** A state that advances. */
export interface StreamContender {
  /**
   * One step.
   *
   * @param input [1, 1, I]
   * @returns [1, 1, O]
   */
  push(input: Float32Array): Promise<Float32Array>;
  dispose(): void;
}
