// Makes layers of arithmetic on features: a dense layer where there is a matrix, else maps.

import {
  type Activation,
  completeActivation,
  type ElementFunction,
  isRowFunction,
  type RowFunction,
} from "../../layers/activation.js";
import type { MapSpec } from "../../layers/map.js";
import { plainTerm, type Signal, takeRows, type Term, widthOf, widthOfTerm } from "./value.js";
import { columnsOf, type DenseSource, type Source, type Wiring } from "./wiring.js";

const LINEAR = completeActivation<ElementFunction>("linear");

/** Up to so many features, x is added to W y by an identity in the matrix; beyond, that would cost more than a layer. */
const MAX_IDENTITY = 32;

/** The arithmetic that a source computes. */
interface Origin {
  readonly signal: Signal;
  readonly activation: Activation<ElementFunction | RowFunction>;
}

const origins = new WeakMap<Source, Origin>();

/** The arithmetic that a source was made of; undefined where it was made of none. */
export function originOf(source: Source): Origin | undefined {
  return origins.get(source);
}

/** Columns of a layer of its own for activation(signal). */
export function emit(
  signal: Signal,
  activation: Activation<ElementFunction | RowFunction>,
  wiring: Wiring,
  name: string,
): Int32Array {
  const order = isRowFunction(activation.name) ? null : orderOf(signal.terms, wiring);
  const inOrder = order === null ? signal : takeRows(signal, order, wiring);
  const source = new Emitter(wiring, name).emit(inOrder, activation);
  origins.set(source, { signal: inOrder, activation });
  if (order === null) return columnsOf(source);
  const columns = new Int32Array(order.length);
  order.forEach((to, i) => (columns[to] = source.first + i));
  return columns;
}

/**
 * The order of features in which a term has a whole source: functions of one element do not mind the order, and a layer that
 * reads another as it is needs no rearrange before it. Null where they are in such an order, or in none.
 */
export function orderOf(terms: readonly Term[], wiring: Wiring): Int32Array | null {
  if (terms.some(({ weight }) => weight !== null)) return null;
  for (const { columns } of terms) {
    const first = columns.reduce((least, column) => Math.min(least, column), Infinity);
    const isWhole =
      first >= 0 && wiring.sourceOf(first).first === first && wiring.sourceOf(first).size === columns.length;
    if (!isWhole) continue;
    wiring.spend(columns.length);
    const order = new Int32Array(columns.length).fill(-1);
    columns.forEach((column, i) => (order[column - first] = i));
    if (order.includes(-1)) continue; // some column is there twice, or of another source
    return order.every((from, i) => from === i) ? null : order;
  }
  return null;
}

class Emitter {
  readonly #wiring: Wiring;
  readonly #name: string;

  constructor(wiring: Wiring, name: string) {
    this.#wiring = wiring;
    this.#name = name;
  }

