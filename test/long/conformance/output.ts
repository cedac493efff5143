// From what a network gives to the tensor that the program means.

import type { Results } from "./device.js";
import { type Frame, givesRows, givesSequence } from "./frame.js";
import { type Compaction, spread } from "./mask.js";
import type { GruStep } from "./program.js";
import type { SegmentOutput } from "./segment.js";
import { concatLast, type Tensor } from "./tensor.js";

/** The outputs of an output's layers side by side, [T B, O]. */
export function joinLayers(
  { layers }: SegmentOutput,
  nameOf: (layer: string) => string,
  outputs: Results["outputs"],
  numRows: number,
): Float64Array {
  const parts = layers.map((layer) => {
    const data = Float64Array.from(outputs[nameOf(layer)]!);
    return { shape: [numRows, data.length / numRows], data };
  });
  return concatLast(parts).data;
}

/**
 * An output in the program's layout.
 *
 * @param frame as the network had it
 * @param fullNumSteps steps with the masked ones
 * @param step the segment's first GRU, which says what the axes are
 */
export function giveOutput(
  output: SegmentOutput,
  frame: Frame,
  data: Float64Array,
  compaction: Compaction | null,
  fullNumSteps: number,
  step: GruStep | undefined,
): Tensor {
  const { gru, size } = output;
  if (gru === null) return givesRows(output, frame, step, data);
  const { hiddenSize } = gru.last[0]!;
  const sequence = { shape: [frame.numSteps, frame.batchSize, size / hiddenSize, hiddenSize], data };
  const isReverse = gru.step.layers.at(-1)!.dirs.map((part) => part.reverse === true);
  const whole = compaction === null ? sequence : spread(sequence, compaction, fullNumSteps, isReverse);
  return givesSequence(gru.step, frame, whole);
}
