import gatesSource from "../../shaders/gru_wave_gates.wgsl?raw";
import newSource from "../../shaders/gru_wave_new.wgsl?raw";
import waveSource from "../../shaders/gru_wave.wgsl?raw";
import activations from "../../shaders/lib/activations.wgsl?raw";
import operation from "../../shaders/lib/operation.wgsl?raw";
import products from "../../shaders/lib/products.wgsl?raw";
import recurrent from "../../shaders/lib/recurrent.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import { type KernelBinding, type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { weightSource } from "./weightStorage.js";

/** GRU layers of one size, each of which reads the one before. */
export interface Stack {
  readonly layers: readonly GruLayer[];
  /** Number of the first layer's operation in the network's program; the others' follow. */
  readonly firstOperation: number;
  /** Elements of one state of all layers. */
  readonly stateSize: number;
}

interface WaveKernel {
  readonly name: string;
  readonly source: string;
  /** Products of an H x H matrix and a state, for each row. */
  readonly numProducts: number;
  /** Type of the last two bindings. */
  readonly types: readonly [states: KernelBinding, result: KernelBinding];
  readonly isLast: boolean;
}

/** One wave through a reset-after stack. Bindings: params, lengths, places, projection, program, weights, biases, states, output. */
export function gruWaveKernel(stack: Stack): KernelSpec {
  const numProducts = 6 * stack.layers.length - 3;
  const kernel = { name: "gru_wave", source: waveSource + products, numProducts, isLast: true };
  return waveSpec({ ...kernel, types: ["storage", "storage"] }, stack);
}

/** First half of a wave through a reset-before stack. Bindings as `gruWaveKernel`, but `gated` for output. */
export function gruWaveGatesKernel(stack: Stack): KernelSpec {
  const numProducts = 5 * stack.layers.length - 3;
  const kernel = { name: "gru_wave_gates", source: gatesSource + products, numProducts, isLast: false };
  return waveSpec({ ...kernel, types: ["read-only-storage", "storage"] }, stack);
}

/** Second half of a wave through a reset-before stack. Bindings as `gruWaveKernel`, but `gated` for projection. */
export function gruWaveNewKernel(stack: Stack): KernelSpec {
  const kernel = { name: "gru_wave_new", source: newSource, numProducts: stack.layers.length, isLast: true };
  return waveSpec({ ...kernel, types: ["storage", "storage"] }, stack);
}

function waveSpec({ name, source, numProducts, types, isLast }: WaveKernel, stack: Stack): KernelSpec {
  const { layers, firstOperation, stateSize } = stack;
  const { hiddenSize, storage } = layers[0]!;
  const input: KernelBinding = "read-only-storage";
  return {
    label: `${name} H=${hiddenSize} L=${layers.length} from ${firstOperation} ${storage}`,
    source: source + operation + weightSource[storage] + tile + recurrent + activations + sigmoidTanh,
    entryPoint: name,
    constants: {
      WORKGROUP_SIZE,
      HIDDEN_SIZE: hiddenSize,
      ...(isLast ? { NUM_LAYERS: layers.length } : {}),
      FIRST_OPERATION: firstOperation,
      STATE_SIZE: stateSize,
    },
    bindings: ["uniform", input, input, input, input, input, input, ...types],
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, layers.length],
    flopPerRow: 2 * numProducts * hiddenSize * hiddenSize,
  };
}
