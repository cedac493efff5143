import type { ParseModelOptions } from "webgru";

/** A model's file, and how ONNX Runtime is to be fed with it. */
export interface RealModel {
  /** As the table has it. */
  readonly name: string;
  /** Where it is from, for the table. */
  readonly origin: string;
  /** File that webgru loads. */
  readonly file: string;
  /** File that ONNX Runtime loads, where that is another: the same weights. */
  readonly ortFile?: string;
  readonly loadOptions?: Pick<ParseModelOptions, "constants" | "inputShapes">;
  /** Whether a push takes one frame; else a run takes a whole sequence. */
  readonly isStream: boolean;
  /** Name and shape of the graph's input: a frame, or a sequence [1, T, I]. */
  readonly input: string;
  readonly inputShape: readonly number[];
  /** Graph inputs that are the same in every step, int64. */
  readonly constants?: Readonly<Record<string, number>>;
  /** The graph input that takes each state, by the output that gives it; "h" takes "h_out" where absent. */
  readonly states?: Readonly<Record<string, string>>;
  /** Where it begins with other states than zeros: a JSON file of them, by the input's name. */
  readonly statesFile?: string;
  /** Frames of all numbers in [-scale, scale]. */
  readonly scale?: number;
}