  emit({ terms, bias, ...rest }: Signal, activation: Activation<ElementFunction | RowFunction>): Source {
    const products = terms.filter(({ weight }) => weight !== null);
    const others = terms.filter(({ weight }) => weight === null);
    const width = widthOf({ terms, bias, ...rest });
    if (products.length > 0 && (others.length === 0 || width <= MAX_IDENTITY)) {
      return this.#dense(terms, bias, activation);
    }
    if (products.length > 0) {
      const product = plainTerm(columnsOf(this.#dense(products, bias, LINEAR)));
      return this.emit({ terms: [product, ...others], bias: null, ...rest }, activation);
    }
    const { name } = activation;
    if (!isRowFunction(name)) return this.#sum(others, bias, { ...activation, name });
    const columns = this.#isBare(others, bias) ? others[0]!.columns : columnsOf(this.#sum(others, bias, LINEAR));
    const spec = { type: "reduce", inputShape: [width], axes: [0], operation: name } as const;
    return this.#wiring.addLayer(this.#name, columns, width, spec);
  }

  #isBare(terms: readonly Term[], bias: Float64Array | null): boolean {
    return terms.length === 1 && terms[0]!.scale === null && bias === null;
  }

  #dense(
    terms: readonly Term[],
    bias: Float64Array | null,
    activation: Activation<ElementFunction | RowFunction>,
  ): DenseSource {
    const weight = matrixOf(terms, this.#wiring);
    return this.#wiring.add<DenseSource>({
      type: "dense",
      name: this.#name,
      size: widthOfTerm(terms[0]!),
      columns: joined(terms.map(({ columns }) => columns)),
      weight,
      bias: bias && Float32Array.from(bias),
      activation,
      isFloat16: terms.every(({ isFloat16, scale }) => isFloat16 && scale === null),
    });
  }

  /** The sum of terms without matrices. */
  #sum(terms: readonly Term[], bias: Float64Array | null, activation: Activation): Source {
    const last = terms.at(-1)!;
    if (terms.length === 1) return this.#scale(last, bias, activation);
    const before = terms.length === 2 ? terms[0]! : plainTerm(columnsOf(this.#sum(terms.slice(0, -1), null, LINEAR)));
    const [a, b] = [this.#signed(before), this.#signed(last)];
    const isMinus = a.sign < 0 && b.sign < 0; // -a - b
    const columns = joined([isMinus ? columnsOf(this.#scale(before, null, LINEAR)) : a.columns, b.columns]);
    return this.#map(columns, {
      operation: a.sign === b.sign && !isMinus ? "add" : "subtract",
      operandFirst: a.sign < b.sign,
      bias,
      activation,
    });
  }

  /** A term as columns with a sign; a layer of its own where it has another scale. */
  #signed(term: Term): { columns: Int32Array; sign: 1 | -1 } {
    const { columns, scale } = term;
    if (scale === null) return { columns, sign: 1 };
    if (scale.every((value) => value === -1)) return { columns, sign: -1 };
    return { columns: columnsOf(this.#scale(term, null, LINEAR)), sign: 1 };
  }

  #scale({ columns, scale }: Term, bias: Float64Array | null, activation: Activation): Source {
    return this.#map(columns, {
      operation: scale === null ? "identity" : "multiply",
      operand: scale && Float32Array.from(scale),
      bias,
      activation,
    });
  }

  #map(
    columns: Int32Array,
    { bias, ...spec }: Omit<MapSpec, "type" | "name" | "outputSize" | "bias"> & { readonly bias: Float64Array | null },
  ): Source {
    const readsBoth = spec.operation !== "identity" && !spec.operand;
    const outputSize = columns.length / (readsBoth ? 2 : 1);
    return this.#wiring.addLayer(this.#name, columns, outputSize, {
      type: "map",
      outputSize,
      ...spec,
      bias: bias && Float32Array.from(bias),
    });
  }
}

/** The matrices of terms side by side, [O, I]; a term without one has the identity. */
function matrixOf(terms: readonly Term[], wiring: Wiring): Float32Array {
  const [term] = terms as [Term];
  const rows = widthOfTerm(term);
  const width = terms.reduce((sum, { columns }) => sum + columns.length, 0);
  wiring.spend(rows * width);
  if (terms.length === 1 && term.scale === null && term.weight instanceof Float32Array) return term.weight;
  const matrix = new Float32Array(rows * width);
  let start = 0;
  for (const { columns, weight, scale } of terms) {
    for (let row = 0; row < rows; row++) {
      const factor = scale?.[row] ?? 1;
      const to = row * width + start;
      if (weight === null) matrix[to + row] = factor;
      else for (let i = 0; i < columns.length; i++) matrix[to + i] = factor * weight[row * columns.length + i]!;
    }
    start += columns.length;
  }
  return matrix;
}

function joined(parts: readonly Int32Array[]): Int32Array {
  const [first] = parts as [Int32Array];
  if (parts.length === 1) return first;
  const columns = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    columns.set(part, start);
    start += part.length;
  }
  return columns;
}
