// Cuts a program into networks: as many consecutive steps as one network can run, as long as nothing between them
// needs another shape.

import type { DenseSpec, EmbeddingSpec, GruSpec, LayerSpec } from "webgru";
import { denseActivation } from "./activation.js";
import { gruLayerSpecs } from "./gruLayers.js";
import { type ActStep, type EmbeddingStep, type GruStep, type LinearStep, namesRead, type Step } from "./program.js";
import { type Tensor, transposed } from "./tensor.js";

/** The network's own input, as layers name it. */
const INPUT = "input";

/** A step's GRU inside a network. */
export interface GruPart {
  readonly step: GruStep;
  /** Its layers in the network, and those of them that give its output. */
  readonly layers: readonly GruSpec[];
  readonly last: readonly GruSpec[];
}

/** A tensor of the program that a network gives. */
export interface SegmentOutput {
  readonly name: string;
  /** Layers whose outputs, side by side, it is. */
  readonly layers: readonly string[];
  readonly size: number;
  /** Axes before the last: those of the network's input, or those of a GRU's output. */
  readonly leading: "input" | "sequence";
  /** The GRU whose `y` it is. */
  readonly gru: GruPart | null;
}

/** Steps that one network runs. */
export interface Segment {
  readonly numSteps: number;
  readonly layers: readonly LayerSpec[];
  /** The tensor that it reads, and whether that holds indices. */
  readonly input: string;
  readonly isIndices: boolean;
  readonly grus: readonly GruPart[];
  readonly outputs: readonly SegmentOutput[];
}

/**
 * The longest run of steps from the first on that one network can do.
 *
 * @param tensors those there are, by name
 * @param wanted names of the program's outputs
 * @returns null where the first step is none of the library's
 * @throws NotRun
 */
export function nextSegment(
  steps: readonly Step[],
  tensors: ReadonlyMap<string, Tensor>,
  wanted: readonly string[],
): Segment | null {
  for (let end = steps.length; end > 0; end--) {
    const observed = new Set([...wanted, ...steps.slice(end).flatMap(namesRead)]);
    const segment = new SegmentBuilder(tensors).build(steps.slice(0, end), observed);
    if (segment !== null) return segment;
  }
  return null;
}

/** The meaning of a name inside a network. */
interface Source {
  readonly layers: readonly string[];
  readonly size: number;
  readonly leading: "input" | "sequence";
}

/** Steps do not make one network. */
class NotOne extends Error {}

class SegmentBuilder {
  readonly #tensors: ReadonlyMap<string, Tensor>;
  readonly #layers: LayerSpec[] = [];
  readonly #grus: GruPart[] = [];
  readonly #outputs = new Map<string, SegmentOutput>();
  /** Names that later steps may read. */
  readonly #sources = new Map<string, Source>();
  /** Every name that is made here, readable here or not. */
  readonly #made = new Set<string>();
  #input: string | null = null;
  #isIndices = false;

  constructor(tensors: ReadonlyMap<string, Tensor>) {
    this.#tensors = tensors;
  }

  build(steps: readonly Step[], observed: ReadonlySet<string>): Segment | null {
    try {
      steps.forEach((step, i) => this.#add(step, `s${i}`));
      return this.#finish(steps.length, observed);
    } catch (error) {
      if (error instanceof NotOne) return null;
      throw error;
    }
  }

  #add(step: Step, name: string): void {
    switch (step.op) {
      case "embedding":
        return this.#addEmbedding(step, name);
      case "linear":
        return this.#addDense(step.in, step.out, (size) => linearLayer(step, name, size));
      case "act":
        return this.#addDense(step.in, step.out, (size) => actLayer(step, name, size));
      case "concat":
        return this.#addConcat(step.in, step.out);
      case "gru":
        return this.#addGru(step, name);
      default:
        throw new NotOne();
    }
  }

