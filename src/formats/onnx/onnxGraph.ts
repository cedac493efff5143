// How a graph's inputs and outputs are a network's: what a caller needs who has tensors by the graph's names.

import type { Network } from "../../model/network.js";

/** An axis of a tensor of the graph: time, batch, or a number of features. */
export type OnnxAxis = "time" | "batch" | number;

interface Port {
  readonly name: string;
  readonly axes: readonly OnnxAxis[];
}

/** What a graph input is to `run`. */
export type OnnxInput =
  /** Features `start` and following of the input, or its indices. */
  | (Port & { readonly as: "input"; readonly start: number })
  | (Port & { readonly as: "lengths" })
  /** Feature `elements[i]` is unit `units[i]` of the initial state. */
  | (Port & { readonly as: "initialState"; readonly elements: readonly number[]; readonly units: readonly number[] })
  /** Nothing that the outputs depend on. */
  | (Port & { readonly as: "unused" });

/** Where a graph output is in what `run` gives. */
export type OnnxOutput =
  | (Port & {
      readonly as: "output";
      readonly layer: string;
      /** Whether the graph gives the last step only; the layer gives every one, unless `returnSequences` is false. */
      readonly isLastStep: boolean;
      /** Whether the graph gives the last step first. */
      readonly isReversed: boolean;
    })
  /** Its features are these units of the final state. */
  | (Port & { readonly as: "finalState"; readonly units: readonly number[] });

/** A graph's ends. A unit of the state is a number within one row's: [D, H] of each GRU layer, one after the other. */
export interface OnnxGraph {
  readonly inputs: readonly OnnxInput[];
  readonly outputs: readonly OnnxOutput[];
  /** [D, H] of each GRU layer */
  readonly states: readonly { readonly layer: string; readonly numDirections: number; readonly hiddenSize: number }[];
}

/** A network, and how the graph that it was read from names its inputs and outputs. */
export interface OnnxNetwork extends Network {
  readonly graph: OnnxGraph;
}
