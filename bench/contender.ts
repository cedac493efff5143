import type { Network } from "webgru";

/** An engine to measure. One file of contenders/ each; page.ts lists them. */
export interface Contender {
  /** Engine and device, as in the tables. */
  readonly name: string;
  /** Puts the network on the device: everything that is done once. */
  prepare(network: Network): Promise<PreparedContender>;
}

/** A network on a contender's device. Calls do not overlap; every result is on the CPU when it resolves. */
export interface PreparedContender {
  /**
   * Runs a sequence from a state of zeros.
   *
   * @param input [T, 1, I]
   * @returns [T, 1, O]
   */
  runSequence(input: Float32Array): Promise<Float32Array>;
  /**
   * Advances the one stream, at first zero, by a step.
   *
   * @param input [1, 1, I]
   * @returns [1, 1, O]
   */
  push(input: Float32Array): Promise<Float32Array>;
  dispose(): void;
}
