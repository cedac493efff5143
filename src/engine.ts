// What the public classes drive: one implementation on the GPU (runtime/), one on the CPU (cpu/).
// Arguments have been checked before they come here.

/** A network on a device. */
export interface Engine {
  readonly device: "webgpu" | "cpu";
  /** Name of the device, and why it was chosen, for a person. */
  readonly deviceName: string;
  readonly reason: string;
  /**
   * @param sequenceLength steps that an `advance` will often take; a hint
   * @throws GruError `limit-exceeded` when that does not fit the device
   */
  createSession(batchSize: number, sequenceLength: number): Session;
  /** How a sequence of `sequenceLength` steps of `batchSize` rows is run, for `explain()`. */
  describe(batchSize: number, sequenceLength: number): string;
  dispose(): void;
}

/** A sequence to advance by. */
export interface Advance {
  /** [T, B, I], or [T, B] indices */
  readonly input: Float32Array;
  /** Steps of each row, [B], at most T; T for all when null. */
  readonly lengths: readonly number[] | null;
  /** Give only each row's last step. */
  readonly lastOnly: boolean;
  /** Give the state too. A stream leaves it where it is. */
  readonly withState: boolean;
}

export interface Advanced {
  /**
   * The network's outputs in order, each [T, B, O], or [B, O] where only the last step is given; zeros past a row's
   * length.
   */
  readonly outputs: Float32Array[];
  /** [D, B, H] of each GRU layer, one after the other; empty unless asked for. */
  readonly state: Float32Array;
}

/** A batch of hidden states, zero at first, and what it takes to advance them. Calls must not overlap. */
export interface Session {
  /**
   * Advances every row by its steps.
   *
   * @throws GruError `limit-exceeded`, before anything is changed; `device-lost`
   */
  advance(request: Advance): Promise<Advanced>;
  /** Replaces the state, laid out as `Advanced.state`; zeros when null. */
  writeState(state: Float32Array | null): void;
  dispose(): void;
}
