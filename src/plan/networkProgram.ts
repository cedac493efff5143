// A small network as a list of operations for shaders/network_step.wgsl: where in the workgroup's memory each reads and
// writes, and where its weights are. Plain data.

import { paddedSize } from "../kernels/kernelSpec.js";
import { type NetworkStepShape, OPERATION_KINDS } from "../kernels/networkStep.js";
import { functionIndex, NO_CLIP } from "../kernels/stepSpec.js";
import { quadsBefore } from "../kernels/weightStorage.js";
import { type Activation, completeActivation, isRowFunction } from "../model/activation.js";
import {
  type Layer,
  layerNamed,
  layerOutputSize,
  type Network,
  NETWORK_INPUT,
  sequenceNames,
} from "../model/network.js";
import { stateLayout } from "./stateLayout.js";
import { weightOffsets } from "./weights.js";

/** A network as a program. */
export interface NetworkProgram {
  readonly shape: NetworkStepShape;
  /** The shader's array<Operation>. */
  readonly operations: Uint32Array<ArrayBuffer>;
  /** Number of each GRU layer's operation, by its name. */
  readonly indices: ReadonlyMap<string, number>;
}

/** The shader's Operation, but for its numbers that are not whole. What is left out is 0. */
interface Operation {
  readonly kind: (typeof OPERATION_KINDS)[number];
  readonly source?: number;
  readonly quads?: number;
  readonly result: number;
  readonly size: number;
  readonly weight?: number;
  readonly bias?: number;
  readonly biasRows?: number;
  readonly recurrentWeight?: number;
  readonly recurrentBias?: number;
  readonly state?: number;
  readonly gate?: Activation;
  readonly next?: Activation;
  readonly clip?: number;
}

/** 11 whole numbers, two activations of three, and the clip. */
const OPERATION_ELEMENTS = 18;

/**
 * The program of a network whose GRU layers are forward and give every step, that has one output and keeps all weights
 * alike; null for any other.
 */
export function networkProgram(network: Network): NetworkProgram | null {
  return hasProgram(network) ? new Programmer(network).program() : null;
}

function hasProgram({ layers, outputs }: Network): boolean {
  const isForward = layers.every((layer) => layer.type !== "gru" || layer.direction === "forward");
  const isOneStorage = layers.every(({ storage }) => storage === layers[0]!.storage);
  const sequences = sequenceNames(layers);
  return isForward && isOneStorage && outputs.length === 1 && layers.every(({ name }) => sequences.has(name));
}

/** Gives every value its place, layer by layer. */
class Programmer {
  readonly #network: Network;
  readonly #offsets: ReadonlyMap<string, number>;
  readonly #states: ReadonlyMap<string, number>;
  readonly #operations: Operation[] = [];
  /** First value of what each layer gives. */
  readonly #places = new Map<string, number>();
  readonly #indices = new Map<string, number>();
  #numValues = 0;
  #flop = 0;

  constructor(network: Network) {
    this.#network = network;
    this.#offsets = weightOffsets(network);
    this.#states = stateLayout(network).starts;
  }

