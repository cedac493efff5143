// Parts of the recurrent cells that are written as single operations: sums of products of vectors, and gates.

import { type Activation, isRowFunction } from "../../layers/activation.js";
import { originOf } from "./emit.js";
import { takeRows, type Signal, type Term } from "./value.js";
import { type LayerSource, runStart, type Source, type Wiring, ZERO } from "./wiring.js";

/** A sum of products of vectors; each vector is [H] columns. */
export type Terms = Map<string, { factor: number; vectors: readonly Int32Array[] }>;

/** More terms and vectors than any expanded cell has. */
const MAX_TERMS = 8;
const MAX_VECTORS = 64;
/** The cost of comparing a column, which is done as text, in elements. */
const COST_OF_COLUMN = 16;

function addTerm(terms: Terms, factor: number, vectors: readonly Int32Array[]): void {
  const sorted = [...vectors].sort((a, b) => a[0]! - b[0]!);
  const key = sorted.map((vector) => vector.join()).join("*");
  const total = (terms.get(key)?.factor ?? 0) + factor;
  if (total === 0) terms.delete(key);
  else terms.set(key, { factor: total, vectors: sorted });
}

/** The value of all numbers; NaN where they differ. */
function uniform(numbers: Float64Array | null, absent: number): number {
  if (numbers === null) return absent;
  return numbers.every((value) => value === numbers[0]) ? numbers[0]! : NaN;
}

/** The number on the diagonal of a square block of a matrix; null if the block is no multiple of the identity. */
export function diagonalOf(
  weight: Float32Array | Float64Array,
  width: number,
  start: number,
  size: number,
): number | null {
  const diagonal = weight[start]!;
  for (let row = 0; row < size; row++) {
    for (let i = 0; i < size; i++) {
      if (weight[row * width + start + i] !== (row === i ? diagonal : 0)) return null;
    }
  }
  return diagonal;
}

/** Expands products of sums, up to the limits of a cell. */
export class Expansion {
  readonly #wiring: Wiring;
  #numLeft = MAX_VECTORS;

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
  }

  /** null if the signal is no sum of whole vectors. */
  ofSignal({ terms: summands, bias }: Signal, size: number): Terms | null {
    const addend = uniform(bias, 0);
    if (Number.isNaN(addend)) return null;
    const terms: Terms = new Map();
    if (addend !== 0) addTerm(terms, addend, []);
    for (const summand of summands) {
      const isDone = this.#addSummand(summand, size, terms);
      if (!isDone || terms.size > MAX_TERMS) return null;
    }
    return terms;
  }

  #addSummand({ columns, weight, scale }: Term, size: number, terms: Terms): boolean {
    const factor = uniform(scale, 1);
    if (Number.isNaN(factor) || columns.length % size !== 0) return false;
    for (let start = 0; start < columns.length; start += size) {
      const own = weight === null ? 1 : diagonalOf(weight, columns.length, start, size);
      const inner = own === null ? null : this.#ofVector(columns.subarray(start, start + size));
      if (inner === null) return false;
      for (const term of inner.values()) addTerm(terms, factor * own! * term.factor, term.vectors);
    }
    return true;
  }

  #ofVector(vector: Int32Array): Terms | null {
    if (this.#numLeft-- <= 0 || vector.includes(ZERO)) return null;
    this.#wiring.spend(COST_OF_COLUMN * vector.length);
    const source = this.#wiring.sourceOf(vector[0]!);
    const isWhole = runStart(vector, source) === 0 && vector.length === source.size;
    if (isWhole && isProduct(source)) {
      const [left, right] = [this.#ofVector(leftOf(source)), this.#ofVector(rightOf(source))];
      return left && right && multiply(left, right);
    }
    const origin = originOf(source);
    if (isWhole && origin?.activation.name === "linear") {
      const terms = this.ofSignal(origin.signal, source.size);
      if (terms !== null) return terms;
    }
    const terms: Terms = new Map();
    addTerm(terms, 1, [vector]);
    return terms;
  }
}

/** Whether a source is a product of features. */
export function isProduct(source: Source): source is LayerSource {
  if (source.type !== "layer" || source.spec.type !== "map") return false;
  const { operation, operand = null, activation } = source.spec;
  return operation === "multiply" && operand === null && activation === undefined;
}

export const leftOf = ({ columns, size }: LayerSource) => columns.subarray(0, size);
export const rightOf = ({ columns, size }: LayerSource) => columns.subarray(size);

function multiply(left: Terms, right: Terms): Terms | null {
  const terms: Terms = new Map();
  for (const a of left.values()) {
    for (const b of right.values()) {
      const vectors = [...a.vectors, ...b.vectors];
      if (vectors.length > 2) return null;
      addTerm(terms, a.factor * b.factor, vectors);
    }
  }
  return terms.size > MAX_TERMS ? null : terms;
}

/** One gate: activation(W x + R h + b). */
export interface Gate {
  readonly activation: Activation;
  /** x's columns, [I], and their weights, [H, I] */
  readonly columns: Int32Array;
  readonly weight: Float32Array;
  /** [H, H] */
  readonly recurrentWeight: Float32Array;
  /** [H] */
  readonly bias: Float32Array | null;
}

