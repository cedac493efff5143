// The layers that a graph's nodes become. Each feature of each layer is a column with its own number, so that a slice, a
// concatenation or a transposition of features needs no layer: it is a list of columns.

import type { Activation, ElementFunction, RowFunction } from "../../layers/activation.js";
import { GruError } from "../../errors.js";
import type { Direction } from "../../layers/direction.js";

/** Columns of one layer or input: `first` to `first + size`. */
interface SourceBase {
  /** Its name in the graph. */
  readonly name: string;
  readonly first: number;
  readonly size: number;
}

/** A graph input: features, indices, or a state. */
export interface InputSource extends SourceBase {
  readonly type: "input";
}

export interface EmbeddingSource extends SourceBase {
  readonly type: "embedding";
  readonly input: InputSource;
  /** [V, E] */
  readonly weight: Float32Array;
  readonly isFloat16: boolean;
}

/** activation(W x + b). */
export interface DenseSource extends SourceBase {
  readonly type: "dense";
  readonly columns: Int32Array;
  /** [O, I] */
  readonly weight: Float32Array;
  /** [O] */
  readonly bias: Float32Array | null;
  readonly activation: Activation<ElementFunction | RowFunction>;
  readonly isFloat16: boolean;
}

/** A GRU's state after each step. Weights are canonical: [D, 3H, ...], rzn. */
export interface GruSource extends SourceBase {
  readonly type: "gru";
  readonly columns: Int32Array;
  readonly hiddenSize: number;
  readonly direction: Direction;
  readonly resetAfter: boolean;
  readonly gateActivation: Activation;
  readonly newActivation: Activation;
  readonly clip: number | null;
  readonly weight: Float32Array;
  readonly recurrentWeight: Float32Array;
  readonly bias: Float32Array | null;
  readonly recurrentBias: Float32Array | null;
  /** Columns of a graph input that hold its initial state, [D * H]; null for zeros. */
  readonly initialState: Int32Array | null;
  readonly isFloat16: boolean;
}

/** A GRU's state after a row's last step, [D * H]. */
export interface FinalSource extends SourceBase {
  readonly type: "final";
  readonly gru: GruSource;
}

/** a * b, which no layer computes: a graph with one can be run only if it is part of a recognized GRU cell. */
export interface ProductSource extends SourceBase {
  readonly type: "product";
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** |a|, which no layer computes: a graph with one can be run only if it is part of a Softsign. */
export interface AbsoluteSource extends SourceBase {
  readonly type: "absolute";
  readonly of: Int32Array;
}

export type Source =
  | InputSource
  | EmbeddingSource
  | DenseSource
  | GruSource
  | FinalSource
  | ProductSource
  | AbsoluteSource;

/** A source without its columns. */
type Draft<S extends Source> = Omit<S, "first">;

/** Limit of layers: each one costs pipelines and buffers. */
export const MAX_LAYERS = 256;
/** Limit of sources, with those that no output depends on, and the parts of cells. */
const MAX_SOURCES = 512;
/** Limit of the columns of all layers. */
const MAX_COLUMNS = 2 ** 20;
/** Limit of the features of one value: wider than any layer that runs in a page. */
const MAX_WIDTH = 2 ** 16;
/**
 * Limit of the elements that reading a file may visit: about 5 ms for any file, and 8 for each of its bytes. A quantized weight
 * has one byte, and is copied, transposed or reshaped up to six times.
 */
const FREE_ELEMENTS = 2 ** 19;
const ELEMENTS_PER_BYTE = 8;
/**
 * Limit of the memory of computed constants and layers: 16 MB for any file, and 8 bytes for each of its bytes. A quantized weight
 * becomes four bytes, in a constant and in a layer.
 */
const FREE_BYTES = 2 ** 24;
const HELD_PER_BYTE = 8;

/** All sources, each after the sources that it reads. */
export class Wiring {
  readonly sources: Source[] = [];
  readonly #maxElements: number;
  readonly #maxBytes: number;
  #numColumns = 0;
  #numElements = 0;
  #numBytes = 0;
  readonly #finals = new Map<GruSource, FinalSource>();
  readonly #picked = new Map<string, Source | null>();

  /** @param fileBytes size of the file: a small file must not cost much by reading one tensor many times */
  constructor(fileBytes: number) {
    this.#maxElements = FREE_ELEMENTS + ELEMENTS_PER_BYTE * fileBytes;
    this.#maxBytes = FREE_BYTES + HELD_PER_BYTE * fileBytes;
  }

