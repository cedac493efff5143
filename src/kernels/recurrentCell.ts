import source from "../../shaders/recurrent_cell.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { KernelBinding, KernelSpec } from "./kernelSpec.js";
import { numGates, type RecurrentLayer } from "./recurrentUnit.js";
import { stepSpec } from "./stepSpec.js";
import { vec4sBefore } from "./weightStorage.js";

const bindings: readonly KernelBinding[] = [
  "uniform", // params
  "read-only-storage", // lengths
  "read-only-storage", // slots
  "read-only-storage", // input
  "read-only-storage", // weights
  "read-only-storage", // biases
  "storage", // state
  "storage", // output
];

/**
 * One step of one layer from its input, all directions; of a GRU with the reset after.
 *
 * @param offsetOf first byte of a tensor in the buffer of all weights
 */
export function recurrentCellKernel(
  layer: RecurrentLayer,
  stateSize: number,
  offsetOf: (tensor: string) => number,
): KernelSpec {
  const { storage, inputSize, hiddenSize } = layer;
  const numProducts = numGates(layer);
  const spec = stepSpec({ name: "recurrent_cell", source: source + output, bindings, numProducts }, layer, stateSize);
  const vec4 = (tensor: string) => vec4sBefore(offsetOf(tensor), storage);
  const element = (tensor: string) => offsetOf(tensor) / Float32Array.BYTES_PER_ELEMENT;
  return {
    ...spec,
    label: `${spec.label} I=${inputSize} from ${vec4("weight")}`,
    constants: {
      ...spec.constants,
      INPUT_SIZE: inputSize,
      WEIGHT: vec4("weight"),
      RECURRENT_WEIGHT: vec4("recurrentWeight"),
      BIAS: element("bias"),
      RECURRENT_BIAS: element("recurrentBias"),
    },
    flopPerRow: 2 * numProducts * hiddenSize * (inputSize + hiddenSize) * numDirections(layer),
  };
}