/** The arithmetic that makes a vector. */
export interface Made {
  readonly signal: Signal;
  readonly activation: Activation;
}

export function madeOf(vector: Int32Array, wiring: Wiring): Made | null {
  const source = wiring.sourceOf(vector[0]!);
  const start = runStart(vector, source);
  const origin = originOf(source);
  if (origin === undefined || start === null) return null;
  const { name } = origin.activation;
  if (isRowFunction(name)) return null;
  const isWhole = vector.length === source.size;
  const take = Int32Array.from({ length: vector.length }, (_, i) => start + i);
  const signal = isWhole ? origin.signal : takeRows(origin.signal, take, wiring);
  return { signal, activation: { ...origin.activation, name } };
}

/** Selects columns of a matrix. @param weight [H, width] @returns [H, picked] */
export function gather(weight: Float64Array, width: number, picked: readonly number[]): Float32Array {
  const rows = weight.length / width;
  const gathered = new Float32Array(rows * picked.length);
  for (let row = 0; row < rows; row++) {
    picked.forEach((from, i) => (gathered[row * picked.length + i] = weight[row * width + from]!));
  }
  return gathered;
}

/** A term's matrix, [H, I]. */
export function weightOf({ columns, weight, scale }: Term, wiring: Wiring): Float64Array {
  const width = columns.length;
  const rows = weight === null ? width : weight.length / width;
  wiring.spend(rows * width);
  const matrix = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    const factor = scale?.[row] ?? 1;
    if (weight === null) matrix[row * width + row] = factor;
    else for (let i = row * width; i < (row + 1) * width; i++) matrix[i] = factor * weight[i]!;
  }
  return matrix;
}

/** Splits a gate's inputs into the state and the others. */
export function readGate(vector: Int32Array, state: Int32Array, wiring: Wiring): Gate | null {
  const made = madeOf(vector, wiring);
  if (made === null || made.signal.terms.some(({ columns }) => hasProducts(columns, wiring))) return null;
  return splitGate(made, made.signal.terms, state, wiring);
}

export function hasProducts(columns: Int32Array, wiring: Wiring): boolean {
  return [...wiring.sourcesOf(columns)].some(isProduct);
}

/** @param terms of the gate, or a part of them */
export function splitGate(
  { signal, activation }: Made,
  terms: readonly Term[],
  state: Int32Array,
  wiring: Wiring,
): Gate {
  const size = state.length;
  const position = new Map([...state].map((column, i) => [column, i]));
  const recurrentWeight = new Float32Array(size * size);
  const parts = terms.map((term) => {
    const weight = weightOf(term, wiring);
    const width = term.columns.length;
    const others = [...term.columns.keys()].filter((from) => {
      const to = position.get(term.columns[from]!);
      if (to === undefined) return true;
      for (let row = 0; row < size; row++) recurrentWeight[row * size + to]! += weight[row * width + from]!;
      return false;
    });
    return { others: others.map((from) => term.columns[from]!), weight: gather(weight, width, others) };
  });
  const columns = Int32Array.from(parts.flatMap(({ others }) => others));
  const weight = new Float32Array(size * columns.length);
  let start = 0;
  for (const { others, weight: own } of parts) {
    for (let row = 0; row < size; row++) {
      weight.set(own.subarray(row * others.length, (row + 1) * others.length), row * columns.length + start);
    }
    start += others.length;
  }
  return { activation, columns, weight, recurrentWeight, bias: signal.bias && Float32Array.from(signal.bias) };
}

/** The inputs and weights of gates together. */
export interface Gates {
  /** The columns that some gate reads, each once. */
  readonly columns: Int32Array;
  /** [G H, I] */
  readonly weight: Float32Array;
  /** [G H, H] */
  readonly recurrentWeight: Float32Array;
  /** [G H] */
  readonly bias: Float32Array | null;
}

/** Joins gates, one after the other; null where no gate reads anything but the state. @param size H */
export function joinGates(gates: readonly Gate[], size: number): Gates | null {
  const columns = Int32Array.from(new Set(gates.flatMap((gate) => [...gate.columns])));
  if (columns.length === 0) return null;
  const position = new Map([...columns].map((column, i) => [column, i]));
  const width = columns.length;
  const weight = new Float32Array(gates.length * size * width);
  const recurrentWeight = new Float32Array(gates.length * size * size);
  const bias = new Float32Array(gates.length * size);
  gates.forEach((gate, g) => {
    recurrentWeight.set(gate.recurrentWeight, g * size * size);
    if (gate.bias !== null) bias.set(gate.bias, g * size);
    gate.columns.forEach((column, i) => {
      const to = position.get(column)!;
      for (let row = 0; row < size; row++) {
        weight[(g * size + row) * width + to]! += gate.weight[row * gate.columns.length + i]!;
      }
    });
  });
  return { columns, weight, recurrentWeight, bias: gates.some((gate) => gate.bias !== null) ? bias : null };
}

/** Whether two vectors are the same columns. */
export const isSame = (a: Int32Array, b: Int32Array) =>
  a.length === b.length && a.every((column, i) => column === b[i]);
