import source from "../../shaders/gru_cell.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import type { KernelBinding, KernelSpec } from "./kernelSpec.js";
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
 * One reset-after step of one layer from its input, all directions.
 *
 * @param offsetOf first byte of a tensor in the buffer of all weights
 */
export function gruCellKernel(layer: GruLayer, stateSize: number, offsetOf: (tensor: string) => number): KernelSpec {
  const { storage, inputSize, hiddenSize } = layer;
  const spec = stepSpec({ name: "gru_cell", source: source + output, bindings, numProducts: 3 }, layer, stateSize);
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
    flopPerRow: 6 * hiddenSize * (inputSize + hiddenSize) * numDirections(layer),
  };
}
