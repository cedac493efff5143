// A program's input as the library takes it, time-major, and the library's outputs in the program's layouts.

import type { GruStep } from "./program.js";
import type { Segment, SegmentOutput } from "./segment.js";
import { index, numElements, permute, type Tensor } from "./tensor.js";

/** A network's input. */
export interface Frame {
  readonly numSteps: number;
  readonly batchSize: number;
  /** [T, B, I], or [T, B] indices */
  readonly data: Float64Array;
  /** Whether the program's tensor has no axis of rows. */
  readonly isUnbatched: boolean;
  /** Axes of the program's tensor before its last; all, for indices. */
  readonly leading: readonly number[];
}

/** A segment's input. Where no GRU says what the axes are, every row is a step. */
export function takeFrame({ grus, isIndices }: Segment, tensor: Tensor): Frame {
  const { data } = tensor;
  const leading = isIndices ? tensor.shape : tensor.shape.slice(0, -1);
  const step = grus[0]?.step;
  if (step === undefined) {
    return { numSteps: numElements(leading), batchSize: 1, data, isUnbatched: false, leading };
  }
  if (step.single_step) {
    return { numSteps: 1, batchSize: leading[0] ?? 1, data, isUnbatched: leading.length === 0, leading };
  }
  if (leading.length === 1) return { numSteps: leading[0]!, batchSize: 1, data, isUnbatched: true, leading };
  const timeMajor = step.batch_first ? swapFirst(tensor) : tensor;
  const [numSteps, batchSize] = timeMajor.shape as [number, number];
  return { numSteps, batchSize, data: timeMajor.data, isUnbatched: false, leading };
}

/** A row-wise layer's output, [T, B, O], in the program's axes. */
export function givesRows(
  { leading, size }: SegmentOutput,
  frame: Frame,
  step: GruStep | undefined,
  data: Float64Array,
): Tensor {
  const { numSteps, batchSize, isUnbatched } = frame;
  const isCell = step?.single_step === true;
  const isBatchFirst = step?.batch_first === true && !isCell;
  if (leading === "input") {
    const isSwapped = isBatchFirst && frame.leading.length === 2;
    const timeMajor = { shape: [numSteps, batchSize, size], data };
    return { shape: [...frame.leading, size], data: isSwapped ? swapFirst(timeMajor).data : data };
  }
  const sequence = { shape: [numSteps, batchSize, size], data };
  if (isBatchFirst) return swapFirst(sequence);
  return isUnbatched && !isCell ? { shape: [numSteps, size], data } : sequence;
}

/** A GRU's `y`. @param sequence [T, B, D, H] */
export function givesSequence(step: GruStep, { isUnbatched }: Frame, sequence: Tensor): Tensor {
  const { y_layout: layout = "TB(DH)", merge, output_order: order, single_step: isCell } = step;
  const merged = mergeDirections(order === "processing" ? backwards(sequence) : sequence, merge);
  const [numSteps, batchSize, numDirections, hiddenSize] = merged.shape as [number, number, number, number];
  switch (layout) {
    case "TDBH":
      return permute(merged, [0, 2, 1, 3]);
    case "BTDH":
      return swapFirst(merged);
    case "BT(DH)":
      return { shape: [batchSize, numSteps, numDirections * hiddenSize], data: swapFirst(merged).data };
    case "TB(DH)": {
      const rows = isUnbatched && !isCell ? [numSteps] : [numSteps, batchSize];
      return { shape: [...rows, numDirections * hiddenSize], data: merged.data };
    }
  }
}

/** A GRU's `h_n`. @param state [L D, B, H] */
export function givesState(step: GruStep, { isUnbatched }: Frame, state: Tensor): Tensor {
  const [numStates, batchSize, hiddenSize] = state.shape as [number, number, number];
  if (step.single_step) return { shape: isUnbatched ? [hiddenSize] : [batchSize, hiddenSize], data: state.data };
  if (isUnbatched) return { shape: [numStates, hiddenSize], data: state.data };
  return step.h_layout === "B(LD)H" ? swapFirst(state) : state;
}

/** The first two axes swapped. */
function swapFirst(tensor: Tensor): Tensor {
  return permute(tensor, [1, 0, ...tensor.shape.slice(2).map((_, i) => i + 2)]);
}

/** The last step first. */
function backwards({ shape, data }: Tensor): Tensor {
  const [numSteps] = shape as [number];
  const stepLength = data.length / numSteps;
  const turned = new Float64Array(data.length);
  for (let step = 0; step < numSteps; step++) {
    turned.set(data.subarray(step * stepLength, (step + 1) * stepLength), (numSteps - 1 - step) * stepLength);
  }
  return { shape, data: turned };
}

/** Both directions in one. @param sequence [T, B, D, H] */
function mergeDirections(sequence: Tensor, merge: GruStep["merge"]): Tensor {
  if (merge !== "sum" && merge !== "ave" && merge !== "mul") return sequence;
  const [forward, reverse] = [index(sequence, 2, 0), index(sequence, 2, 1)];
  const [numSteps, batchSize, hiddenSize] = forward.shape as [number, number, number];
  const data = forward.data.map((value, i) => {
    const other = reverse.data[i]!;
    if (merge === "mul") return value * other;
    return merge === "ave" ? (value + other) / 2 : value + other;
  });
  return { shape: [numSteps, batchSize, 1, hiddenSize], data };
}
