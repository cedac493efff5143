import { GruError } from "../../errors.js";
import type { Layer } from "../../layers/index.js";
import type { GraphBuilder, Value } from "./graphBuilder.js";

/** What a layer's writer has. Sequences are [T, B, features]. */
export interface LayerContext {
  readonly graph: GraphBuilder;
  /** The inputs, concatenated; of a layer that reads indices [T, B]. */
  readonly input: Value;
  /** Whether states are inputs and outputs of the graph. */
  readonly isStreaming: boolean;
  /** The state's block [D, B, size] before the first step, an input of the graph. @throws GruError where there are no such inputs */
  state(block: string): Value;
  /** Gives the block after the last step, [D, B, size], as an output of the graph. */
  keep(block: string, value: Value): void;
}

/** An error for what has no form in ONNX. */
export function noForm({ type, name }: Pick<Layer, "type" | "name">, what: string): GruError {
  return new GruError("unsupported", `${type} "${name}": expected what ONNX has a form for, got ${what}`);
}
