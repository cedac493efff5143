// Layers of a network, made of sources: each reads whole layers, after a rearrange where it reads other columns.

import type { LayerSpec } from "../../layers/index.js";
import { NETWORK_INPUT } from "../../model/network.js";
import { demand } from "./refusal.js";
import {
  type DenseSource,
  type EmbeddingSource,
  type FinalSource,
  type InputSource,
  isColumnOf,
  type LayerSource,
  MAX_LAYERS,
  type RecurrentSource,
  type Source,
  type Wiring,
  ZERO,
} from "./wiring.js";

/** The layers that a layer reads. */
interface Read {
  readonly inputs: readonly string[];
  readonly inputSize: number;
}

/** Makes layers of live sources. */
export class Specs {
  readonly names = new Map<Source, string>();
  readonly #specs: LayerSpec[] = [];
  readonly #carries: LayerSpec[] = [];
  readonly #wiring: Wiring;
  readonly #taken = new Set([NETWORK_INPUT, ""]);
  /** The first feature of each graph input in the network's input. */
  readonly #inputStart = new Map<InputSource, number>();
  #inputSize = 0;
  /** Rearranges by their columns. */
  readonly #rearranged = new Map<string, string>();

  /** @param inputs the network's input */
  constructor(wiring: Wiring, inputs: readonly InputSource[]) {
    this.#wiring = wiring;
    for (const source of inputs) {
      this.#inputStart.set(source, this.#inputSize);
      this.#inputSize += source.size;
    }
  }

  /** The first feature of a graph input in the network's input; undefined where it is no part of that. */
  inputStart(source: InputSource): number | undefined {
    return this.#inputStart.get(source);
  }

  /** Gives a source that name, or one like it that is not taken. */
  name(source: Source, wanted: string): void {
    if (!this.names.has(source)) this.names.set(source, this.#unused(wanted));
  }

  /** The name, with a number appended if it is taken. */
  #unused(name: string): string {
    let unused = name;
    for (let i = 2; this.#taken.has(unused); i++) unused = `${name}_${i}`;
    this.#taken.add(unused);
    return unused;
  }

  add(source: Source): void {
    const name = this.names.get(source)!;
    switch (source.type) {
      case "embedding":
        return this.#push(embeddingSpec(source, name));
      case "dense":
        return this.#push(this.#denseSpec(source, name));
      case "recurrent":
        return this.#push(this.#recurrentSpec(source, name));
      case "final":
        return this.#push(this.#lastSpec(source, name));
      case "layer":
        return this.#push(this.#layerSpec(source, name));
      default:
        throw new Error(`layer ${source.name}: expected a layer of a network, got a ${source.type}`);
    }
  }

  /** Adds a layer that carries a state input. @param next columns of its next value, after all layers are added */
  carry(source: InputSource, next: Int32Array, initialState: Float32Array | null): void {
    const name = this.names.get(source)!;
    const of = next[0] === ZERO ? null : this.#wiring.sourceOf(next[0]!);
    const isLayer = of !== null && of.type !== "input" && this.#isWhole(next, 0, of) && next.length === of.size;
    const layer = isLayer ? this.names.get(of)! : this.#rearrange(next, `${name}.next`);
    this.#carries.push({ type: "carry", name, inputs: [], size: source.size, next: layer, initialState });
  }

  /** All layers, each after the layers that it reads. */
  get layers(): LayerSpec[] {
    return [...this.#carries, ...this.#specs];
  }

  #push(spec: LayerSpec): void {
    this.#specs.push(spec);
    const { length } = this.#specs;
    demand(length <= MAX_LAYERS, `it takes ${length} layers and more, and at most ${MAX_LAYERS} can be run`);
  }

  #denseSpec(source: DenseSource, name: string): LayerSpec {
    const { size, columns, bias, activation, isFloat16 } = source;
    const read = this.#readSpread(columns, source.weight, size, name);
    return { type: "dense", name, outputSize: size, ...read, bias, activation, storage: isFloat16 ? "f16" : "f32" };
  }

