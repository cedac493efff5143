// The layers that a graph's nodes become. Each feature of each layer is a column with its own number, so that a slice, a
// concatenation or a transposition of features needs no layer: it is a list of columns.

import type { Activation, ElementFunction, RowFunction } from "../../layers/activation.js";
import { GruError } from "../../errors.js";
import type { Direction } from "../../layers/direction.js";
import type { GruSpec } from "../../layers/gru.js";
import type { LayerSpec } from "../../layers/index.js";
import type { LstmSpec } from "../../layers/lstm.js";
import type { RnnSpec } from "../../layers/rnn.js";
import type { Axis } from "./axes.js";

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

/** A recurrent layer, whose state after each step it gives. */
export interface RecurrentSource extends SourceBase {
  readonly type: "recurrent";
  readonly columns: Int32Array;
  readonly hiddenSize: number;
  readonly direction: Direction;
  /** Number of rows of a frame, [rows, features], each with its own state; the weights are shared. */
  readonly rows: number;
  /** Steps along an axis of each frame, [rows, steps, features]; null where the recurrence runs along time. */
  readonly frameSteps: number | null;
  /** The layer without its sizes and the weight of its input. */
  readonly cell: Cell;
  /** [D, G H, I] */
  readonly weight: Float32Array;
  /** Columns of graph inputs with a block's initial state, [D, rows H], by the block's name. */
  readonly initialState: ReadonlyMap<string, Int32Array>;
  /** Whether the graph has one step of it. */
  readonly isOneStep: boolean;
}

type CellSpec<Spec extends LayerSpec> = Omit<
  Spec,
  "name" | "inputs" | "inputSize" | "hiddenSize" | "direction" | "weight"
>;

/** The type of a recurrent layer, with its options and its other tensors. */
export type Cell = CellSpec<GruSpec> | CellSpec<LstmSpec> | CellSpec<RnnSpec>;

/** A block of a recurrent layer's state after a row's last step, [D, rows H]. */
export interface FinalSource extends SourceBase {
  readonly type: "final";
  readonly of: RecurrentSource;
  readonly block: string;
}

/** A layer as a description has it, without its name and the names that it reads. */
export type BareSpec = WithoutNames<LayerSpec>;
type WithoutNames<Spec> = Spec extends LayerSpec ? Omit<Spec, "name" | "inputs"> : never;

/** A layer that reads columns in order. */
export interface LayerSource extends SourceBase {
  readonly type: "layer";
  readonly columns: Int32Array;
  readonly spec: BareSpec;
}

/** A step towards a layer, which the nodes after it must complete: no layer computes it alone. */
export interface PendingSource extends SourceBase {
  readonly type: "pending";
  readonly columns: Int32Array;
  /** A softmax over all steps, or frames of one number around them. */
  readonly way: { readonly kind: "softmax" } | TimePad;
  /** The node, and the reason why it cannot be run alone, for a message. */
  readonly subject: string;
  readonly fault: string;
}

/** Frames of one number before and after a sequence; the columns that it reads are without that number. */
export interface TimePad {
  readonly kind: "pad";
  readonly fill: number;
  readonly before: number;
  readonly after: number;
  /** The axis without them. */
  readonly axis: Axis;
}

export type Source =
  | InputSource
  | EmbeddingSource
  | DenseSource
  | RecurrentSource
  | FinalSource
  | LayerSource
  | PendingSource;

/** A state of a loop that is carried as such where a layer reads it. */
export interface CarriedState {
  readonly next: Int32Array;
  readonly initial: Float32Array | null;
  /** The reason why it cannot be; null where it can. */
  readonly fault: string | null;
}