  program(): NetworkProgram {
    const { layers, inputType, inputSize: networkInputSize, outputs } = this.#network;
    const inputSize = inputType === "indices" ? 0 : networkInputSize;
    this.#places.set(NETWORK_INPUT, this.#take(inputSize)); // the shader puts it at 0
    for (const layer of layers) this.#add(layer);
    const hiddenSizes = layers.map((layer) => (layer.type === "gru" ? layer.hiddenSize : 0));
    const gates = this.#take(2 * paddedSize(3 * Math.max(...hiddenSizes)));
    const last = layerNamed(this.#network, outputs[0]!);
    return {
      shape: {
        storage: last.storage,
        numOperations: this.#operations.length,
        numValues: this.#numValues,
        gates,
        inputSize,
        output: this.#places.get(last.name)!,
        outputSize: layerOutputSize(last),
        stateSize: stateLayout(this.#network).size,
        flopPerRow: this.#flop,
      },
      operations: encode(this.#operations),
      indices: this.#indices,
    };
  }

  #add(layer: Layer): void {
    const { name, storage } = layer;
    const size = layerOutputSize(layer);
    const weight = (label: string) => quadsBefore(this.#offsets.get(`${name}.${label}`)!, storage);
    const bias = (label: string) => this.#offsets.get(`${name}.${label}`)! / Float32Array.BYTES_PER_ELEMENT;
    if (layer.type === "embedding") {
      const result = this.#give(name, size);
      const quads = paddedSize(size) / 4;
      this.#operations.push({ kind: "embedding", quads, result, size, weight: weight("weight"), bias: bias("scale") });
      return;
    }
    const source = this.#gather(layer.inputs);
    const result = this.#give(name, size);
    const shared = { source, quads: paddedSize(layer.inputSize) / 4, result, size, weight: weight("weight") };
    if (layer.type === "dense") {
      this.#flop += 2 * size * layer.inputSize;
      const { name: activation, alpha, beta } = layer.activation;
      const gate = isRowFunction(activation) ? LINEAR : { name: activation, alpha, beta };
      this.#operations.push({ kind: "dense", ...shared, bias: bias("bias"), biasRows: paddedSize(size), gate });
      if (isRowFunction(activation)) this.#operations.push({ kind: activation, result, size });
      return;
    }
    this.#indices.set(name, this.#operations.length);
    this.#flop += 6 * size * (layer.inputSize + size);
    this.#operations.push({
      kind: layer.resetAfter ? "gruAfter" : "gruBefore",
      ...shared,
      bias: bias("bias"),
      biasRows: paddedSize(3 * size),
      recurrentWeight: weight("recurrentWeight"),
      recurrentBias: bias("recurrentBias"),
      state: this.#states.get(name)!,
      gate: layer.gateActivation,
      next: layer.newActivation,
      clip: layer.clip ?? NO_CLIP,
    });
  }

  /** One run of values that holds a layer's inputs: the input itself, or a copy of all. */
  #gather(inputs: readonly string[]): number {
    if (inputs.length === 1) return this.#places.get(inputs[0]!)!;
    const sizes = inputs.map((name) => this.#sizeOf(name));
    const start = this.#take(sizes.reduce((sum, size) => sum + size, 0));
    let result = start;
    inputs.forEach((name, i) => {
      this.#operations.push({ kind: "copy", source: this.#places.get(name)!, result, size: sizes[i]! });
      result += sizes[i]!;
    });
    return start;
  }

  #sizeOf(name: string): number {
    if (name === NETWORK_INPUT) return this.#network.inputSize;
    return layerOutputSize(layerNamed(this.#network, name));
  }

  #give(name: string, size: number): number {
    const place = this.#take(size);
    this.#places.set(name, place);
    return place;
  }

  /** Padding is never written, and stays zero. */
  #take(size: number): number {
    const start = this.#numValues;
    this.#numValues += paddedSize(size);
    return start;
  }
}

const LINEAR = completeActivation("linear");

function encode(operations: readonly Operation[]): Uint32Array<ArrayBuffer> {
  const encoded = new Uint32Array(operations.length * OPERATION_ELEMENTS);
  const floats = new Float32Array(encoded.buffer);
  operations.forEach((operation, i) => {
    const { kind, source = 0, quads = 0, result, size, weight = 0, bias = 0, biasRows = 0 } = operation;
    const { recurrentWeight = 0, recurrentBias = 0, state = 0, gate = LINEAR, next = LINEAR, clip = 0 } = operation;
    const start = i * OPERATION_ELEMENTS;
    const whole = [OPERATION_KINDS.indexOf(kind), source, quads, result, size, weight, bias, biasRows];
    encoded.set([...whole, recurrentWeight, recurrentBias, state, functionIndex(gate)], start);
    floats.set([gate.alpha, gate.beta], start + 12);
    encoded[start + 14] = functionIndex(next);
    floats.set([next.alpha, next.beta, clip], start + 15);
  });
  return encoded;
}
