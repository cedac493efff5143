import { axesOf, inputOver, inputUnder } from "../../layers/axis.js";
import { conv as room, type ConvLayer } from "../../layers/conv.js";
import { elementFunction } from "../activation.js";
import type { CpuLayer, CpuTarget } from "../cpuLayer.js";
import { createWindowLayer } from "../frameTable.js";
import { writeFloats } from "../matrix.js";

/** One sum after the other, in plain JavaScript. */
export function createPlainConv(layer: ConvLayer, target: CpuTarget): CpuLayer {
  const { inputShape, outputChannels, timeKernelSize, groups, transposed, weight, bias } = layer;
  const { memory } = target;
  const [rows, columns] = axesOf(layer);
  const activate = elementFunction(layer.activation);
  const channels = inputShape[0]! / groups;
  const numInputs = rows.inputSize * columns.inputSize;
  // Of each row and column of the output, the input's that its window has.
  const [inputRows, inputColumns] = [rows, columns].map((axis) =>
    Array.from({ length: axis.outputSize }, (_, p) =>
      Array.from({ length: axis.kernelSize }, (__, k) => (transposed ? inputOver : inputUnder)(axis, p, k)),
    ),
  );

  /** @param frames address of the table's row */
  function sum(frames: number, o: number, rowsUnder: number[], columnsUnder: number[]): number {
    const { f32, i32 } = memory;
    let total = bias === null ? 0 : bias[o]!;
    let k = o * channels * timeKernelSize * rowsUnder.length * columnsUnder.length;
    const firstChannel = Math.floor((o * groups) / outputChannels) * channels;
    for (let c = firstChannel; c < firstChannel + channels; c++) {
      for (let t = 0; t < timeKernelSize; t++) {
        const plane = i32[frames / 4 + t]! / 4 + c * numInputs;
        for (const row of rowsUnder) {
          for (const column of columnsUnder) {
            if (row >= 0 && column >= 0) total += weight[k]! * f32[plane + row * columns.inputSize + column]!;
            k++;
          }
        }
      }
    }
    return total;
  }

  const inputSize = room.inputSize(layer);
  const zeros = writeFloats(memory, null, inputSize);
  return createWindowLayer(layer, inputSize, target, zeros, 0, ({ output, outputStride, numOutputs, table }) => {
    const { f32 } = memory;
    for (let m = 0; m < numOutputs; m++) {
      let to = output / 4 + m * outputStride;
      for (let o = 0; o < outputChannels; o++) {
        for (const rowsUnder of inputRows!) {
          for (const columnsUnder of inputColumns!) {
            f32[to++] = activate(sum(table + 4 * m * timeKernelSize, o, rowsUnder, columnsUnder));
          }
        }
      }
    }
  });
}
