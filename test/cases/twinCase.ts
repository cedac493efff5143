import type { GenerateOptions } from "../../src/model/generative.js";
import type { Network } from "../../src/model/network.js";

/** A network and a request, to be run on a device beside the float64 reference. */
export interface TwinCase {
  /** Short, and its own: tests pick cases by it. */
  readonly id: string;
  /** Finishes the sentence "agrees with the reference for ...". */
  readonly name: string;
  readonly batchSize: number;
  readonly sequenceLength: number;
  readonly lengths?: readonly number[];
  readonly returnSequences?: boolean;
  /** Read back so many of the highest numbers of the main output too. */
  readonly topK?: number;
  /** Tokens to draw too. Seeds are such that no random number is near where another token begins. */
  readonly generation?: GenerateOptions;
  /** How close each number must be, where layers make roundings before them larger. */
  readonly goal?: number;
  network(): Network;
}
