// Recognizes a GRU cell that is written as single operations, as PyTorch's exporter does for nn.GRUCell:
//
//   r = f(W_r x + b_r + R_r h)
//   z = f(W_z x + b_z + R_z h)
//   n = g(W_n x + b_n + r * (R_n h + c_n))    or    n = g(W_n x + b_n + R_n (r * h))
//   h' = n + z * (h - n)
//
// The last line is expanded first, so that (1 - z) * n + z * h and the textbook's (1 - z) * h + z * n are recognized too.

import { type Activation, describeActivation, isRowFunction } from "../../layers/activation.js";
import type { Call } from "./call.js";
import { originOf } from "./emit.js";
import { takeRows, type Signal, type Term, widthOf } from "./value.js";
import { type RecurrentSource, type LayerSource, runStart, type Source, type Wiring, ZERO } from "./wiring.js";

/** The GRU whose new state is this sum; null for another sum. */
export function recognizeGruCell(signal: Signal, call: Call): RecurrentSource | null {
  const { wiring } = call;
  const size = widthOf(signal);
  const hasProduct = signal.terms.some(({ columns }) => hasProducts(columns, wiring));
  if (!hasProduct || signal.step !== "each") return null;
  const terms = new Expansion(wiring).ofSignal(signal, size);
  const parts = terms && matchUpdate(terms);
  if (!parts) return null;
  const { update, state, newColumns, isReplacing } = parts;
  if ([...wiring.sourcesOf(state)].some(({ type }) => type !== "input")) return null;
  const z = readGate(update, state, wiring);
  const n = readNew(newColumns, state, wiring);
  if (z === null || n === null || describeActivation(z.activation) !== describeActivation(n.reset.activation))
    return null;
  if (isReplacing && z.activation.name !== "sigmoid") return null;
  const gates = [n.reset, isReplacing ? negated(z) : z, n.newGate];
  return addGru(call, size, state, gates, n);
}

/** A sum of products of vectors; each vector is [H] columns. */
type Terms = Map<string, { factor: number; vectors: readonly Int32Array[] }>;

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
function diagonalOf(weight: Float32Array | Float64Array, width: number, start: number, size: number): number | null {
  const diagonal = weight[start]!;
  for (let row = 0; row < size; row++) {
    for (let i = 0; i < size; i++) {
      if (weight[row * width + start + i] !== (row === i ? diagonal : 0)) return null;
    }
  }
  return diagonal;
}

