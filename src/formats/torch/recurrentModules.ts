// The nn.GRU, nn.LSTM and nn.RNN modules of a state_dict, their cells too, and the order in which they read each other.

import { GruError } from "../../errors.js";
import type { LayerDescription } from "../description.js";
import { listNames } from "../names.js";
import type { Tensor } from "../tensor.js";

/** The description of a recurrent layer. */
export type RecurrentDescription = Extract<LayerDescription, { type: "gru" | "lstm" | "rnn" }>;

const RECURRENT = ".recurrentWeight";

/** Layer types by their number of gates: rows of `weight_hh` for each of its columns. */
const TYPES: Readonly<Record<number, RecurrentDescription["type"]>> = { 1: "rnn", 3: "gru", 4: "lstm" };

/** The layers of each nn.GRU, nn.LSTM, nn.RNN and cell; modules and layers are sorted by name. */
export function readRecurrent(tensors: ReadonlyMap<string, Tensor>): RecurrentDescription[][] {
  const layers = [...tensors].flatMap(([key, { shape }]) =>
    key.endsWith(RECURRENT) ? [readLayer(key.slice(0, -RECURRENT.length), shape, tensors)] : [],
  );
  if (layers.length === 0) {
    throw new GruError(
      "unsupported",
      `state_dict: expected tensors of a GRU, an LSTM or an RNN, such as weight_ih_l0, got [${listNames([...tensors.keys()])}]`,
    );
  }
  layers.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const modules = new Map<string, RecurrentDescription[]>();
  for (const layer of layers) modules.set(moduleOf(layer), [...(modules.get(moduleOf(layer)) ?? []), layer]);
  return [...modules.values()];
}

/** @param shape of the recurrent weight, [G H, H], or [2, G H, H] of both directions */
function readLayer(name: string, shape: readonly number[], tensors: ReadonlyMap<string, Tensor>): RecurrentDescription {
  const weight = tensors.get(`${name}.weight`);
  if (weight === undefined) throw new GruError("bad-file", `${name}: expected weight_ih beside weight_hh, got none`);
  if (tensors.has(`${name}.projection`)) {
    throw new GruError("unsupported", `${name}: expected an LSTM without proj_size, got one with weight_hr`);
  }
  const [rows = 0, hiddenSize = 0] = shape.slice(-2);
  const type = TYPES[rows / hiddenSize];
  if (type === undefined) {
    const expected = "the shape [3H, H] of a GRU, [4H, H] of an LSTM or [H, H] of an RNN";
    throw new GruError("unsupported", `${name}.recurrentWeight: expected ${expected}, got [${shape.join(", ")}]`);
  }
  const direction = shape.length === 3 ? "bidirectional" : "forward";
  const sizes = { inputSize: weight.shape.at(-1) ?? 0, hiddenSize, direction } as const;
  return type === "gru" ? { type, name, ...sizes, resetAfter: true } : { type, name, ...sizes };
}

/** A layer's type as PyTorch calls it, for messages: GRU, LSTM, RNN; "recurrent" for several. */
export function kindOf(layers: readonly RecurrentDescription[]): string {
  const types = new Set(layers.map(({ type }) => type));
  return types.size === 1 ? layers[0]!.type.toUpperCase() : "recurrent";
}

/** A warning on `reader`, the layer after a bidirectional one. */
export function stepsWarning(reader: string, last: RecurrentDescription): string {
  return (
    `"${reader}" reads every step of a bidirectional ${kindOf([last])}. Many authors read its final states instead, ` +
    `cat(h_n[-2], h_n[-1]): if yours did, pass a description in which "${last.name}" has "returnSequences": false.`
  );
}

/** Name of a layer's module: `rnn` of `rnn.l0` and `rnn.l1`. */
export function moduleOf({ name }: Pick<RecurrentDescription, "name">): string {
  return name.replace(/(^|\.)l\d+$/, "");
}

/** Features of the output of a stack of layers. */
export function outputSizeOf(layers: readonly RecurrentDescription[]): number {
  const { direction, hiddenSize } = layers.at(-1)!;
  return direction === "bidirectional" ? 2 * hiddenSize : hiddenSize;
}

/** With more modules than this, no orders are tried: their number is the factorial. */
const MAX_MODULES = 6;

/** Modules, each reading the one before, and a note on the reason for this order. */
export interface OrderedModules {
  readonly modules: readonly RecurrentDescription[][];
  readonly note: string | null;
}

/** The only order that sizes and names allow; null where they allow none, or several. */
export function orderModules(modules: readonly RecurrentDescription[][]): OrderedModules | null {
  if (modules.length === 1) return { modules, note: null };
  const names = modules.map(([first]) => moduleOf(first!));
  // A decoder begins with its encoder's state and does not read its output: no network here can do that.
  const isCoder = names.some((name) => /enc/i.test(name)) && names.some((name) => /dec/i.test(name));
  const orders = isCoder || modules.length > MAX_MODULES ? [] : ordersOf(modules).filter(isChain);
  const isNumbered = new Set(names.map((name) => name.replace(/\d+/g, "0"))).size === 1;
  const chosen = orders.length === 1 ? orders[0] : orders.find(() => isNumbered && isChain(modules)) && modules;
  if (chosen === undefined) return null;
  const why = orders.length === 1 ? "the only order that their sizes allow" : "the order of their numbers";
  const wayOut = "if they are wired otherwise, pass a description";
  return { modules: chosen, note: `Several ${kindOf(modules.flat())} modules are taken in ${why}; ${wayOut}.` };
}

function isChain(modules: readonly RecurrentDescription[][]): boolean {
  return modules.every(([first], i) => i === 0 || first!.inputSize === outputSizeOf(modules[i - 1]!));
}

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => ordersOf(items.filter((_, other) => other !== i)).map((rest) => [item, ...rest]));
}
