// The order of a state_dict's linear layers: before or after the GRU, and which layer reads which.

import type { LayerDescription } from "../description.js";
import type { Tensor } from "../tensor.js";

/** A weight with two axes: an embedding's or a linear layer's. */
export interface Matrix {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly hasBias: boolean;
  /** Index of its tensor in the file. */
  readonly position: number;
}

/** The properties of the recurrent part that decide whether a layer comes before or after it. */
export interface RecurrentEnds {
  /** GRU, LSTM or RNN, for messages. */
  readonly kind: string;
  /** Name of its first module. */
  readonly name: string;
  readonly inputSize: number;
  readonly outputSize: number;
  /** Index of its first tensor in the file; null where the file's order means nothing. */
  readonly position: number | null;
}

/** The matrices that are not those of recurrent layers. */
export function readMatrices(tensors: ReadonlyMap<string, Tensor>, recurrent: ReadonlySet<string>): Matrix[] {
  const matrices: Matrix[] = [];
  let position = 0;
  for (const [key, { shape }] of tensors) {
    const name = key.slice(0, -".weight".length);
    if (key.endsWith(".weight") && shape.length === 2 && !recurrent.has(name)) {
      const [rows, columns] = shape as [number, number];
      matrices.push({ name, rows, columns, hasBias: tensors.has(`${name}.bias`), position });
    }
    position++;
  }
  return matrices;
}

const EMBEDDING = /(^|[^n])emb/i;
const LINEAR = /unemb|head|fc|lin|out|dec|proj|class/i;
/** Words in names of layers before the recurrent part: `input_proj`, `fcIn`, `pre_net`. */
const INPUT = /^(in|inp|inputs?|pre|prenet|emb.*|enc|encoder|stem)$/;
const OUTPUT = /^(out|outputs?|heads?|dec|decoder|cls|class.*|logits?|post)$/;

/** The words of a module's name, without the path that it has in common with the recurrent part. */
function wordsOf(name: string, ends: RecurrentEnds): string[] {
  const parts = name.split(".");
  const path = ends.name.split(".");
  const start = parts.findIndex((part, i) => part !== path[i]);
  return parts
    .slice(start)
    .join(" ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
}

/** Whether a name says that a layer comes before the recurrent part. */
export function isNamedInput(name: string, ends: RecurrentEnds): boolean {
  const words = wordsOf(name, ends);
  return words.some((word) => INPUT.test(word)) && !words.some((word) => OUTPUT.test(word));
}

/** Whether a matrix is an embedding by its name. An embedding has no bias. */
export function isNamedEmbedding({ name, hasBias }: Matrix): boolean {
  return !hasBias && EMBEDDING.test(name);
}

/** Whether a matrix is the embedding that the recurrent part reads; null where neither name nor shape decides. */
export function isEmbedding(matrix: Matrix, ends: RecurrentEnds): boolean | null {
  const { name, rows, columns, hasBias } = matrix;
  if (hasBias || columns !== ends.inputSize) return false;
  if (EMBEDDING.test(name)) return true;
  if (LINEAR.test(name)) return false;
  if (columns !== ends.outputSize) return true;
  // It would fit before and after the recurrent part.
  return isNamedInput(name, ends) && rows !== ends.inputSize ? true : null;
}

/**
 * Whether a linear layer comes before the recurrent part, by its name and the file's order; a reason where they do not agree. Sizes only
 * exclude what is impossible.
 */
export function comesBefore(matrix: Matrix, matrices: readonly Matrix[], ends: RecurrentEnds): boolean | string {
  const { name, rows, columns, position } = matrix;
  const fits = rows === ends.inputSize;
  const isFirst = ends.position === null ? null : position < ends.position;
  if (isNamedInput(name, ends)) {
    if (!fits)
      return `"${name}", named like a layer before the ${ends.kind}, which takes ${ends.inputSize} inputs and not ${rows}`;
    if (isFirst === true) return true;
    if (isFirst === false) return `"${name}", named like a layer before the ${ends.kind} but after it in the file`;
    const fitsAfter =
      columns === ends.outputSize || matrices.some((other) => other !== matrix && other.rows === columns);
    return fitsAfter
      ? `"${name}", named like a layer before the ${ends.kind}, in a file whose order says nothing`
      : true;
  }
  return isFirst === true && fits
    ? `"${name}", which is before the ${ends.kind} in the file and not by its name`
    : false;
}

/** Linear layers in the only order in which each can read the one before; null where there is none, or several. */
export function orderLinears(matrices: readonly Matrix[], sequenceSize: number): Matrix[] | null {
  const left = new Set(matrices);
  const chain: Matrix[] = [];
  for (let inputSize = sequenceSize; left.size > 0;) {
    const next = [...left].filter(({ columns }) => columns === inputSize);
    if (next.length !== 1) return null;
    left.delete(next[0]!);
    chain.push(next[0]!);
    inputSize = next[0]!.rows;
  }
  return chain;
}

/** Marks an open value of a description, which the caller has to fill in. */
export const OPEN = "?";

/**
 * Linear layers for a description to complete. A layer's input is open if several layers fit; its activation is open if another
 * layer reads it.
 *
 * @param source name of the layer that gives `sequenceSize` features
 */
export function draftLinears(matrices: readonly Matrix[], sequenceSize: number, source: string): LayerDescription[] {
  const chain = orderLinears(matrices, sequenceSize);
  const ordered = chain ?? [...matrices].sort((a, b) => a.position - b.position);
  const inputs = ordered.map(({ columns }, i) => {
    if (chain !== null) return ordered[i - 1]?.name ?? source;
    const fitting = ordered.slice(0, i).filter(({ rows }) => rows === columns);
    const names = [...(columns === sequenceSize ? [source] : []), ...fitting.map(({ name }) => name)];
    return names.length === 1 ? names[0]! : OPEN;
  });
  return ordered.map(({ name, rows, columns }, i) => {
    const isRead = ordered.some((other, j) => other.columns === rows && [name, OPEN].includes(inputs[j]!) && j !== i);
    const layer = { type: "dense", name, inputs: [inputs[i]!], inputSize: columns, outputSize: rows } as const;
    return { ...layer, activation: isRead ? (OPEN as "linear") : "linear" };
  });
}