/** The column of a feature that is zero always. */
export const ZERO = -1;

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
  /** Pending sources that a later node made a layer of. */
  readonly completed = new Set<PendingSource>();
  readonly #maxElements: number;
  readonly #maxBytes: number;
  #numColumns = 0;
  #numElements = 0;
  #numBytes = 0;
  readonly #finals = new Map<RecurrentSource, Map<string, FinalSource>>();
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
    this.hold(bytesOf(source));
    this.sources.push(source);
    return source;
  }

  /** Adds a layer that reads columns. @param size features of each frame that it gives */
  addLayer(name: string, columns: Int32Array, size: number, spec: BareSpec): LayerSource {
    this.checkWidth(size);
    return this.add<LayerSource>({ type: "layer", name, columns, size, spec });
  }

  /** Puts a recurrent layer in the place of the source with its columns. */
  replace(source: RecurrentSource): void {
    const at = this.sources.findIndex(({ first, size }) => first === source.first && size === source.size && size > 0);
    const old = this.sources[at]!;
    this.sources[at] = source;
    this.hold(bytesOf(source));
    const finals = old.type === "recurrent" ? this.#finals.get(old) : undefined;
    if (finals === undefined) return;
    this.#finals.delete(old as RecurrentSource);
    const own = [...finals.values()].map((final) => {
      const moved: FinalSource = { ...final, of: source };
      this.sources[this.sources.indexOf(final)] = moved;
      return [final.block, moved] as const;
    });
    this.#finals.set(source, new Map(own));
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
      if (column === ZERO) continue;
      if (last !== null && isColumnOf(last, column)) continue;
      last = this.sourceOf(column);
      sources.add(last);
    }
    return sources;
  }

  finalOf(of: RecurrentSource, block = "h"): FinalSource {
    const blocks = this.#finals.get(of) ?? new Map<string, FinalSource>();
    this.#finals.set(of, blocks);
    let final = blocks.get(block);
    if (final === undefined) {
      const size = of.size / (of.frameSteps ?? 1);
      final = this.add<FinalSource>({ type: "final", name: `${of.name}_final`, size, of, block });
      blocks.set(block, final);
    }
    return final;
  }

  /**
   * The columns at one end of the sequence. At the end of its direction, a GRU's output is its final state, which can be read
   * without the whole sequence; so can layers that compute frame by frame on it.
   *
   * @returns null if a column has no such equivalent
   */
  pick(columns: Int32Array, end: "first" | "last", depth = 0): Int32Array | null {
    if (depth > MAX_LAYERS) return null;
    const picked = new Int32Array(columns.length);
    for (const [i, column] of columns.entries()) {
      picked[i] = column;
      if (column === ZERO) continue;
      const source = this.sourceOf(column);
      const at = this.#pickSource(source, column - source.first, end, depth);
      if (at === null) return null;
      picked[i] = at.first + column - source.first;
    }
    return picked;
  }

  #pickSource(source: Source, feature: number, end: "first" | "last", depth: number): Source | null {
    if (source.type === "recurrent" && source.frameSteps === null) {
      const isReverse =
        source.direction === "reverse" || (source.direction === "bidirectional" && feature >= source.hiddenSize);
      return isReverse === (end === "first") ? this.finalOf(source) : null;
    }
    if (source.type !== "dense" && !isFrameLayer(source)) return null;
    const key = `${source.first} ${end}`;
    let twin = this.#picked.get(key);
    if (twin === undefined) {
      const columns = this.pick(source.columns, end, depth + 1);
      twin = columns === null ? null : this.add<DenseSource | LayerSource>({ ...source, columns });
      this.#picked.set(key, twin);
    }
    return twin;
  }
}

/** Types of layers that compute each frame by itself; a conv or pool does unless it runs along time. */
const FRAME_LAYERS: ReadonlySet<string> = new Set(["conv", "dense", "map", "norm", "pool", "rearrange", "reduce"]);

function isFrameLayer(source: Source): source is LayerSource {
  return source.type === "layer" && FRAME_LAYERS.has(source.spec.type) && !runsAlongTime(source);
}

/** Whether it is a layer that sees several steps, and no recurrent one. */
export function runsAlongTime(source: Source): boolean {
  if (source.type !== "layer") return false;
  const { spec } = source;
  if (spec.type === "conv" || spec.type === "pool") return spec.timePadding !== undefined;
  return spec.type === "aggregate" || spec.type === "attention" || spec.type === "flatten";
}

/** Memory of a source's columns and weights. */
function bytesOf(source: Source): number {
  const inner = source.type === "layer" ? source.spec : source.type === "recurrent" ? source.cell : {};
  const parts = [...Object.values(source), ...Object.values(inner)];
  return parts.reduce<number>((sum, part: unknown) => sum + (ArrayBuffer.isView(part) ? part.byteLength : 0), 0);
}

/** Columns of a whole source, in order. */
export function columnsOf({ first, size }: Source): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => first + i);
}

/** Whether a column is one of a source's. */
export function isColumnOf({ first, size }: Pick<Source, "first" | "size">, column: number): boolean {
  return column >= first && column < first + size;
}

/** Index in a source of the first of consecutive columns; null where columns are not consecutive. */
export function runStart(columns: Int32Array, source: Source): number | null {
  const start = columns[0]! - source.first;
  const isRun = start + columns.length <= source.size && columns.every((column, i) => column === columns[0]! + i);
  return isRun ? start : null;
}
