// Makes a network of a wiring: only the layers that outputs depend on, each reading whole layers.

import { defineNetwork } from "../../model/defineNetwork.js";
import type { LayerSpec } from "../../layers/index.js";
import { NETWORK_INPUT } from "../../model/network.js";
import type { Axis } from "./axes.js";
import type { OnnxAxis, OnnxGraph, OnnxInput, OnnxNetwork, OnnxOutput } from "./onnxGraph.js";
import type { OnnxPort } from "./modelProto.js";
import type { GraphReading } from "./readGraph.js";
import { demand } from "./refusal.js";
import { activated, columnsFor } from "./signals.js";
import { columnsSignal, describeContent, type Signal, type Value } from "./value.js";
import {
  type DenseSource,
  type EmbeddingSource,
  type FinalSource,
  type GruSource,
  type InputSource,
  MAX_LAYERS,
  type Source,
  type Wiring,
} from "./wiring.js";

/** A graph output and its columns. */
interface End {
  readonly port: OnnxPort;
  readonly axes: readonly Axis[];
  readonly signal: Signal;
  readonly columns: Int32Array;
}

/**
 * Makes a network of a graph.
 *
 * @throws Refusal for a graph that no network can express
 */
export function assemble({ reading, inputs, outputs }: GraphReading): OnnxNetwork {
  const { wiring } = reading;
  const ends = [...outputs].map(([port, value]) => endOf(port, value!, wiring));
  const states = ends.filter((end) => isState(end, wiring));
  const assembly = new Assembly(wiring);
  const given = ends.filter((end) => !states.includes(end));
  const layers = given.map((end) => [end, assembly.wholeSource(end)] as const);
  for (const [{ port }, source] of layers) assembly.ask(source, port.name);
  // A network needs an output: for a graph with only states, the layer of the first one.
  if (layers.length === 0) assembly.ask(wiring.sourceOf(states[0]!.columns.at(-1)!), states[0]!.port.name);
  for (const { columns } of states) assembly.keepStates(columns);
  const { specs, names } = assembly.build();
  demand(assembly.grus.length > 0, "it has no GRU");
  const lengths = new Set(
    assembly.grus.map(({ source }) => reading.hasLengths.get(source)).filter((has) => has !== undefined),
  );
  demand(lengths.size <= 1, "some of its GRUs have sequence_lens and others have none");
  const ports = layers.map(([{ port, axes, signal }, source]): OnnxOutput => ({
    name: port.name,
    as: "output",
    axes: axes.map(nameAxis),
    layer: names.get(source)!,
    isLastStep: signal.step === "last",
    isReversed: signal.isReversed,
  }));
  const stateEnds = states.map(({ port, axes, columns }): OnnxOutput => ({
    name: port.name,
    as: "finalState",
    axes: axes.map(nameAxis),
    units: assembly.finalUnits(columns),
  }));
  const byName = new Map([...ports, ...stateEnds].map((output) => [output.name, output]));
  const graph: OnnxGraph = {
    inputs: [...inputs].map(([{ name }, value]) => assembly.inputOf(name, value)),
    outputs: ends.map(({ port }) => byName.get(port.name)!),
    states: assembly.states,
  };
  const network = defineNetwork({
    layers: specs,
    outputs: [...new Set(assembly.asked.map((source) => names.get(source)!))],
  });
  return { ...network, graph };
}

function endOf(port: OnnxPort, { axes, content }: Value, wiring: Wiring): End {
  demand(content.kind === "signal", `its output ${port.name} is ${describeContent(content)}`);
  const columns = columnsFor(content, wiring, port.name);
  demand(columns.length > 0, `its output ${port.name} has no features`);
  return { port, axes, signal: content, columns };
}

/** Whether an output consists of states: final states, or the states of several cells after the only step of their graph. */
function isState({ axes, columns }: End, wiring: Wiring): boolean {
  const sources = [...wiring.sourcesOf(columns)];
  const hasTime = axes.some((axis) => nameAxis(axis) === "time");
  return sources.every(({ type }) => type === "final") || (!hasTime && sources.length > 1 && sources.every(isCell));
}

function isCell(source: Source): boolean {
  return source.type === "gru" && source.initialState !== null && source.direction === "forward";
}

