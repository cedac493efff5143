// A bare PyTorch state_dict has no layer list: layers are inferred from the names, the order and the shapes of its tensors.
// PyTorch's GRU is always reset-after; an RNN's nonlinearity is not in a state_dict.

import type { LayerDescription, NetworkDescription } from "../description.js";
import { NETWORK_INPUT } from "../../model/network.js";
import { listNames } from "../names.js";
import type { Tensor } from "../tensor.js";
import { EPSILON } from "./batchNorms.js";
import { indexGaps } from "./indexGaps.js";
import {
  orderLinears,
  comesBefore,
  draftLinears,
  isEmbedding,
  isNamedEmbedding,
  type Matrix,
  OPEN,
  readMatrices,
  type RecurrentEnds,
} from "./linearLayers.js";
import {
  kindOf,
  moduleOf,
  orderModules,
  outputSizeOf,
  readRecurrent,
  type RecurrentDescription,
  stepsWarning,
} from "./recurrentModules.js";
import { type Entry, type NormModule, placeNorms, readNorms } from "./normModules.js";
import { unclear } from "./unclear.js";

const SUBJECT = "state_dict";

/** The inferred description, and notes on it. */
export interface Inferred {
  readonly description: NetworkDescription;
  /** Notes on inferences that may well be wrong, to be read first. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Infers a network from a state_dict: at most one embedding, at most one linear layer that comes before the recurrent part both by
 * its name and in the file, layers of nn.GRU, nn.LSTM or nn.RNN, at most one linear layer, each reading the one before. Every other network is refused, even if
 * names, order and shapes allow it.
 *
 * @param tensors by canonical name, as `canonicalTensors` gives them
 * @param hasOrder whether the tensors are in the order of the module's parts
 * @throws GruError `unsupported` when the wiring is not clear; the caller can pass a description instead
 */
export function inferDescription(tensors: ReadonlyMap<string, Tensor>, hasOrder: boolean): Inferred {
  const found = readRecurrent(tensors);
  const recurrent = new Set(found.flat().map(({ name }) => name));
  const matrices = readMatrices(tensors, recurrent);
  const positions = new Map([...tensors.keys()].map((name, position) => [name, position]));
  const positionOf = (module: readonly RecurrentDescription[]) => positions.get(`${module[0]!.name}.weight`)!;
  const ordered = orderModules(found);
  const modules = ordered?.modules ?? [...found].sort((a, b) => positionOf(a) - positionOf(b));
  const layers = modules.flat();
  const [first] = layers;
  const ends: RecurrentEnds = {
    kind: kindOf(layers),
    name: moduleOf(first!),
    inputSize: first!.inputSize,
    outputSize: outputSizeOf(layers),
    position: hasOrder ? Math.min(...modules.map(positionOf)) : null,
  };
  const parts = sortMatrices(matrices, ends);
  const positionIn = ({ name }: LayerDescription) => positions.get(`${name}.weight`)!;
  const plain = draft(parts, ordered === null ? openModules(modules) : layers, ends);
  const norms = readNorms(tensors);
  const { layers: drafted, ...placed } = placeNorms(plain, norms, hasOrder ? positionIn : null);
  checkNoOthers(tensors, drafted, ends.kind);
  if (ordered === null) {
    const names = found.map(([layer]) => moduleOf(layer!));
    throw unclear(
      SUBJECT,
      `one ${ends.kind} module, or several that each read the one before`,
      listNames(names),
      drafted,
    );
  }
  const hints = [
    ...parts.hints,
    ...(parts.embeddings.length > 1 ? [`several embeddings, ${list(parts.embeddings)}`] : []),
    ...rowHints(parts.projections),
    ...sizeHints(parts.linears, ends),
    ...(hasOrder ? orderHints(modules, positionOf, parts.linears) : []),
    ...gapHints([...modules.map(([layer]) => moduleOf(layer!)), ...[...matrices, ...norms].map(({ name }) => name)]),
    ...placed.hints,
  ];
  if (hints.length > 0)
    throw unclear(SUBJECT, "names and an order that tell how it is wired", hints.join("; "), drafted);
  return {
    description: { layers: drafted },
    warnings: [...warn(parts, layers), ...placed.warnings],
    notes: [describe(drafted, tensors), ...epsilonNotes(norms), ...(ordered.note === null ? [] : [ordered.note])],
  };
}

/** Refuses tensors of other layers: without a normalization, for example, the results would be wrong without a word. */
export function checkNoOthers(tensors: ReadonlyMap<string, Tensor>, drafted: readonly Entry[], kind: string): void {
  const known = new Set(
    drafted.flatMap(({ name }) =>
      ["weight", "recurrentWeight", "bias", "recurrentBias", "operand"].map((tensor) => `${name}.${tensor}`),
    ),
  );
  const others = [...tensors.keys()].filter((name) => !known.has(name));
  if (others.length === 0) return;
  throw unclear(
    SUBJECT,
    `embedding, ${kind}, linear and normalisation layers only`,
    `others too, which the one below leaves out: ${listNames(others)}`,
    drafted,
  );
}

/** Matrices by the kind of layer that they are read as. */
interface Parts {
  readonly embeddings: readonly Matrix[];
  /** Linear layers before the recurrent part. */
  readonly projections: readonly Matrix[];
  readonly linears: readonly Matrix[];
  /** Reasons why their kinds are not clear. */
  readonly hints: readonly string[];
}

function sortMatrices(matrices: readonly Matrix[], ends: RecurrentEnds): Parts {
  const hints: string[] = [];
  const embeddings: Matrix[] = [];
  const projections: Matrix[] = [];
  const linears: Matrix[] = [];
  const others = matrices.filter((matrix) => {
    const is = isEmbedding(matrix, ends);
    if (is === null) hints.push(`"${matrix.name}", which could be an embedding or a linear layer`);
    if (is === true) embeddings.push(matrix);
    return is !== true;
  });
  for (const matrix of others) {
    const before = isNamedEmbedding(matrix) ? false : comesBefore(matrix, others, ends);
    if (typeof before === "string") hints.push(before);
    (before === true ? projections : linears).push(matrix);
  }
  // An embedding that a projection reads, which may have any size.
  const read = linears.find((matrix) => isNamedEmbedding(matrix) && matrix.columns === projections[0]?.columns);
  if (read !== undefined) embeddings.push(...linears.splice(linears.indexOf(read), 1));
  return { embeddings, projections, linears, hints };
}

function draft(
  { embeddings, projections, linears }: Parts,
  recurrent: readonly RecurrentDescription[],
  ends: RecurrentEnds,
): LayerDescription[] {
  const last = recurrent.at(-1)!.name;
  return [
    ...embeddings.map(({ name, rows, columns }) => {
      const inputs = embeddings.length > 1 ? { inputs: [NETWORK_INPUT] } : {};
      return { type: "embedding", name, ...inputs, numEmbeddings: rows, embeddingSize: columns } as const;
    }),
    ...projections.map(({ name, rows, columns }) => {
      const activation = projections.length > 1 ? (OPEN as "linear") : "linear";
      return { type: "dense", name, inputSize: columns, outputSize: rows, activation } as const;
    }),
    ...recurrent,
    ...draftLinears(linears, ends.outputSize, last),
  ];
}

/** The layers of modules whose inputs are open, except those of the first one. */
function openModules(modules: readonly (readonly RecurrentDescription[])[]): RecurrentDescription[] {
  return modules.flatMap(([first, ...more], i) => [i === 0 ? first! : { ...first!, inputs: [OPEN] }, ...more]);
}

/** Linear layers in a row nearly always have an activation between them. */
function rowHints(projections: readonly Matrix[]): string[] {
  if (projections.length < 2) return [];
  return [`linear layers in a row, ${list(projections)}, whose activations are not in the file`];
}

function sizeHints(linears: readonly Matrix[], { outputSize }: RecurrentEnds): string[] {
  if (orderLinears(linears, outputSize) !== null) return rowHints(linears);
  return [`linear layers, ${list(linears)}, whose sizes leave no order or several`];
}

function gapHints(paths: readonly string[]): string[] {
  const gaps = indexGaps(paths);
  if (gaps.length === 0) return [];
  const names = listNames(gaps.map((gap) => `"${gap}"`));
  return [`a gap for ${names}, without weights: a dropout, which changes nothing here, or an activation`];
}

/** Linear layers that lie between recurrent modules in the file and fit between them, and modules in another order than in the file. */
function orderHints(
  modules: readonly RecurrentDescription[][],
  positionOf: (module: readonly RecurrentDescription[]) => number,
  linears: readonly Matrix[],
): string[] {
  return modules.slice(1).flatMap((module, i) => {
    const [from, to] = [positionOf(modules[i]!), positionOf(module)];
    const names = `"${moduleOf(modules[i]![0]!)}" and "${moduleOf(module[0]!)}"`;
    if (from > to) return [`${names}, which are in the other order in the file`];
    const isBetween = ({ position, rows, columns }: Matrix) =>
      position > from && position < to && columns === outputSizeOf(modules[i]!) && rows === module[0]!.inputSize;
    return linears.filter(isBetween).map(({ name }) => `"${name}", which is between ${names} in the file`);
  });
}

function warn({ projections, linears }: Parts, recurrent: readonly RecurrentDescription[]): string[] {
  const warnings: string[] = [];
  const last = recurrent.at(-1)!;
  if (last.direction === "bidirectional" && linears.length > 0) {
    warnings.push(stepsWarning(linears[0]!.name, last));
  }
  for (const { name } of recurrent.filter(({ type }) => type === "rnn")) {
    warnings.push(
      `"${name}" is taken to have tanh, as nn.RNN has it by default: a state_dict does not name its nonlinearity; ` +
        `if it is relu, pass a description in which "${name}" has "activation": "relu".`,
    );
  }
  for (const { name } of projections) {
    warnings.push(
      `"${name}" is taken to come before the ${kindOf([recurrent[0]!])}, as its name says, without an activation; if there is one, ` +
        `pass a description in which "${name}" has it.`,
    );
  }
  return warnings;
}

function epsilonNotes(norms: readonly NormModule[]): string[] {
  const names = norms.filter(({ isBatch }) => !isBatch).map(({ name }) => `"${name}"`);
  if (names.length === 0) return [];
  return [`LayerNorm with PyTorch's usual eps ${EPSILON}, which is not in the file: ${listNames(names)}.`];
}

function list(matrices: readonly Matrix[]): string {
  return listNames(matrices.map(({ name, rows, columns }) => `${name} [${rows}, ${columns}]`));
}

function describe(layers: readonly Entry[], tensors: ReadonlyMap<string, Tensor>): string {
  const parts = layers.map((layer) => {
    const bias = tensors.has(`${layer.name}.bias`) ? "" : ", no bias";
    switch (layer.type) {
      case "embedding":
        return `embedding "${layer.name}" ${layer.numEmbeddings} x ${layer.embeddingSize}`;
      case "gru":
        return `GRU "${layer.name}" ${layer.inputSize} -> ${layer.hiddenSize} (${layer.direction}, reset-after, as PyTorch's always is${bias})`;
      case "lstm":
        return `LSTM "${layer.name}" ${layer.inputSize} -> ${layer.hiddenSize} (${layer.direction}${bias})`;
      case "rnn":
        return `RNN "${layer.name}" ${layer.inputSize} -> ${layer.hiddenSize} (${layer.direction}, tanh${bias})`;
      case "norm":
        return `LayerNorm "${layer.name}" ${layer.inputSize}`;
      case "map":
        return `BatchNorm "${layer.name}" ${layer.outputSize}`;
      default:
        return layer.name;
      case "dense":
        return `linear "${layer.name}" ${layer.inputSize} -> ${layer.outputSize} (no activation: a state_dict names none${bias})`;
    }
  });
  return `Inferred from the names and shapes of a PyTorch state_dict: ${parts.join(", then ")}.`;
}
