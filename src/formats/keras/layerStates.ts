// The states of Keras's recurrent layers, in its order: of an LSTM h and c; of Bidirectional those of the forward layer, then
// those of the backward one.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { RECURRENT_CLASSES } from "./cells.js";
import type { KerasLayer } from "./kerasLayer.js";

/** A state of a layer. */
export interface KerasState {
  readonly block: "h" | "c";
  /** For messages: "h", "backward c". */
  readonly title: string;
}

/** Of LSTM, CuDNNLSTM and RNN of an LSTMCell; none of several cells, whose order differs between Keras and TF.js. */
function blocksOf(layer: unknown): readonly KerasState["block"][] {
  const { class_name: className, config } = Object(layer) as { class_name?: unknown; config?: { cell?: unknown } };
  const cell = Object(config?.cell ?? {}) as { class_name?: unknown };
  const name = String(className === "RNN" ? cell.class_name : className);
  if (name === "StackedRNNCells") return [];
  return name.includes("LSTM") ? ["h", "c"] : ["h"];
}

/** The states of a call; none of a layer of another class, or of several cells. */
export function statesOf({ className, config }: KerasLayer): readonly KerasState[] {
  if (!RECURRENT_CLASSES.includes(className)) return [];
  if (className !== "Bidirectional") {
    const fields = Object.fromEntries(config.entries());
    return blocksOf({ class_name: className, config: fields }).map((block) => ({ block, title: block }));
  }
  const forward = config.get("layer");
  const backward = config.get("backward_layer") ?? forward;
  return [
    ...blocksOf(forward).map((block) => ({ block, title: `forward ${block}` })),
    ...blocksOf(backward).map((block) => ({ block, title: `backward ${block}` })),
  ];
}

const STATE = /^(.*):(\d+)$/s;

/**
 * The call that gives an output: "lstm" of "lstm", and of "lstm:1", its second one.
 *
 * @throws GruError `bad-file` where there is none
 */
export function ownerOf(layers: readonly KerasLayer[], output: string): KerasLayer {
  const name = STATE.exec(output)?.[1] ?? output;
  const owner = layers.find((layer) => layer.name === output) ?? layers.find((layer) => layer.name === name);
  if (owner !== undefined) return owner;
  throw new GruError("bad-file", `keras: expected outputs of layers, got ${quote(output)}`);
}

/** The state that an output is; undefined for a layer's main output, and where the layer has no such state. */
export function stateAt(owner: KerasLayer, output: string): KerasState | undefined {
  return owner.name === output ? undefined : statesOf(owner)[Number(STATE.exec(output)![2]) - 1];
}

/** An output, for a person. */
export function describeOutput(layers: readonly KerasLayer[], output: string): string {
  const owner = ownerOf(layers, output);
  const state = stateAt(owner, output);
  if (state !== undefined) return `the state ${state.title} of "${owner.name}"`;
  return owner.className === "InputLayer" ? `the input "${output}"` : `the output of "${output}"`;
}
