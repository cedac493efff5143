import alongFrame from "../../shaders/lib/along_frame.wgsl?raw";
import alongTime from "../../shaders/lib/along_time.wgsl?raw";
import atOnce from "../../shaders/lib/at_once.wgsl?raw";
import inHalves from "../../shaders/lib/in_halves.wgsl?raw";
import source from "../../shaders/recurrence.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { RecurrentLayer } from "../layers/index.js";
import { type KernelSpec, paddedSize } from "./kernelSpec.js";
import { numGates, resetsBefore, unitOf } from "./recurrentUnit.js";
import { functionsFor, layerConstants, layerSource, PROJECTED_BINDINGS } from "./stepSpec.js";
import { weightSource } from "./weightStorage.js";

/** Iterations of an invocation in one dispatch: see recurrentPersistent.ts. */
const MAX_ITERATIONS = 60_000;

/** Half a subgroup of most GPUs, and four of a software adapter: a small layer has fewer gate rows than that. */
const MIN_WORKGROUP_SIZE = 16;
const MAX_WORKGROUP_SIZE = 256;

/** Steps of a frame that one dispatch makes. */
export interface StepRange {
  readonly start: number;
  readonly end: number;
}

/**
 * All steps of a layer whose frames have axes of their own: of a chunk along time, where `range` is null; else of each
 * frame by itself, or so many of them. Bindings: params, lengths, slots, input, weights, biases, state, output.
 */
export function recurrenceKernel(layer: RecurrentLayer, stateSize: number, range: StepRange | null): KernelSpec {
  const { type, inputSize, hiddenSize, direction, storage, rows, frameSteps } = layer;
  const functions = functionsFor(layer);
  const unit = unitOf(layer);
  const parts = [source, layerSource(unit), weightSource[storage], functions.source, unit.vectors];
  const ofFrame = range ?? { start: 0, end: frameSteps ?? 1 };
  const steps = frameSteps === null ? [] : [`steps ${ofFrame.start} to ${ofFrame.end} of ${frameSteps}`];
  const reset = resetsBefore(layer) ? ["reset before"] : [];
  const details = [
    `I=${inputSize} H=${hiddenSize} R=${rows}`,
    ...steps,
    direction,
    storage,
    ...functions.words,
    ...reset,
  ];
  return {
    label: `recurrence ${type} ${details.join(" ")}`,
    source: [
      ...parts,
      ...(resetsBefore(layer) ? [inHalves] : [atOnce, unit.step]),
      range ? alongFrame : alongTime,
    ].join(""),
    entryPoint: "recurrence",
    constants: {
      ...layerConstants(layer, stateSize),
      ...functions.constants,
      WORKGROUP_SIZE: workgroupSize(layer),
      INPUT_SIZE: inputSize,
      ROWS: rows,
      NUM_VECTORS: numVectors(layer),
      NUM_PRODUCTS: numProducts(layer),
      FRAME_STEPS: frameSteps ?? 1,
      ...(range && { FIRST_STEP: range.start, END_STEP: range.end }),
    },
    bindings: PROJECTED_BINDINGS,
    workgroups: (numRows) => [numRows, rows, numDirections(layer)],
    flopPerRow: flopPerStep(layer) * (ofFrame.end - ofFrame.start),
    ...(range === null && { maxStepsAtOnce: Math.max(1, Math.floor(recurrenceStepsAtOnce(layer) / ofFrame.end)) }),
  };
}

function flopPerStep(layer: RecurrentLayer): number {
  const { rows, inputSize, hiddenSize } = layer;
  return 2 * rows * numDirections(layer) * numGates(layer) * hiddenSize * (inputSize + hiddenSize);
}

/** Steps that one dispatch makes at most. */
export function recurrenceStepsAtOnce(layer: RecurrentLayer): number {
  const { inputSize, hiddenSize } = layer;
  const size = workgroupSize(layer);
  const vec4s = (paddedSize(inputSize) + paddedSize(hiddenSize)) / 4;
  const numProductsMade = Math.ceil((numGates(layer) * hiddenSize) / size);
  const numUnits = Math.ceil(hiddenSize / size);
  const iterations = 1 + numProductsMade * (1 + vec4s) + numUnits * (12 + vec4s) + Math.ceil(inputSize / size);
  return Math.max(1, Math.floor(MAX_ITERATIONS / iterations));
}

/** Bytes of workgroup memory that the kernel takes. */
export function recurrenceMemoryBytes(layer: RecurrentLayer): number {
  const { inputSize, hiddenSize } = layer;
  const numValues =
    paddedSize(inputSize) + numVectors(layer) * paddedSize(hiddenSize) + numProducts(layer) * hiddenSize;
  return numValues * Float32Array.BYTES_PER_ELEMENT;
}

function numVectors(layer: RecurrentLayer): number {
  return resetsBefore(layer) ? 2 : unitOf(layer).numKept;
}

function numProducts(layer: RecurrentLayer): number {
  return resetsBefore(layer) ? 3 : 2 * numGates(layer);
}

function workgroupSize(layer: RecurrentLayer): number {
  const size = 2 ** Math.ceil(Math.log2(numGates(layer) * layer.hiddenSize));
  return Math.min(MAX_WORKGROUP_SIZE, Math.max(MIN_WORKGROUP_SIZE, size));
}
