// What the public classes drive: one implementation on the GPU (runtime/), one on the CPU (cpu/).
// Arguments have been checked before they come here.

/** A network on a device. */
export interface Engine {
  readonly device: "webgpu" | "cpu";
  /** Name of the device, and why it was chosen: two sentences for a person. */
  readonly deviceName: string;
  readonly reason: string;
  /**
   * @param sequenceLength steps that an `advance` will often take; a hint
   * @throws GruError `limit-exceeded` when a step of `batchSize` rows does not fit the device
   */
  createSession(batchSize: number, sequenceLength: number): Session;
  /** How a sequence of `sequenceLength` steps of `batchSize` rows is run, for `explain()`. */
  describe(batchSize: number, sequenceLength: number): string;
  dispose(): void;
}

/** A batch of hidden states, zero at first, and what it takes to advance them. Calls must not overlap. */
export interface Session {
  /**
   * Advances every row by `input.length / (batchSize * inputSize)` steps.
   *
   * @param input [T, B, I], or [T, B] indices
   * @returns [T, B, O]
   */
  advance(input: Float32Array): Promise<Float32Array>;
  /** @returns [B, H] of each GRU layer, one after the other */
  readState(): Promise<Float32Array>;
  /** Replaces the state, laid out as `readState` gives it; zeros when null. */
  writeState(state: ArrayLike<number> | null): void;
  dispose(): void;
}