/** Expands products of sums, up to the limits of a cell. */
class Expansion {
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
function isProduct(source: Source): source is LayerSource {
  if (source.type !== "layer" || source.spec.type !== "map") return false;
  const { operation, operand = null, activation } = source.spec;
  return operation === "multiply" && operand === null && activation === undefined;
}

const leftOf = ({ columns, size }: LayerSource) => columns.subarray(0, size);
const rightOf = ({ columns, size }: LayerSource) => columns.subarray(size);

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

interface Update {
  readonly update: Int32Array;
  readonly state: Int32Array;
  readonly newColumns: Int32Array;
  /** True for h' = z n + (1 - z) h, false for h' = z h + (1 - z) n. */
  readonly isReplacing: boolean;
}

const isSame = (a: Int32Array, b: Int32Array) => a.length === b.length && a.every((column, i) => column === b[i]);

/** Matches z * p - z * q + q, where one of p and q is the state, and the other one n. */
function matchUpdate(terms: Terms): Update | null {
  const list = [...terms.values()];
  const plus = list.find(({ factor, vectors }) => factor === 1 && vectors.length === 2);
  const minus = list.find(({ factor, vectors }) => factor === -1 && vectors.length === 2);
  const single = list.find(({ factor, vectors }) => factor === 1 && vectors.length === 1);
  if (list.length !== 3 || !plus || !minus || !single) return null;
  const [kept] = single.vectors as [Int32Array];
  const at = minus.vectors.findIndex((vector) => isSame(vector, kept));
  const update = minus.vectors[1 - at];
  if (at < 0 || update === undefined) return null;
  const other = plus.vectors.findIndex((vector) => isSame(vector, update));
  const p = plus.vectors[1 - other];
  if (other < 0 || p === undefined) return null;
  // Graph inputs come before all layers, so the state has the lower columns.
  return p[0]! < kept[0]!
    ? { update, state: p, newColumns: kept, isReplacing: false }
    : { update, state: kept, newColumns: p, isReplacing: true };
}

/** One gate: activation(W x + R h + b). */
interface Gate {
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
interface Made {
  readonly signal: Signal;
  readonly activation: Activation;
}

function madeOf(vector: Int32Array, wiring: Wiring): Made | null {
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
function gather(weight: Float64Array, width: number, picked: readonly number[]): Float32Array {
  const rows = weight.length / width;
  const gathered = new Float32Array(rows * picked.length);
  for (let row = 0; row < rows; row++) {
    picked.forEach((from, i) => (gathered[row * picked.length + i] = weight[row * width + from]!));
  }
  return gathered;
}

/** A term's matrix, [H, I]. */
function weightOf({ columns, weight, scale }: Term, wiring: Wiring): Float64Array {
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
function readGate(vector: Int32Array, state: Int32Array, wiring: Wiring): Gate | null {
  const made = madeOf(vector, wiring);
  if (made === null || made.signal.terms.some(({ columns }) => hasProducts(columns, wiring))) return null;
  return splitGate(made, made.signal.terms, state, wiring);
}

function hasProducts(columns: Int32Array, wiring: Wiring): boolean {
  return [...wiring.sourcesOf(columns)].some(isProduct);
}

/** @param terms of the gate, or a part of them */
function splitGate({ signal, activation }: Made, terms: readonly Term[], state: Int32Array, wiring: Wiring): Gate {
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

interface NewGate {
  readonly reset: Gate;
  readonly newGate: Gate;
  readonly resetAfter: boolean;
  /** c_n [H] */
  readonly recurrentBias: Float32Array | null;
}

/** Reads the new gate and, inside it, the reset gate. */
function readNew(vector: Int32Array, state: Int32Array, wiring: Wiring): NewGate | null {
  const made = madeOf(vector, wiring);
  if (made === null) return null;
  const { terms } = made.signal;
  const [term, second] = terms.filter(({ columns }) => hasProducts(columns, wiring));
  if (term === undefined || second !== undefined) return null;
  const { columns } = term;
  const [product, other] = [...wiring.sourcesOf(columns)].filter(isProduct);
  if (product === undefined || other !== undefined || product.size !== state.length) return null;
  const isInside = (column: number) => column >= product.first && column < product.first + product.size;
  const inside = [...columns.keys()].filter((i) => isInside(columns[i]!));
  const isWhole = inside.length === product.size && inside.every((i, k) => columns[i] === product.first + k);
  if (!isWhole) return null;
  const beside = [...columns.keys()].filter((i) => !isInside(columns[i]!));
  if (beside.length > 0 && term.weight === null) return null;
  const weight = weightOf(term, wiring);
  const outside: Term[] =
    beside.length === 0
      ? []
      : [
          {
            columns: Int32Array.from(beside, (i) => columns[i]!),
            weight: gather(weight, columns.length, beside),
            scale: null,
            isFloat16: false,
          },
        ];
  const rest = splitGate(made, [...terms.filter((one) => one !== term), ...outside], state, wiring);
  if (rest.recurrentWeight.some((value) => value !== 0)) return null;
  return readProduct(product, gather(weight, columns.length, inside), rest, state, wiring);
}

/** @param matrix [H, H], multiplied by the product */
function readProduct(
  product: LayerSource,
  matrix: Float32Array,
  rest: Gate,
  state: Int32Array,
  wiring: Wiring,
): NewGate | null {
  for (const [gate, other] of [
    [leftOf(product), rightOf(product)],
    [rightOf(product), leftOf(product)],
  ] as const) {
    const reset = readGate(gate, state, wiring);
    if (reset === null || reset.activation.name === "linear") continue;
    if (isSame(other, state)) {
      return { reset, newGate: { ...rest, recurrentWeight: matrix }, resetAfter: false, recurrentBias: null };
    }
    const inner = readGate(other, state, wiring);
    const isPlain = diagonalOf(matrix, state.length, 0, state.length) === 1;
    if (inner === null || inner.activation.name !== "linear" || inner.columns.length > 0 || !isPlain) continue;
    const { recurrentWeight, bias } = inner;
    return { reset, newGate: { ...rest, recurrentWeight }, resetAfter: true, recurrentBias: bias };
  }
  return null;
}

const minus = (values: Float32Array) => values.map((value) => -value);

/** The gate 1 - z: 1 - sigmoid(a) = sigmoid(-a), exactly. */
function negated(gate: Gate): Gate {
  const { weight, recurrentWeight, bias } = gate;
  return { ...gate, weight: minus(weight), recurrentWeight: minus(recurrentWeight), bias: bias && minus(bias) };
}

/** @param gates r, z, n */
function addGru(
  call: Call,
  size: number,
  state: Int32Array,
  gates: readonly Gate[],
  n: NewGate,
): RecurrentSource | null {
  const columns = Int32Array.from(new Set(gates.flatMap((gate) => [...gate.columns])));
  if (columns.length === 0) return null;
  const position = new Map([...columns].map((column, i) => [column, i]));
  const width = columns.length;
  const weight = new Float32Array(3 * size * width);
  const recurrentWeight = new Float32Array(3 * size * size);
  const bias = new Float32Array(3 * size);
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
  const recurrentBias = n.recurrentBias && new Float32Array(3 * size);
  recurrentBias?.set(n.recurrentBias!, 2 * size);
  return call.wiring.add<RecurrentSource>({
    type: "recurrent",
    name: call.layerName,
    size,
    columns,
    hiddenSize: size,
    direction: "forward",
    rows: 1,
    frameSteps: null,
    cell: {
      type: "gru",
      resetAfter: n.resetAfter,
      gateActivation: n.reset.activation,
      newActivation: n.newGate.activation,
      recurrentWeight,
      bias: gates.some((gate) => gate.bias !== null) ? bias : null,
      recurrentBias,
    },
    weight,
    initialState: new Map([["h", state]]),
    isOneStep: true,
  });
}
