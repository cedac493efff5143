import source from "../../shaders/network_step.wgsl?raw";
import chunk from "../../shaders/lib/chunk.wgsl?raw";
import gru from "../../shaders/lib/gru.wgsl?raw";
import lstm from "../../shaders/lib/lstm.wgsl?raw";
import operation from "../../shaders/lib/operation.wgsl?raw";
import operations from "../../shaders/lib/operations.wgsl?raw";
import rnn from "../../shaders/lib/rnn.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import type { Storage } from "../layers/layerType.js";
import { fewActivationsSource } from "./activationSource.js";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { weightSource } from "./weightStorage.js";

/** Kinds of operation, in the order of their numbers in the shader. */
export const OPERATION_KINDS = [
  "embedding",
  "dense",
  "gruAfter",
  "gruBefore",
  "softmax",
  "logSoftmax",
  "copy",
  "lstm",
  "rnn",
] as const;

/** Sizes and offsets of the program that the kernel runs. */
export interface NetworkStepShape {
  readonly storage: Storage;
  readonly numOperations: number;
  /** Values in workgroup memory. */
  readonly numValues: number;
  /** First of the values that a recurrent layer keeps between its products and its new state. */
  readonly gates: number;
  /** 0 for an index. */
  readonly inputSize: number;
  readonly output: number;
  readonly outputSize: number;
  readonly stateSize: number;
  readonly flopPerRow: number;
}

/** A few steps of a whole network. Bindings: params, lengths, slots, program, input, weights, biases, states, output. */
export function networkStepKernel(shape: NetworkStepShape, workgroupSize: number): KernelSpec {
  const { storage, numOperations, numValues, gates, inputSize, output, outputSize, stateSize, flopPerRow } = shape;
  return {
    label: `network_step operations=${numOperations} values=${numValues} ${storage} ${workgroupSize}`,
    source: [
      source,
      rowSource,
      chunk,
      gru,
      lstm,
      rnn,
      operations,
      operation,
      weightSource[storage],
      tile,
      fewActivationsSource,
    ].join(""),
    entryPoint: "network_step",
    constants: {
      WORKGROUP_SIZE: workgroupSize,
      NUM_OPERATIONS: numOperations,
      NUM_VALUES: numValues,
      GATES: gates,
      STATE_SIZE: stateSize,
      INPUT_SIZE: inputSize,
      OUTPUT: output,
      OUTPUT_SIZE: outputSize,
    },
    bindings: [
      "uniform",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "read-only-storage",
      "storage",
      "storage",
    ],
    workgroups: (batchSize) => [batchSize, 1, 1],
    flopPerRow,
    maxStepsAtOnce: MAX_STEPS,
  };
}

/** Longer chunks are better served by a product of all their rows. */
export const MAX_STEPS = 7;