  add<S extends Source>(draft: Draft<S>): S {
    const source = { ...draft, first: this.#numColumns } as S;
    this.#numColumns += source.size;
    if (this.#numColumns > MAX_COLUMNS) {
      throw new GruError("bad-file", `onnx: expected at most ${MAX_COLUMNS} features in all layers, got more`);
    }
    if (this.sources.length === MAX_SOURCES) {
      throw new GruError("bad-file", `onnx: expected at most ${MAX_SOURCES} layers and parts of layers, got more`);
    }
    if ("weight" in source) this.hold(source.weight.byteLength);
    this.sources.push(source);
    return source;
  }

  /** Counts elements to visit. @throws GruError `bad-file` when there are too many */
  spend(numElements: number): void {
    this.#numElements += numElements;
    if (this.#numElements <= this.#maxElements) return;
    const expected = `at most ${this.#maxElements} elements to compute with in a file of its size`;
    throw new GruError("bad-file", `onnx: expected ${expected}, got more`);
  }

  /** Counts bytes to keep; negative for bytes that are freed. @throws GruError `bad-file` when there are too many */
  hold(numBytes: number): void {
    this.#numBytes += numBytes;
    if (this.#numBytes <= this.#maxBytes) return;
    const expected = `constants and weights of at most ${this.#maxBytes} bytes in a file of its size`;
    throw new GruError("bad-file", `onnx: expected ${expected}, got more`);
  }

  /** @throws GruError `bad-file` for more features than any value has */
  checkWidth(numFeatures: number): void {
    if (numFeatures <= MAX_WIDTH) return;
    throw new GruError("bad-file", `onnx: expected at most ${MAX_WIDTH} features, got ${numFeatures}`);
  }

  sourceOf(column: number): Source {
    let low = 0;
    for (let high = this.sources.length - 1; low < high;) {
      const middle = (low + high + 1) >> 1;
      if (this.sources[middle]!.first <= column) low = middle;
      else high = middle - 1;
    }
    return this.sources[low]!;
  }

  /** The sources of columns, in the order of their first columns. */
  sourcesOf(columns: Int32Array): Set<Source> {
    const sources = new Set<Source>();
    let last: Source | null = null;
    for (const column of columns) {
      if (last !== null && column >= last.first && column < last.first + last.size) continue;
      last = this.sourceOf(column);
      sources.add(last);
    }
    return sources;
  }

  finalOf(gru: GruSource): FinalSource {
    let final = this.#finals.get(gru);
    if (final === undefined) {
      final = this.add<FinalSource>({ type: "final", name: `${gru.name}_final`, size: gru.size, gru });
      this.#finals.set(gru, final);
    }
    return final;
  }

  /**
   * The columns at one end of the sequence. At the end of its direction, a GRU's output is its final state, which can be read
   * without the whole sequence; so can dense layers that depend on it alone.
   *
   * @returns null if a column has no such equivalent
   */
  pick(columns: Int32Array, end: "first" | "last", depth = 0): Int32Array | null {
    if (depth > MAX_LAYERS) return null;
    const picked = new Int32Array(columns.length);
    for (const [i, column] of columns.entries()) {
      const source = this.sourceOf(column);
      const at = this.#pickSource(source, column - source.first, end, depth);
      if (at === null) return null;
      picked[i] = at.first + column - source.first;
    }
    return picked;
  }

  #pickSource(source: Source, feature: number, end: "first" | "last", depth: number): Source | null {
    if (source.type === "gru") {
      const isReverse = source.direction === "reverse" || feature >= source.hiddenSize;
      return isReverse === (end === "first") ? this.finalOf(source) : null;
    }
    if (source.type !== "dense") return null;
    const key = `${source.first} ${end}`;
    let twin = this.#picked.get(key);
    if (twin === undefined) {
      const columns = this.pick(source.columns, end, depth + 1);
      twin = columns === null ? null : this.add<DenseSource>({ ...source, columns });
      this.#picked.set(key, twin);
    }
    return twin;
  }
}

/** Columns of a whole source, in order. */
export function columnsOf({ first, size }: Source): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => first + i);
}

/** Index in a source of the first of consecutive columns; null where columns are not consecutive. */
export function runStart(columns: Int32Array, source: Source): number | null {
  const start = columns[0]! - source.first;
  const isRun = start + columns.length <= source.size && columns.every((column, i) => column === columns[0]! + i);
  return isRun ? start : null;
}