  #addEmbedding({ table, in: from, out }: EmbeddingStep, name: string): void {
    const source = this.#read(from, true);
    const [numEmbeddings, embeddingSize] = table.shape as [number, number];
    const weight = Float32Array.from(table.data);
    const layer: EmbeddingSpec = {
      type: "embedding",
      name,
      inputs: source.layers,
      numEmbeddings,
      embeddingSize,
      weight,
    };
    this.#layers.push(layer);
    this.#give({ name: out, layers: [name], size: embeddingSize, leading: source.leading, gru: null }, true);
  }

  #addDense(from: string, out: string, layerOf: (size: number) => Omit<DenseSpec, "inputs">): void {
    const source = this.#read(from);
    const layer: DenseSpec = { ...layerOf(source.size), inputs: source.layers };
    this.#layers.push(layer);
    const { name, outputSize: size } = layer;
    this.#give({ name: out, layers: [name], size, leading: source.leading, gru: null }, true);
  }

  /** A name for several others; nothing is computed, so nobody outside may ask for it. */
  #addConcat(from: readonly string[], out: string): void {
    const sources = from.map((name) => this.#read(name));
    const layers = sources.flatMap((source) => source.layers);
    if (layers.filter((layer) => layer === INPUT).length > 1) throw new NotOne();
    const size = sources.reduce((sum, source) => sum + source.size, 0);
    this.#made.add(out);
    this.#sources.set(out, { layers, size, leading: sources[0]!.leading });
  }

  #addGru(step: GruStep, name: string): void {
    const { x, y, h_n: finalState, h0, lengths, mask } = step;
    const first = this.#grus[0]?.step ?? step;
    const isAlike =
      lengths === first.lengths &&
      Boolean(step.batch_first) === Boolean(first.batch_first) &&
      Boolean(step.single_step) === Boolean(first.single_step);
    const isOutside = [h0, lengths, mask].every((other) => other === undefined || !this.#made.has(other));
    const isAlone = this.#layers.length === 0;
    if (!isAlike || !isOutside || ((mask || first.mask) && !isAlone)) throw new NotOne();
    const source = this.#read(x);
    const layers = gruLayerSpecs(step, name, source.layers);
    const last = layers.at(-1)!;
    const gru = { step, layers: layers.flat(), last };
    this.#layers.push(...gru.layers);
    this.#grus.push(gru);
    const size = last.reduce((sum, layer) => sum + layer.hiddenSize * (layer.direction === "bidirectional" ? 2 : 1), 0);
    if (finalState !== undefined) this.#made.add(finalState);
    if (y === undefined) return;
    this.#give({ name: y, layers: last.map((layer) => layer.name), size, leading: "sequence", gru }, isPlain(step));
  }

  /** @throws NotOne when it is neither made here nor the one tensor from outside */
  #read(name: string, isIndices = false): Source {
    const source = this.#sources.get(name);
    if (source !== undefined && !isIndices) return source;
    const tensor = this.#tensors.get(name);
    if (source !== undefined || tensor === undefined || this.#made.has(name)) throw new NotOne();
    if (this.#input !== null && (this.#input !== name || this.#isIndices !== isIndices)) throw new NotOne();
    this.#input = name;
    this.#isIndices = isIndices;
    return { layers: [INPUT], size: tensor.shape.at(-1)!, leading: "input" };
  }

  #give(output: SegmentOutput, isReadable: boolean): void {
    this.#made.add(output.name);
    this.#outputs.set(output.name, output);
    if (isReadable) this.#sources.set(output.name, output);
  }

  #finish(numSteps: number, observed: ReadonlySet<string>): Segment {
    const outputs = [...this.#outputs.values()].filter(({ name }) => observed.has(name));
    const isJoinSeen = [...this.#sources.keys()].some((name) => observed.has(name) && !this.#outputs.has(name));
    // Past a row's length the library gives zeros, and a program what its steps make of them.
    const hasLengths = this.#grus.some(({ step }) => step.lengths !== undefined);
    const isPaddingSeen = hasLengths && outputs.some(({ gru }) => gru === null);
    if (this.#layers.length === 0 || this.#input === null || isJoinSeen || isPaddingSeen) throw new NotOne();
    return {
      numSteps,
      layers: this.#layers,
      input: this.#input,
      isIndices: this.#isIndices,
      grus: this.#grus,
      outputs,
    };
  }
}

/** Whether a GRU's `y` is what its layers give, as the next layer would read it. */
function isPlain({ batch_first, y_layout = "TB(DH)", merge, output_order, mask }: GruStep): boolean {
  const isMerged = merge === "sum" || merge === "ave" || merge === "mul";
  const isInOrder = output_order !== "processing" && mask === undefined;
  return isInOrder && !isMerged && y_layout === (batch_first ? "BT(DH)" : "TB(DH)");
}

function linearLayer({ W, b, rows, act }: LinearStep, name: string, inputSize: number): Omit<DenseSpec, "inputs"> {
  const matrix = rows ? W : transposed(W);
  return {
    type: "dense",
    name,
    inputSize,
    outputSize: matrix.shape[0]!,
    weight: Float32Array.from(matrix.data),
    bias: b ? Float32Array.from(b.data) : null,
    activation: denseActivation(act ?? "linear"),
  };
}

/** An activation alone: a layer whose matrix changes nothing. */
function actLayer({ fn }: ActStep, name: string, size: number): Omit<DenseSpec, "inputs"> {
  const weight = Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
  return { type: "dense", name, inputSize: size, outputSize: size, weight, activation: denseActivation(fn) };
}