  #recurrentSpec(source: RecurrentSource, name: string): LayerSpec {
    const { cell, hiddenSize, direction, rows, frameSteps, columns } = source;
    const rest = { name, hiddenSize, direction, ...cell };
    if (rows === 1 && frameSteps === null) {
      return {
        ...rest,
        ...this.#readSpread(columns, source.weight, source.weight.length / columns.length, name),
      } as LayerSpec;
    }
    const { inputs } = this.#read(columns, name);
    const inputSize = columns.length / rows / (frameSteps ?? 1);
    return { ...rest, inputs, inputSize, rows, frameSteps, weight: source.weight } as LayerSpec;
  }

  #lastSpec({ of, size, block }: FinalSource, name: string): LayerSpec {
    const end = {
      type: "last",
      name,
      inputs: [this.names.get(of)!],
      inputSize: size,
      direction: of.direction,
    } as const;
    if (block !== "c") return end;
    const isAtEnd = of.frameSteps === null && !of.isOneStep;
    demand(isAtEnd, `its node ${of.name} gives its cell of every step to another layer; ${OF_WHOLE}`);
    return { ...end, block };
  }

  #layerSpec({ columns, spec }: LayerSource, name: string): LayerSpec {
    if (spec.type === "rearrange") return this.#rearrangeSpec(columns, name);
    const { inputs, inputSize } = this.#read(columns, name);
    return { ...spec, name, inputs, ...("inputSize" in spec && { inputSize }) } as LayerSpec;
  }

  /** The layers whose outputs are these columns, one after the other; a rearrange gives columns that are no whole layer. */
  #read(columns: Int32Array, name: string): Read {
    const inputs = this.#wholeLayers(columns) ?? [this.#rearrange(columns, `${name}.input`)];
    return { inputs, inputSize: columns.length };
  }

  /** Layers whose outputs are the columns; null where columns are no whole layers. */
  #wholeLayers(columns: Int32Array): string[] | null {
    const inputs: string[] = [];
    for (let i = 0; i < columns.length;) {
      if (columns[i] === ZERO) return null;
      const source = this.#wiring.sourceOf(columns[i]!);
      if (source.type === "input" && this.#inputStart.has(source)) {
        if (inputs.includes(NETWORK_INPUT)) return null;
        for (const part of this.#inputStart.keys()) {
          if (!this.#isWhole(columns, i, part)) return null;
          i += part.size;
        }
        inputs.push(NETWORK_INPUT);
      } else {
        if (!this.#isWhole(columns, i, source)) return null;
        inputs.push(this.names.get(source)!);
        i += source.size;
      }
    }
    return inputs;
  }

  #isWhole(columns: Int32Array, start: number, { first, size }: Source): boolean {
    if (start + size > columns.length) return false;
    for (let i = 0; i < size; i++) if (columns[start + i] !== first + i) return false;
    return true;
  }

  #rearrange(columns: Int32Array, wanted: string): string {
    const key = columns.join();
    let name = this.#rearranged.get(key);
    if (name === undefined) {
      name = this.#unused(wanted);
      this.#push(this.#rearrangeSpec(columns, name));
      this.#rearranged.set(key, name);
    }
    return name;
  }

  #rearrangeSpec(columns: Int32Array, name: string): LayerSpec {
    this.#wiring.spend(columns.length);
    const { inputs, inputSize, positions } = this.#positions(columns);
    const indices = Float32Array.from(positions);
    return { type: "rearrange", name, inputs, inputSize, outputSize: columns.length, indices };
  }

  /** The layers that have the columns, and the place of each column among all their features; -1 for a zero. */
  #positions(columns: Int32Array): Read & { positions: Int32Array } {
    const starts = new Map<string, number>();
    let inputSize = 0;
    const offsets = new Map<Source, number>();
    const offsetOf = (source: Source) => {
      const start = source.type === "input" ? this.#inputStart.get(source) : undefined;
      const name = start === undefined ? this.names.get(source)! : NETWORK_INPUT;
      let from = starts.get(name);
      if (from === undefined) {
        starts.set(name, (from = inputSize));
        inputSize += start === undefined ? source.size : this.#inputSize;
      }
      return from + (start ?? 0) - source.first;
    };
    let source: Source | null = null;
    let offset = 0;
    const positions = columns.map((column) => {
      if (column === ZERO) return -1;
      if (source === null || !isColumnOf(source, column)) {
        source = this.#wiring.sourceOf(column);
        offset = offsets.get(source) ?? offsetOf(source);
        offsets.set(source, offset);
      }
      return offset + column;
    });
    if (inputSize === 0) return { inputs: [NETWORK_INPUT], inputSize: this.#inputSize, positions };
    return { inputs: [...starts.keys()], inputSize, positions };
  }

  /** As `#read`, for a weight [rows, columns], which is extended to all features of these layers where that is cheaper. */
  #readSpread(columns: Int32Array, weight: Float32Array, rows: number, name: string): Read & { weight: Float32Array } {
    const { inputs, inputSize, positions } = this.#positions(columns);
    if (inputSize > MOST_SPREAD * columns.length) return { ...this.#read(columns, name), weight };
    if (inputSize === columns.length && positions.every((position, i) => position === i)) {
      return { inputs, inputSize, weight };
    }
    this.#wiring.spend(rows * inputSize);
    const spread = new Float32Array(rows * inputSize);
    for (let row = 0; row < rows; row++) {
      positions.forEach((position, i) => {
        if (position >= 0) spread[row * inputSize + position]! += weight[row * columns.length + i]!;
      });
    }
    return { inputs, inputSize, weight: spread };
  }
}

/** The way out where a layer reads the cell of each step. */
const OF_WHOLE = "export the model with its whole sequence: the cell after the last step can be read";

/** A layer that reads a part of the features may multiply so many times as many by zero; beyond, a rearrange selects them. */
const MOST_SPREAD = 2;

function embeddingSpec({ weight, size, isFloat16 }: EmbeddingSource, name: string): LayerSpec {
  return {
    type: "embedding",
    name,
    inputs: [NETWORK_INPUT],
    numEmbeddings: weight.length / size,
    embeddingSize: size,
    weight,
    storage: isFloat16 ? "f16" : "f32",
  };
}
