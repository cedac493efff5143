// A case's program: steps over named tensors, with every tensor reference resolved. The names are the format's.

import type { Tensor } from "./tensor.js";

/** An activation in any framework's spelling. */
export type ForeignActivation =
  | string
  | { readonly name: string; readonly alpha?: number | null; readonly beta?: number | null };

/** Weights of one direction with the three gates in one matrix. */
export interface PackedWeights {
  readonly form: "packed";
  /** Order of the three blocks: a permutation of "rzn". */
  readonly gateOrder: string;
  /** W [3H, I] and R [3H, H] when true, W [I, 3H] and R [H, 3H] when false */
  readonly rows: boolean;
  readonly W: Tensor;
  readonly R: Tensor;
  /** [3H] */
  readonly bW?: Tensor | null;
  readonly bR?: Tensor | null;
}

/** Weights of one direction with a matrix for each gate, over x and h joined. */
export interface ConcatWeights {
  readonly form: "concat";
  readonly gateConcat: "xh" | "hx";
  readonly candConcat: "xh" | "hx";
  /** [H, I + H] when true, [I + H, H] when false */
  readonly rows: boolean;
  readonly W_r: Tensor;
  readonly W_z: Tensor;
  readonly W_h: Tensor;
  /** [H] */
  readonly b_r?: Tensor | null;
  readonly b_z?: Tensor | null;
  readonly b_h?: Tensor | null;
}

export interface DirectionPart {
  readonly reverse?: boolean;
  readonly weights: PackedWeights | ConcatWeights;
  /** Of the gates, of the new state. */
  readonly activations?: readonly [ForeignActivation, ForeignActivation];
}

/** A GRU of layers and directions. */
export interface GruStep {
  readonly op: "gru";
  readonly x: string;
  readonly y?: string;
  readonly h_n?: string;
  readonly h0?: string;
  /** [B] steps of each row */
  readonly lengths?: string;
  /** [B, T], 0 for a step to leave out */
  readonly mask?: string;
  readonly layers: readonly { readonly dirs: readonly DirectionPart[] }[];
  readonly reset_after: boolean;
  /** h' = z h + (1 - z) n, or h' = z n + (1 - z) h */
  readonly update: "z_keeps" | "z_replaces";
  readonly activations?: readonly [ForeignActivation, ForeignActivation];
  readonly clip?: number | null;
  readonly batch_first?: boolean;
  readonly y_layout?: "TB(DH)" | "BT(DH)" | "TDBH" | "BTDH";
  readonly h_layout?: "(LD)BH" | "B(LD)H";
  readonly h0_batch_first?: boolean;
  /** Keras's go_backwards: y in the order in which it was computed. */
  readonly output_order?: "processing" | "time";
  readonly merge?: "sum" | "ave" | "mul" | "concat" | null;
  /** A cell: x is [B, I] or [I]. */
  readonly single_step?: boolean;
  /** The state of a row without steps: zero, or as it was. */
  readonly zero_length?: "zero" | "keep";
}

export interface EmbeddingStep {
  readonly op: "embedding";
  readonly table: Tensor;
  readonly in: string;
  readonly out: string;
}

export interface LinearStep {
  readonly op: "linear";
  readonly W: Tensor;
  readonly b?: Tensor | null;
  /** W [O, I] when true, [I, O] when false */
  readonly rows: boolean;
  readonly act?: ForeignActivation | null;
  readonly in: string;
  readonly out: string;
}

export interface ActStep {
  readonly op: "act";
  readonly fn: ForeignActivation;
  readonly in: string;
  readonly out: string;
}

export interface ConcatStep {
  readonly op: "concat";
  readonly in: readonly string[];
  readonly out: string;
}

/** Token -> embedding -> GRU -> linear -> argmax, until `stop` or `max` tokens. */
export interface GreedyDecodeStep {
  readonly op: "greedy_decode";
  readonly h0: string;
  readonly start: number;
  readonly stop: number;
  readonly max: number;
  readonly table: Tensor;
  readonly cell: Omit<GruStep, "op" | "x">;
  readonly W: Tensor;
  readonly b?: Tensor | null;
  readonly out: string;
}

/** Steps that the runner makes itself. */
export type ShapeStep =
  | { readonly op: "slice"; readonly in: string; readonly out: string; axis: number; start: number; end: number }
  | { readonly op: "index"; readonly in: string; readonly out: string; axis: number; i: number }
  | { readonly op: "reshape"; readonly in: string; readonly out: string; shape: readonly number[] }
  | { readonly op: "transpose"; readonly in: string; readonly out: string; perm: readonly number[] }
  | { readonly op: "argmax"; readonly in: string; readonly out: string };

export type Step = GruStep | EmbeddingStep | LinearStep | ActStep | ConcatStep | GreedyDecodeStep | ShapeStep;

/** Everything it takes to compute a case's outputs. Plain data: it is sent to the page as it is. */
export interface Program {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly steps: readonly Step[];
  /** Names of the tensors that are asked for. */
  readonly outputs: readonly string[];
  /** A PyTorch state_dict as a safetensors or .pt file, where the case comes with one. */
  readonly stateDict: Uint8Array | null;
  /** An ONNX model, to be run instead of steps; inputs and outputs are its own. */
  readonly onnx?: Uint8Array;
}

/** Names of the tensors that a step reads. */
export function namesRead(step: Step): string[] {
  if (step.op === "gru") return [step.x, step.h0, step.lengths, step.mask].filter((name) => name !== undefined);
  if (step.op === "greedy_decode") return [step.h0];
  return typeof step.in === "string" ? [step.in] : [...step.in];
}

/** Names of the tensors that a step makes. */
export function namesMade(step: Step): string[] {
  return step.op === "gru" ? [step.y, step.h_n].filter((name) => name !== undefined) : [step.out];
}
