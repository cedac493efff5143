import activations from "../../shaders/lib/activations.wgsl?raw";
import chunk from "../../shaders/lib/chunk.wgsl?raw";
import gatesDefault from "../../shaders/lib/gates_default.wgsl?raw";
import gatesGeneral from "../../shaders/lib/gates_general.wgsl?raw";
import layerPart from "../../shaders/lib/layer.wgsl?raw";
import lstm from "../../shaders/lib/lstm.wgsl?raw";
import output from "../../shaders/lib/output.wgsl?raw";
import outputDefault from "../../shaders/lib/output_default.wgsl?raw";
import outputGeneral from "../../shaders/lib/output_general.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";
import state from "../../shaders/lib/state.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import source from "../../shaders/lstm_step.wgsl?raw";
import { describeActivation } from "../layers/activation.js";
import { numDirections } from "../layers/direction.js";
import type { LstmLayer } from "../layers/lstm.js";
import { type KernelSpec, numWorkgroups } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { functionIndex, gateConstants, layerConstants, PROJECTED_BINDINGS } from "./stepSpec.js";
import { weightSource } from "./weightStorage.js";

/** One step of one layer, all directions. */
export function lstmStepKernel(layer: LstmLayer, stateSize: number): KernelSpec {
  const { hiddenSize, direction, storage, gateActivation, newActivation, outputActivation, clip } = layer;
  const directions = numDirections(layer);
  const functions = [gateActivation, newActivation, outputActivation].map(describeActivation).join(" ");
  const isDefault = functions === "sigmoid tanh tanh" && clip === null;
  const gates = isDefault ? [gatesDefault, outputDefault] : [gatesGeneral, outputGeneral, activations];
  const outputConstants = {
    OUTPUT_FUNCTION: functionIndex(outputActivation),
    OUTPUT_ALPHA: outputActivation.alpha,
    OUTPUT_BETA: outputActivation.beta,
  };
  return {
    label: `lstm_step H=${hiddenSize} ${direction} ${storage}${isDefault ? "" : ` ${functions} clip ${clip ?? "none"}`}`,
    source: [
      source,
      rowSource,
      chunk,
      layerPart,
      state,
      output,
      tile,
      weightSource[storage],
      lstm,
      sigmoidTanh,
      ...gates,
    ].join(""),
    entryPoint: "lstm_step",
    constants: {
      ...layerConstants(layer, stateSize),
      ...(isDefault ? {} : { ...gateConstants(gateActivation, newActivation, clip), ...outputConstants }),
    },
    bindings: PROJECTED_BINDINGS,
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, directions],
    flopPerRow: 8 * hiddenSize * hiddenSize * directions,
  };
}