/** The name of an axis; an axis without a known role is batch. */
function nameAxis(axis: Axis): OnnxAxis {
  if (typeof axis === "number") return axis;
  const [free = axis[0]!] = axis.filter(({ root }) => root.size !== 1);
  return free.root.role ?? "batch";
}

/** A GRU layer of the network. */
interface AssembledGru {
  readonly source: GruSource;
  readonly name: string;
  /** Index of its first unit in a row's state. */
  readonly firstUnit: number;
}

class Assembly {
  /** Sources that are outputs, the main one first. */
  readonly asked: Source[] = [];
  readonly grus: AssembledGru[] = [];
  readonly #wiring: Wiring;
  readonly #wanted = new Map<Source, string>();
  readonly #live = new Set<Source>();
  readonly #names = new Map<Source, string>();
  /** The first feature of each graph input in the network's input. */
  readonly #inputStart = new Map<InputSource, number>();
  #inputSize = 0;

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
  }

  /** The source that is an output as a whole; if there is none, a new layer that selects the output's columns. */
  wholeSource({ columns, port, signal }: End): Source {
    const source = this.#wiring.sourceOf(columns[0]!);
    const isWhole = columns.length === source.size && columns.every((column, i) => column === source.first + i);
    if (isWhole && source.type !== "input") return source;
    const { step, isReversed } = signal;
    const selection = activated(columnsSignal(columns, step, isReversed), "linear", this.#wiring, port.name);
    return this.#wiring.sourceOf(selection.columns[0]!);
  }

  /** Makes a source an output, with that name. */
  ask(source: Source, name: string): void {
    if (!this.#wanted.has(source)) this.#wanted.set(source, name);
    if (!this.asked.includes(source)) this.asked.push(source);
    this.#keep(source);
  }

  /** Keeps the GRUs of final states. */
  keepStates(columns: Int32Array): void {
    for (const source of this.#wiring.sourcesOf(columns)) {
      if (source.type === "gru") this.#keep(source);
      if (source.type === "final" && !this.#live.has(source)) this.#keep(source.gru);
    }
  }

  /** Marks a source and all sources that it depends on. */
  #keep(first: Source): void {
    const queue = [first];
    for (let source = queue.pop(); source !== undefined; source = queue.pop()) {
      if (this.#live.has(source)) continue;
      this.#live.add(source);
      demand(source.type !== "product", `its node ${source.name} multiplies features with each other`);
      demand(source.type !== "absolute", `its node ${source.name} takes absolute values`);
      if (source.type === "embedding") queue.push(source.input);
      if (source.type === "dense" || source.type === "gru") queue.push(...this.#wiring.sourcesOf(source.columns));
      if (source.type === "final") queue.push(...this.#wiring.sourcesOf(source.gru.columns));
    }
  }

  build(): { specs: LayerSpec[]; names: ReadonlyMap<Source, string> } {
    const live = this.#wiring.sources.filter((source) => this.#live.has(source));
    for (const source of live) {
      if (source.type !== "input") continue;
      this.#inputStart.set(source, this.#inputSize);
      this.#inputSize += source.size;
    }
    const layers = live.filter((source) => source.type !== "input");
    demand(layers.length <= MAX_LAYERS, `it takes ${layers.length} layers, and at most ${MAX_LAYERS} can be run`);
    const taken = new Set([NETWORK_INPUT, ""]);
    // Outputs get their names first.
    for (const source of [...this.asked, ...layers]) {
      if (this.#names.has(source)) continue;
      this.#names.set(source, unusedName(this.#wanted.get(source) ?? this.#ownName(source), taken));
    }
    return { specs: layers.map((source) => this.#specOf(source)), names: this.#names };
  }

  /** The node's name, also for a GRU of which only the final state is read. */
  #ownName(source: Source): string {
    return source.type === "final" && !this.#live.has(source.gru) ? source.gru.name : source.name;
  }

  #specOf(source: Source): LayerSpec {
    switch (source.type) {
      case "embedding":
        return embeddingSpec(source, this.#names.get(source)!);
      case "dense":
        return this.#denseSpec(source);
      case "gru":
        return this.#gruSpec(source, source, true);
      case "final":
        return this.#gruSpec(source, source.gru, false);
      default:
        throw new Error(`layer ${source.name}: expected a layer of a network, got a ${source.type}`);
    }
  }

  #denseSpec(source: DenseSource): LayerSpec {
    const { size, columns, bias, activation, isFloat16 } = source;
    return {
      type: "dense",
      name: this.#names.get(source)!,
      outputSize: size,
      ...this.#read(columns, source.weight, size),
      bias,
      activation,
      storage: isFloat16 ? "f16" : "f32",
    };
  }

  #gruSpec(output: GruSource | FinalSource, source: GruSource, returnSequences: boolean): LayerSpec {
    const { hiddenSize, direction, resetAfter, gateActivation, newActivation, clip } = source;
    const name = this.#names.get(output)!;
    const last = this.grus.at(-1);
    this.grus.push({ source, name, firstUnit: last === undefined ? 0 : last.firstUnit + last.source.size });
    return {
      type: "gru",
      name,
      hiddenSize,
      direction,
      resetAfter,
      gateActivation,
      newActivation,
      clip,
      returnSequences,
      ...this.#read(source.columns, source.weight, 3 * source.size),
      recurrentWeight: source.recurrentWeight,
      bias: source.bias,
      recurrentBias: source.recurrentBias,
      storage: source.isFloat16 ? "f16" : "f32",
    };
  }

  /** The layers that have the columns, and the weight [rows, columns] extended to all features of these layers. */
  #read(columns: Int32Array, weight: Float32Array, rows: number) {
    const starts = new Map<string, number>();
    let inputSize = 0;
    const at = (source: Source) => {
      const isInput = source.type === "input";
      const name = isInput ? NETWORK_INPUT : this.#names.get(source)!;
      let start = starts.get(name);
      if (start === undefined) {
        starts.set(name, (start = inputSize));
        inputSize += isInput ? this.#inputSize : source.size;
      }
      return start + (isInput ? this.#inputStart.get(source)! : 0) - source.first;
    };
    const positions = Int32Array.from(columns, (column) => at(this.#wiring.sourceOf(column)) + column);
    const inputs = [...starts.keys()];
    if (inputSize === columns.length && positions.every((position, i) => position === i))
      return { inputs, inputSize, weight };
    this.#wiring.spend(rows * inputSize);
    const spread = new Float32Array(rows * inputSize);
    for (let row = 0; row < rows; row++) {
      positions.forEach((position, i) => (spread[row * inputSize + position]! += weight[row * columns.length + i]!));
    }
    return { inputs, inputSize, weight: spread };
  }

  get states(): OnnxGraph["states"] {
    return this.grus.map(({ name, source: { size, hiddenSize } }) => ({
      layer: name,
      numDirections: size / hiddenSize,
      hiddenSize,
    }));
  }

  /** The units of a row's state for columns of final states. */
  finalUnits(columns: Int32Array): number[] {
    return Array.from(columns, (column) => {
      const state = this.#wiring.sourceOf(column);
      const { firstUnit } = this.grus.find(({ source }) => source === (state as FinalSource).gru || source === state)!;
      return firstUnit + column - state.first;
    });
  }

  inputOf(name: string, { axes, content }: Value): OnnxInput {
    const port = { name, axes: axes.map(nameAxis) };
    if (content.kind === "lengths") return { ...port, as: "lengths" };
    const source = content.kind === "indices" ? content.input : this.#wiring.sourceOf((content as Signal).columns[0]!);
    const start = this.#inputStart.get(source as InputSource);
    const elements: number[] = [];
    const units: number[] = [];
    for (const { source: gru, firstUnit } of this.grus) {
      for (const [i, column] of (gru.initialState ?? []).entries()) {
        if (this.#wiring.sourceOf(column) !== source) continue;
        elements.push(column - source.first);
        units.push(firstUnit + i);
      }
    }
    demand(start === undefined || units.length === 0, `its input ${name} is both an initial state and features`);
    if (start !== undefined) return { ...port, as: "input", start };
    return units.length > 0 ? { ...port, as: "initialState", elements, units } : { ...port, as: "unused" };
  }
}

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

/** The name, with a number appended if it is taken. */
function unusedName(name: string, taken: Set<string>): string {
  let unused = name;
  for (let i = 2; taken.has(unused); i++) unused = `${name}_${i}`;
  taken.add(unused);
  return unused;
}
