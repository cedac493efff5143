// The network of a whole module: its parts in their order, each reading the one before. Inside an nn.Sequential that is certain; elsewhere
// it is refused wherever forward() may well do something else.

import type { LayerDescription, NetworkDescription } from "../description.js";
import { listNames } from "../names.js";
import { quote } from "../quote.js";
import type { Tensor } from "../tensor.js";
import { EPSILON } from "./batchNorms.js";
import { checkNoOthers, type Inferred } from "./inferDescription.js";
import { isNamedInput, OPEN } from "./linearLayers.js";
import { activationOf, numberOf } from "./moduleActivation.js";
import type { Link } from "./moduleChain.js";
import type { Entry } from "./normModules.js";
import { kindOf, moduleOf, orderModules, outputSizeOf, readRecurrent, stepsWarning } from "./recurrentModules.js";
import { unclear } from "./unclear.js";

/** A part as layers, with the features that it reads and gives; null for an index, and where it takes any number. */
interface Step {
  readonly link: Link;
  readonly layers: readonly Entry[];
  readonly inputSize: number | null;
  readonly outputSize: number | null;
}

/**
 * Describes the network of a whole module.
 *
 * @param links its parts, by their canonical paths
 * @param tensors by canonical name
 * @returns null for a module that is one part, or has parts without which its names say more
 * @throws GruError `unsupported` where the forward pass is not clear; the caller can pass a description instead
 */
export function describeModule(links: readonly Link[], tensors: ReadonlyMap<string, Tensor>): Inferred | null {
  const found = readRecurrent(tensors);
  const recurrent = new Map(found.map((layers) => [moduleOf(layers[0]!), layers]));
  // A cell that is the whole module has no path of its own.
  const partOf = ({ path }: Link) => recurrent.get(path) ?? (path === "" ? found[0] : undefined);
  const unread: string[] = [];
  const steps = links.flatMap((link): Step[] => {
    const layers = partOf(link);
    const step = layers === undefined ? plainStep(link, tensors) : recurrentStep(link, layers);
    if (step === null) unread.push(`"${link.path}", of the class ${quote(link.className)}`);
    return step === null ? [] : [step];
  });
  const modules = steps.map(({ link }) => partOf(link)).filter((layers) => layers !== undefined);
  if (modules.length < found.length) return null;
  const kind = kindOf(modules.flat());
  const hints = unread.length === 0 ? [] : [`parts whose work is not in the file, ${listNames(unread)}`];
  const warnings: string[] = [];
  const drafted: Entry[] = [];
  let size: number | null = null;
  for (const [i, step] of steps.entries()) {
    const { link, layers, inputSize, outputSize } = step;
    const before = steps[i - 1];
    const fits = i === 0 || layers[0]!.type === "activation" || (inputSize !== null && inputSize === size);
    const isOpen = fits && before !== undefined && needsActivation(steps, i);
    if (!fits) hints.push(`"${link.path}", which does not fit "${before!.link.path}" before it`);
    if (isOpen) {
      const names = `"${before.link.path}" and "${link.path}"`;
      hints.push(`linear layers in a row, ${names}, whose activation is not in the file`);
    }
    hints.push(...doubts(steps, i, modules[0]![0]!.inputSize, kind));
    warnings.push(...guesses(steps, i, kind));
    if (isOpen) {
      drafted.push({ type: "activation", name: `${before.link.path}.activation`, activation: OPEN as "linear" });
    }
    const [first, ...more] = layers;
    drafted.push(fits ? first! : ({ ...first!, inputs: [OPEN] } as Entry), ...more);
    size = outputSize ?? size;
  }
  checkNoOthers(tensors, drafted, kind);
  hints.push(...orderDoubts(modules, kind));
  if (hints.length > 0) {
    const expected = "parts that each read the one before, in the module's order";
    throw unclear("whole module", expected, [...new Set(hints)].join("; "), drafted);
  }
  const description: NetworkDescription = { layers: drafted };
  const parts = drafted.map((layer) => `${typeName(layer)} "${layer.name}"`).join(", then ");
  return { description, warnings, notes: [`Taken from the whole module's parts, in their order: ${parts}.`] };
}

function recurrentStep(link: Link, layers: readonly LayerDescription[]): Step {
  const own = layers as ReturnType<typeof readRecurrent>[number];
  const mode = link.attributes.get("mode") ?? link.attributes.get("nonlinearity");
  const isRelu = typeof mode === "string" && /relu$/i.test(mode);
  const known = own.map((layer) =>
    layer.type === "rnn" && isRelu ? { ...layer, activation: "relu" as const } : layer,
  );
  return { link, layers: known, inputSize: own[0]!.inputSize, outputSize: outputSizeOf(own) };
}

