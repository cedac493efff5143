import keepNan from "../../shaders/lib/keep_nan.wgsl?raw";
import source from "../../shaders/reduce.wgsl?raw";
import { reduce as type, type ReduceLayer, REDUCTIONS } from "../layers/reduce.js";
import type { KernelSpec } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";

const WORKGROUP_SIZE = 64;

/** Elements of a line for each invocation, about. */
const ELEMENTS_OF_LANE = 8;

/** One number of each line of a row, or its softmax. Bindings: params, input, places, output. */
export function reduceKernel(layer: ReduceLayer): KernelSpec {
  const { inputShape, axes, operation } = layer;
  const inputSize = type.inputSize(layer);
  const length = axes.reduce((product, axis) => product * inputShape[axis]!, 1);
  const numLines = inputSize / length;
  const lanes = Math.min(WORKGROUP_SIZE, 2 ** Math.ceil(Math.log2(Math.max(1, length / ELEMENTS_OF_LANE))));
  return {
    label: `reduce ${operation} of [${inputShape.join(", ")}] along ${axes.join(" and ")}`,
    source: source + rowSource + keepNan,
    entryPoint: "reduce",
    constants: {
      WORKGROUP_SIZE,
      LANES: lanes,
      INPUT_SIZE: inputSize,
      OUTPUT_SIZE: type.outputSize(layer),
      NUM_LINES: numLines,
      LENGTH: length,
      OPERATION: REDUCTIONS.indexOf(operation),
    },
    bindings: ["uniform", "read-only-storage", "read-only-storage", "storage"],
    workgroups: (numRows) => [Math.ceil((numLines * lanes) / WORKGROUP_SIZE), numRows, 1],
    flopPerRow: 4 * inputSize,
  };
}
