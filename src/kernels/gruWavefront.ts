import operation from "../../shaders/lib/operation.wgsl?raw";
import stackSource from "../../shaders/lib/stack.wgsl?raw";
import newSource from "../../shaders/gru_wavefront_new.wgsl?raw";
import source from "../../shaders/gru_wavefront.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import { fewActivationsSource } from "./activationSource.js";
import { type KernelBinding, type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { unitOf } from "./recurrentUnit.js";
import { layerSource } from "./stepSpec.js";
import { weightSource } from "./weightStorage.js";

/** GRU layers of one size, each of which reads the one before. */
export interface Stack {
  readonly layers: readonly GruLayer[];
  /** Number of the first layer's operation in the network's program; the others' follow. */
  readonly firstOperation: number;
  /** Elements of one state of all layers. */
  readonly stateSize: number;
}

/**
 * One wavefront through a stack; the first half of it where the reset comes before. Bindings: params, lengths, slots,
 * projection, program, weights, biases, states, and the output or, of a first half, `gated`.
 */
export function gruWavefrontKernel(stack: Stack): KernelSpec {
  const { resetAfter } = stack.layers[0]!;
  // W of all layers but the first, and R of all: three gates each, of R two where the reset comes before.
  const numProducts = (resetAfter ? 6 : 5) * stack.layers.length - 3;
  const spec = wavefrontSpec("gru_wavefront", source, numProducts, stack);
  return {
    ...spec,
    label: `${spec.label}${resetAfter ? "" : " reset before"}`,
    constants: { ...spec.constants, RESET_AFTER: Number(resetAfter) },
  };
}

/** Second half of a wavefront through a reset-before stack. Bindings as `gruWavefrontKernel`, but `gated` for projection. */
export function gruWavefrontNewKernel(stack: Stack): KernelSpec {
  return wavefrontSpec("gru_wavefront_new", newSource, stack.layers.length, stack);
}

/** @param numProducts of an H x H matrix and a state, for each row */
function wavefrontSpec(name: string, main: string, numProducts: number, stack: Stack): KernelSpec {
  const { layers, firstOperation, stateSize } = stack;
  const { hiddenSize, storage } = layers[0]!;
  const input: KernelBinding = "read-only-storage";
  return {
    label: `${name} H=${hiddenSize} L=${layers.length} from ${firstOperation} ${storage}`,
    source:
      main + stackSource + operation + layerSource(unitOf(layers[0]!)) + weightSource[storage] + fewActivationsSource,
    entryPoint: name,
    constants: {
      WORKGROUP_SIZE,
      HIDDEN_SIZE: hiddenSize,
      NUM_DIRECTIONS: 1,
      FIRST_REVERSE: 1,
      NUM_LAYERS: layers.length,
      FIRST_OPERATION: firstOperation,
      STATE_SIZE: stateSize,
    },
    bindings: ["uniform", input, input, input, input, input, input, "storage", "storage"],
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, layers.length],
    flopPerRow: 2 * numProducts * hiddenSize * hiddenSize,
  };
}
