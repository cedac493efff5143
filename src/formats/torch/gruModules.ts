// The nn.GRU and nn.GRUCell modules of a state_dict, and the order in which they read each other.

import { GruError } from "../../errors.js";
import type { LayerDescription } from "../description.js";
import { listNames } from "../names.js";
import type { Tensor } from "../tensor.js";

/** The description of a GRU layer. */
export type GruDescription = Extract<LayerDescription, { type: "gru" }>;

/** The layers of each nn.GRU and nn.GRUCell; modules and layers are sorted by name. */
export function readGrus(tensors: ReadonlyMap<string, Tensor>): GruDescription[][] {
  const grus: GruDescription[] = [];
  for (const [key, { shape }] of tensors) {
    if (!key.endsWith(".recurrentWeight")) continue;
    const name = key.slice(0, -".recurrentWeight".length);
    const weight = tensors.get(`${name}.weight`);
    if (weight === undefined) throw new GruError("bad-file", `${name}: expected weight_ih beside weight_hh, got none`);
    const [rows, hiddenSize = 0] = shape.slice(-2);
    if (rows !== 3 * hiddenSize) {
      const lstm = rows === 4 * hiddenSize ? ", an LSTM's" : "";
      throw new GruError(
        "unsupported",
        `${key}: expected the shape [3H, H] of a GRU, got [${shape.join(", ")}]${lstm}`,
      );
    }
    const direction = shape.length === 3 ? "bidirectional" : "forward";
    grus.push({ type: "gru", name, inputSize: weight.shape.at(-1) ?? 0, hiddenSize, direction, resetAfter: true });
  }
  if (grus.length === 0) {
    throw new GruError(
      "unsupported",
      `state_dict: expected GRU tensors such as weight_ih_l0, got [${listNames([...tensors.keys()])}]`,
    );
  }
  grus.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  const modules = new Map<string, GruDescription[]>();
  for (const gru of grus) modules.set(moduleOf(gru), [...(modules.get(moduleOf(gru)) ?? []), gru]);
  return [...modules.values()];
}

/** Name of a layer's module: `rnn` of `rnn.l0` and `rnn.l1`. */
export function moduleOf({ name }: GruDescription): string {
  return name.replace(/(^|\.)l\d+$/, "");
}

/** Features of the output of a stack of layers. */
export function outputSizeOf(layers: readonly GruDescription[]): number {
  const { direction, hiddenSize } = layers.at(-1)!;
  return direction === "bidirectional" ? 2 * hiddenSize : hiddenSize;
}

/** With more modules than this, no orders are tried: their number is the factorial. */
const MAX_MODULES = 6;

/** Modules, each reading the one before, and a note on the reason for this order. */
export interface OrderedModules {
  readonly modules: readonly GruDescription[][];
  readonly note: string | null;
}

/** The only order that sizes and names allow; null where they allow none, or several. */
export function orderModules(modules: readonly GruDescription[][]): OrderedModules | null {
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
  return { modules: chosen, note: `Several GRU modules are taken in ${why}; ${wayOut}.` };
}

function isChain(modules: readonly GruDescription[][]): boolean {
  return modules.every(([first], i) => i === 0 || first!.inputSize === outputSizeOf(modules[i - 1]!));
}

function ordersOf<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, i) => ordersOf(items.filter((_, other) => other !== i)).map((rest) => [item, ...rest]));
}
