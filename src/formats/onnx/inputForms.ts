// The forms of a graph's inputs: features over time and batch, indices, a state, or lengths. Their axes are guessed. The most
// usual order is tried first, and the others if the graph cannot be read with it.

import { FreeAxis } from "./axes.js";
import { allNodes, type OnnxModel, type OnnxNode, type OnnxPort } from "./modelProto.js";
import { demand, Refusal } from "./refusal.js";
import { quote } from "../quote.js";
import { isIntegerType } from "./tensorProto.js";
import { sourceSignal, type Value } from "./value.js";
import type { InputSource, Wiring } from "./wiring.js";

/** A guess for one input. `free`: its axes that are not of features. */
export type InputForm =
  | { readonly kind: "features"; readonly free: readonly number[] }
  | { readonly kind: "indices" }
  | { readonly kind: "lengths" }
  /** One number, which is the same in every step: the caller gives it. */
  | { readonly kind: "constant" };

/** A form for each input that is no weight. */
export type Guess = ReadonlyMap<OnnxPort, InputForm>;

const MAX_GUESSES = 9;
/** Limit of nodes in all guesses together: a graph of thousands of nodes cannot be run with any guess. */
const MAX_NODES_READ = 4096;

/** Operators whose inputs 1 to 3 are weights, 4 lengths, 5 and 6 states. */
const RECURRENT: ReadonlySet<string> = new Set(["GRU", "LSTM", "RNN"]);

/** Operators that pass on their input in another shape or type. */
const PASSING = new Set([
  "Identity",
  "Cast",
  "Squeeze",
  "Unsqueeze",
  "Reshape",
  "Transpose",
  "Slice",
  "Split",
  "Gather",
  "Flatten",
  "Expand",
  "Concat",
  "TopK",
]);

/** The guesses to try, the most usual first. @param ports the inputs without a value in the file */
export function guessForms(model: OnnxModel, ports: readonly OnnxPort[]): Guess[] {
  const nodes = allNodes(model.nodes);
  const states = namesBehind(nodes, ({ operator, inputs }) => (RECURRENT.has(operator) ? inputs.slice(5, 7) : []));
  const lengths = namesBehind(nodes, ({ operator, inputs }) =>
    RECURRENT.has(operator) ? inputs.slice(4, 5) : operator === "ReverseSequence" ? inputs.slice(1, 2) : [],
  );
  const cast = namesCastToInteger(nodes);
  const main = ports.find(({ name }) => !states.has(name) && !lengths.has(name));
  const forms = ports.map((port): InputForm[] => {
    if (lengths.has(port.name) && isIntegerType(port.type)) return [{ kind: "lengths" }];
    if (port.shape?.length === 0 && (isIntegerType(port.type) || port !== main)) return [{ kind: "constant" }];
    if (isIntegerType(port.type) || cast.has(port.name)) return [{ kind: "indices" }];
    return axesToTry(port, port === main && !states.has(port.name)).map((free) => ({ kind: "features", free }));
  });
  let guesses: { form: InputForm[]; rank: number }[] = [{ form: [], rank: 0 }];
  for (const choices of forms) {
    guesses = guesses
      .flatMap(({ form, rank }) => choices.map((choice, i) => ({ form: [...form, choice], rank: rank + i })))
      .sort((a, b) => a.rank - b.rank)
      .slice(0, MAX_GUESSES);
  }
  const found = guesses.map(({ form }) => form);
  const isFixed = forms.every(([form], i) => form!.kind !== "features" || isFixedShape(ports[i]!));
  if (isFixed) found.push(forms.map(([form]) => (form!.kind === "features" ? { kind: "features", free: [] } : form!)));
  const numGuesses = Math.max(1, Math.floor(MAX_NODES_READ / nodes.length));
  const tried = numGuesses < found.length && isFixed ? [...found.slice(0, numGuesses - 1), found.at(-1)!] : found;
  return tried.slice(0, numGuesses).map((form) => new Map(ports.map((port, i) => [port, form[i]!])));
}

/** Whether the file has all sizes: then a frame may be the whole input. */
function isFixedShape({ shape }: OnnxPort): boolean {
  return shape !== null && shape.every((size) => typeof size === "number");
}

/** Names that reach certain inputs of nodes, directly or through `PASSING` operators. @param slots those inputs of a node */
function namesBehind(nodes: readonly OnnxNode[], slots: (node: OnnxNode) => readonly string[]): Set<string> {
  const names = new Set(nodes.flatMap((node) => slots(node)));
  for (const { operator, inputs, outputs, graphs } of [...nodes].reverse()) {
    for (const branch of graphs.values()) {
      for (const [i, { name }] of branch.outputs.entries()) if (names.has(outputs[i] ?? "")) names.add(name);
    }
    if (!PASSING.has(operator) || !outputs.some((name) => names.has(name))) continue;
    for (const name of operator === "Concat" ? inputs : inputs.slice(0, 1)) names.add(name);
  }
  return names;
}

