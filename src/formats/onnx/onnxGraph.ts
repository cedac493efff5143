// The relation of a graph's inputs and outputs to those of its network, for callers with tensors by the graph's names.

import type { Network } from "../../model/network.js";

/** An axis of a tensor of the graph: time, batch, or a number of features. */
export type OnnxAxis = "time" | "batch" | number;

interface Port {
  readonly name: string;
  readonly axes: readonly OnnxAxis[];
}

/** The role of a graph input in `run`. */
export type OnnxInput =
  /** Features of the input from `start` on, or its indices. */
  | (Port & { readonly as: "input"; readonly start: number })
  | (Port & { readonly as: "lengths" })
  /** Feature `elements[i]` is unit `units[i]` of the initial state. */
  | (Port & { readonly as: "initialState"; readonly elements: readonly number[]; readonly units: readonly number[] })
  /** No output depends on it. */
  | (Port & { readonly as: "unused" });

/** The role of a graph output in the result of `run`. */
export type OnnxOutput =
  | (Port & {
      readonly as: "output";
      readonly layer: string;
      /** Whether the graph gives only the last step, and the layer every step unless `run` has `returnSequences: false`: where there are lengths. */
      readonly isLastStep: boolean;
      /** Whether the graph gives the last step first. */
      readonly isReversed: boolean;
    })
  /** Its features are these units of the final state. */
  | (Port & { readonly as: "finalState"; readonly units: readonly number[] });

/** A graph's inputs and outputs. A unit is an index in one row's state: [D, size] of each block, one after the other. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly OnnxOutput[];
  /** [D, size] of each block of a layer's state: h, and c of an LSTM, or what a layer carries */
  readonly states: readonly {
    readonly layer: string;
    readonly block: string;
    readonly numDirections: number;
    readonly size: number;
  }[];
}

/** A network, and the inputs and outputs of the graph that it was read from. */
export interface OnnxNetwork extends Network {
  readonly graph: OnnxGraph;
}
