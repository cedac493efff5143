import { paddedSize } from "../../kernels/kernelSpec.js";
import type { OPERATION_KINDS } from "../../kernels/networkStep.js";
import { vec4sBefore } from "../../kernels/weightStorage.js";
import type { Activation } from "../../layers/activation.js";
import type { Storage } from "../../layers/layerType.js";
import { type Network, NETWORK_INPUT, sizeOfValue } from "../../model/network.js";

/** The shader's Operation, but for its numbers that are not whole. What is left out is 0. */
export interface Operation {
  readonly kind: (typeof OPERATION_KINDS)[number];
  readonly source?: number;
  readonly vec4s?: number;
  readonly result: number;
  readonly size: number;
  readonly weight?: number;
  readonly bias?: number;
  readonly biasRows?: number;
  readonly recurrentWeight?: number;
  readonly recurrentBias?: number;
  readonly state?: number;
  readonly activation?: Activation;
  readonly newActivation?: Activation;
  readonly outputActivation?: Activation;
  readonly clip?: number;
  /** Of a recurrent layer, by which its operation is found. */
  readonly name?: string;
  /** Multiplications and additions. */
  readonly flop?: number;
}

interface LayerName {
  readonly name: string;
}

/** Places every value of a program in workgroup memory, layer by layer. */
export class Programmer {
  readonly operations: Operation[] = [];
  /** Elements of the memory that are taken. */
  numValues = 0;
  readonly #network: Network;
  readonly #storage: Storage;
  readonly #weights: ReadonlyMap<string, { readonly offsetBytes: number }>;
  readonly #states: ReadonlyMap<string, { readonly start: number }>;
  /** First value of what each layer gives. */
  readonly #starts = new Map<string, number>();
  #numGates = 0;

  /**
   * @param weights by "layer.tensor"
   * @param states by the layer's name, from their first element on
   */
  constructor(
    network: Network,
    weights: ReadonlyMap<string, { readonly offsetBytes: number }>,
    states: ReadonlyMap<string, { readonly start: number }>,
  ) {
    this.#network = network;
    this.#storage = network.layers[0]!.storage;
    this.#weights = weights;
    this.#states = states;
    // The shader puts it at 0.
    this.#starts.set(NETWORK_INPUT, this.take(network.inputType === "indices" ? 0 : network.inputSize));
  }

  add(operation: Operation): void {
    this.operations.push(operation);
  }

  /** Where a matrix begins in the buffer of all weights, in vec4s. */
  weight({ name }: LayerName, tensor: string): number {
    return vec4sBefore(this.#weights.get(`${name}.${tensor}`)!.offsetBytes, this.#storage);
  }

  /** Where a bias begins in the buffer of all weights, in elements. */
  bias({ name }: LayerName, tensor: string): number {
    return this.#weights.get(`${name}.${tensor}`)!.offsetBytes / Float32Array.BYTES_PER_ELEMENT;
  }

  /** First element of a layer's state in a state of all. */
  state({ name }: LayerName): number {
    return this.#states.get(name)!.start;
  }

  /** One run of values that holds a layer's inputs: the input itself, or a copy of all. */
  gather(inputs: readonly string[]): number {
    if (inputs.length === 1) return this.startOf(inputs[0]!);
    const sizes = inputs.map((name) => sizeOfValue(this.#network, name));
    const start = this.take(sizes.reduce((sum, size) => sum + size, 0));
    let result = start;
    inputs.forEach((name, i) => {
      this.add({ kind: "copy", source: this.startOf(name), result, size: sizes[i]! });
      result += sizes[i]!;
    });
    return start;
  }

  startOf(name: string): number {
    return this.#starts.get(name)!;
  }

  /** Reserves memory for a layer's output. @returns its first value */
  give(name: string, size: number): number {
    const start = this.take(size);
    this.#starts.set(name, start);
    return start;
  }

  /** Asks for room for a layer's gates, which all layers share. */
  takeGates(size: number): void {
    this.#numGates = Math.max(this.#numGates, size);
  }

  /** Room for the gates, from the input and from the state. */
  startOfGates(): number {
    return this.take(2 * paddedSize(this.#numGates));
  }

  /** Padding is never written, and stays zero. */
  take(size: number): number {
    const start = this.numValues;
    this.numValues += paddedSize(size);
    return start;
  }
}