/** Range of the inputs that are weights. */
const WEIGHT_SLOTS = new Map<string, readonly [start: number, end: number]>([
  ...[...RECURRENT].map((operator) => [operator, [1, 4]] as const),
  ["MatMul", [1, 2]],
  ["Gemm", [1, 3]],
  ["BatchNormalization", [1, 5]],
]);

/** Names that nodes read as weights, directly or through `PASSING` operators. */
export function weightNames({ nodes }: OnnxModel): Set<string> {
  return namesBehind(allNodes(nodes), ({ operator, inputs }) =>
    inputs.slice(...(WEIGHT_SLOTS.get(operator) ?? [0, 0])),
  );
}

const isIntegerCast = ({ operator, attributes }: OnnxNode) =>
  operator === "Cast" && isIntegerType(attributes.get("to")?.int ?? 0);

/** Names that only Casts to integers read. */
function namesCastToInteger(nodes: readonly OnnxNode[]): Set<string> {
  const [casts, others] = [nodes.filter(isIntegerCast), nodes.filter((node) => !isIntegerCast(node))];
  const names = new Set(casts.flatMap(({ inputs }) => inputs));
  for (const { inputs } of others) for (const name of inputs) names.delete(name);
  return names;
}

/** Guesses for the axes that are not of features. @param isMain whether it is the first input that is no state */
function axesToTry({ shape }: OnnxPort, isMain: boolean): number[][] {
  const rank = shape?.length ?? 3;
  const all = (isMain ? MAIN_AXES : OTHER_AXES)[rank] ?? [[0], [1]];
  const open = shape?.flatMap((size, i) => (typeof size === "number" ? [] : [i])) ?? [];
  const possible = all.filter((free) => shape !== null && open.every((axis) => free.includes(axis)));
  if (possible.length === 0) return all.slice(0, 1);
  // The axes that the file leaves open are the likeliest.
  const isOpen = (free: readonly number[]) => open.length > 0 && free.join() === open.join();
  return isMain ? possible : [...possible.filter(isOpen), ...possible.filter((free) => !isOpen(free))];
}

/** Free axes of the main input, by rank: features are last, or in the middle, or first; of two axes, none may be features. */
const MAIN_AXES: Readonly<Record<number, number[][]>> = {
  1: [[], [0]],
  2: [[0], [1], [0, 1]],
  3: [[0, 1], [0, 2], [1, 2], [0]],
  4: [[0, 2], [0, 3], [0, 1], [0]],
};

/** Free axes of another input, by rank: a state is [layers, batch, features] or batch-first; else as in the main input. */
const OTHER_AXES: Readonly<Record<number, number[][]>> = {
  1: [[]],
  2: [[0], [1]],
  3: [[1], [0], [0, 1]],
  4: [[2], [1], [0]],
};

const freeAxis = (size: number | string) => [new FreeAxis(typeof size === "number" ? size : null)];

/** A name as a key of an object in JavaScript. */
const keyOf = (name: string) => (/^[a-z_$][\w$]*$/i.test(name) ? name : quote(name));

/** The value of an input of a form. */
export function inputValue({ name, shape }: OnnxPort, form: InputForm, wiring: Wiring): Value {
  const sizes = shape ?? (form.kind === "features" ? ["", "", ""] : form.kind === "indices" ? ["", ""] : [""]);
  if (form.kind === "lengths") return { axes: sizes.map(freeAxis), content: { kind: "lengths" } };
  if (form.kind === "indices") {
    const input = wiring.add<InputSource>({ type: "input", name, size: 1 });
    return { axes: sizes.map(freeAxis), content: { kind: "indices", input } };
  }
  if (form.kind === "constant") {
    throw new Refusal(`it is one number for all steps; pass it as constants: { ${keyOf(name)}: NUMBER }`);
  }
  const axes = sizes.map((size, i) => {
    if (form.free.includes(i)) return freeAxis(size);
    const example = sizes.map((one, k) => (typeof one === "number" ? one : form.free.includes(k) ? "null" : "SIZE"));
    const way = `pass it in inputShapes: { ${keyOf(name)}: [${example.join(", ")}] }`;
    demand(typeof size === "number", `its number of features is not in the file; ${way}`);
    return size;
  });
  const size = axes.reduce<number>((total, axis) => (typeof axis === "number" ? total * axis : total), 1);
  return { axes, content: sourceSignal(wiring.add<InputSource>({ type: "input", name, size })) };
}
