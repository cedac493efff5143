// Where a state_dict's linear layers stand: before the GRU or after it, and which reads which.

import type { LayerDescription } from "../description.js";
import type { Tensor } from "../tensor.js";

/** A weight of two axes, an embedding's or a linear layer's. */
export interface Matrix {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly hasBias: boolean;
  /** Number of its tensor in the file. */
  readonly place: number;
}

/** What tells a layer after the GRU from one before it. */
export interface GruEnds {
  /** Of its first module. */
  readonly name: string;
  readonly inputSize: number;
  readonly outputSize: number;
  /** Number of its first tensor in the file; null where the file's order says nothing. */
  readonly place: number | null;
}

/** The matrices that belong to no GRU layer. */
export function readMatrices(tensors: ReadonlyMap<string, Tensor>, grus: ReadonlySet<string>): Matrix[] {
  const matrices: Matrix[] = [];
  let place = 0;
  for (const [key, { shape }] of tensors) {
    const name = key.slice(0, -".weight".length);
    if (key.endsWith(".weight") && shape.length === 2 && !grus.has(name)) {
      const [rows, columns] = shape as [number, number];
      matrices.push({ name, rows, columns, hasBias: tensors.has(`${name}.bias`), place });
    }
    place++;
  }
  return matrices;
}

const EMBEDDING = /(^|[^n])emb/i;
const LINEAR = /unemb|head|fc|lin|out|dec|proj|class/i;
/** Words that name what comes before the recurrence: `input_proj`, `fcIn`, `pre_net`. */
const INPUT = /^(in|inp|inputs?|pre|prenet|emb.*|enc|encoder|stem)$/;
const OUTPUT = /^(out|outputs?|heads?|dec|decoder|cls|class.*|logits?|post)$/;

/** The words of a module's own name, without the path that it shares with the GRU. */
function wordsOf(name: string, gru: GruEnds): string[] {
  const parts = name.split(".");
  const path = gru.name.split(".");
  const start = parts.findIndex((part, i) => part !== path[i]);
  return parts
    .slice(start)
    .join(" ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z]+/);
}

/** Whether a name says that a layer comes before the GRU. */
function isNamedInput(name: string, gru: GruEnds): boolean {
  const words = wordsOf(name, gru);
  return words.some((word) => INPUT.test(word)) && !words.some((word) => OUTPUT.test(word));
}

/** Whether a matrix is an embedding by its name: one has no bias. */
export function isNamedEmbedding({ name, hasBias }: Matrix): boolean {
  return !hasBias && EMBEDDING.test(name);
}

/** Whether a matrix is the embedding that the GRU reads; null where neither name nor shape tells it from a linear layer. */
export function isEmbedding(matrix: Matrix, gru: GruEnds): boolean | null {
  const { name, rows, columns, hasBias } = matrix;
  if (hasBias || columns !== gru.inputSize) return false;
  if (EMBEDDING.test(name)) return true;
  if (LINEAR.test(name)) return false;
  if (columns !== gru.outputSize) return true;
  // It would fit at either end.
  return isNamedInput(name, gru) && rows !== gru.inputSize ? true : null;
}

/**
 * Whether a linear layer comes before the GRU, by its name and the file's order; a sentence where they do not agree. Sizes
 * only rule out what cannot be.
 */
export function comesBefore(matrix: Matrix, matrices: readonly Matrix[], gru: GruEnds): boolean | string {
  const { name, rows, columns, place } = matrix;
  const fits = rows === gru.inputSize;
  const isFirst = gru.place === null ? null : place < gru.place;
  if (isNamedInput(name, gru)) {
    if (!fits)
      return `"${name}", named like a layer before the GRU, which takes ${gru.inputSize} inputs and not ${rows}`;
    if (isFirst === true) return true;
    if (isFirst === false) return `"${name}", named like a layer before the GRU but behind it in the file`;
    const fitsAfter =
      columns === gru.outputSize || matrices.some((other) => other !== matrix && other.rows === columns);
    return fitsAfter ? `"${name}", named like a layer before the GRU, in a file whose order says nothing` : true;
  }
  return isFirst === true && fits ? `"${name}", which is before the GRU in the file and not by its name` : false;
}

/** Linear layers in the only order in which each reads the one before; null where there is none, or several. */
export function chainLinears(matrices: readonly Matrix[], sequenceSize: number): Matrix[] | null {
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

/** What a description has to say in place of this. */
export const OPEN = "?";

/**
 * Linear layers for a description to complete: each reads the one that alone can be before it, and where several can it
 * is left open. So is the activation of one that another reads.
 *
 * @param source what gives `sequenceSize` features
 */
export function draftLinears(matrices: readonly Matrix[], sequenceSize: number, source: string): LayerDescription[] {
  const chain = chainLinears(matrices, sequenceSize);
  const ordered = chain ?? [...matrices].sort((a, b) => a.place - b.place);
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