/** A part that is not recurrent; null for one that is not known. @throws GruError `bad-file` */
function plainStep(link: Link, tensors: ReadonlyMap<string, Tensor>): Step | null {
  const { path: name, className } = link;
  const activation = activationOf(link);
  const step = (layer: Entry, inputSize: number | null, outputSize: number | null): Step => {
    return { link, layers: [layer], inputSize, outputSize };
  };
  if (activation !== null) return step({ type: "activation", name, activation }, null, null);
  const [rows, columns] = (tensors.get(`${name}.operand`) ?? tensors.get(`${name}.weight`))?.shape ?? [];
  if (rows === undefined) return null;
  if (className === "Embedding" && columns !== undefined) {
    return step({ type: "embedding", name, numEmbeddings: rows, embeddingSize: columns }, null, columns);
  }
  if (className === "Linear" && columns !== undefined) {
    return step({ type: "dense", name, inputSize: columns, outputSize: rows, activation: "linear" }, columns, rows);
  }
  if (columns !== undefined) return null;
  if (className === "LayerNorm") {
    return step({ type: "norm", name, inputSize: rows, epsilon: numberOf(link, "eps", EPSILON) }, rows, rows);
  }
  if (className !== "BatchNorm1d") return null;
  return step({ type: "map", name, outputSize: rows, operation: "multiply" }, rows, rows);
}

/** Whether most modules have an activation between a linear layer and the part at `i`, which a forward() may call without a part. */
function needsActivation(steps: readonly Step[], i: number): boolean {
  const [step, before, first] = [steps[i]!, steps[i - 1]!, steps[i - 2]];
  if (step.link.isJoined || step.layers[0]!.type !== "dense") return false;
  if (before.layers[0]!.type === "dense") return true;
  return isNorm(before) && first?.layers[0]!.type === "dense" && !before.link.isJoined;
}

function isNorm({ layers }: Step): boolean {
  return layers[0]!.type === "norm" || layers[0]!.type === "map";
}

/** Reasons why the part at `i` may not read the one before, or not be all that is between them. */
function doubts(steps: readonly Step[], i: number, inputSize: number, kind: string): string[] {
  const { link, layers } = steps[i]!;
  const [{ type }] = layers as [Entry];
  const { path, isPlaced } = link;
  const isBefore = isBeforeRecurrent(steps, i);
  if (type === "activation" && !isPlaced)
    return [`"${path}", an activation whose place in forward() is not in the file`];
  const ends = { name: firstRecurrent(steps), inputSize, outputSize: 0, kind, position: null };
  if (type === "dense" && isBefore && !isPlaced && !isNamedInput(path, ends)) {
    return [`"${path}", which is before the ${kind} in the file and not by its name`];
  }
  return type === "embedding" && i > 0 ? [`"${path}", an embedding after other parts`] : [];
}

function firstRecurrent(steps: readonly Step[]): string {
  return steps.find(({ layers }) => "hiddenSize" in layers[0]!)!.link.path;
}

function isBeforeRecurrent(steps: readonly Step[], i: number): boolean {
  return steps.slice(i).some(({ layers }) => "hiddenSize" in layers[0]!);
}

/** Sentences on what is merely likely about the part at `i`. */
function guesses(steps: readonly Step[], i: number, kind: string): string[] {
  const { link, layers } = steps[i]!;
  const [before, next] = [steps[i - 1], steps[i + 1]];
  const [layer] = layers as [Entry];
  const found: string[] = [];
  if ("hiddenSize" in layer && !/^(GRU|LSTM|RNN)(Cell)?$/.test(link.className)) {
    found.push(`"${link.path}" is of the class ${quote(link.className)}, and taken to be a plain ${kindOf([layer])}.`);
  }
  if (isNorm(steps[i]!) && !link.isJoined) {
    const source = before === undefined ? "the input" : `what "${before.link.path}" gives`;
    found.push(
      `"${link.path}" is taken to normalise ${source}, as the module's order says; if it does not, pass a description.`,
    );
  }
  const last = layers.at(-1)!;
  if ("hiddenSize" in last && last.direction === "bidirectional" && next !== undefined) {
    found.push(stepsWarning(next.link.path, last));
  }
  const isLastBefore = next !== undefined && "hiddenSize" in next.layers[0]!;
  if (isLastBefore && !next.link.isJoined && layer.type !== "embedding" && !("hiddenSize" in layer)) {
    found.push(
      `"${link.path}" is taken to come before the ${kind}, without a function between them; if there is one, ` +
        `pass a description in which it is an activation.`,
    );
  }
  if (layer.type === "activation" && /softmax/i.test(String(layer.activation)) && link.attributes.get("dim") !== -1) {
    const dim = quote(link.attributes.get("dim"));
    found.push(
      `"${link.path}" is taken over the features. It has dim=${dim}: if that is another axis in yours, pass a description.`,
    );
  }
  return found;
}

/** Reasons why recurrent modules may not read each other in the module's order. */
function orderDoubts(modules: ReturnType<typeof readRecurrent>, kind: string): string[] {
  if (modules.length < 2) return [];
  const ordered = orderModules(modules)?.modules;
  if (ordered !== undefined && ordered.every((module, i) => module === modules[i])) return [];
  return [`several ${kind} modules, ${listNames(modules.map(([layer]) => moduleOf(layer!)))}`];
}

function typeName(layer: Entry): string {
  switch (layer.type) {
    case "gru":
    case "lstm":
    case "rnn":
      return layer.type.toUpperCase();
    case "dense":
      return "linear";
    case "norm":
      return "LayerNorm";
    case "map":
      return "BatchNorm";
    case "activation":
      return typeof layer.activation === "string" ? layer.activation : layer.activation.name;
    default:
      return layer.type;
  }
}
