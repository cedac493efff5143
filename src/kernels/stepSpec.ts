import chunk from "../../shaders/lib/chunk.wgsl?raw";
import layerPart from "../../shaders/lib/layer.wgsl?raw";
import recurrent from "../../shaders/lib/recurrent.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";
import state from "../../shaders/lib/state.wgsl?raw";
import step from "../../shaders/lib/step.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import { type Activation, completeActivation, describeActivation, ELEMENT_FUNCTIONS } from "../layers/activation.js";
import { type Direction, numDirections } from "../layers/direction.js";
import { activationSource } from "./activationSource.js";
import { type KernelBinding, type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { type RecurrentLayer, type RecurrentUnit, unitOf } from "./recurrentUnit.js";
import { rowSource } from "./rowSource.js";
import { weightSource } from "./weightStorage.js";

/** WGSL of every kernel that advances a recurrent layer. */
export function layerSource({ gates, equations }: RecurrentUnit): string {
  return rowSource + chunk + layerPart + gates + recurrent + tile + equations;
}

/** The parts of a spec that one step kernel has of its own. */
export interface StepKernel {
  /** Its name, which is its entry point's. */
  readonly name: string;
  readonly source: string;
  readonly bindings: readonly KernelBinding[];
  /** Products of an H x H matrix and a state that it makes for each row and direction. */
  readonly numProducts: number;
}

/** The largest float32: a clip that does nothing. */
export const NO_CLIP = 3.4028234663852886e38;

const [SIGMOID, TANH] = (["sigmoid", "tanh"] as const).map(completeActivation) as [Activation, Activation];

/** The activations of a recurrent layer's gates, of its new state, and of what an LSTM gives of its cell. */
export function functionsOf(layer: RecurrentLayer): { gate: Activation; new: Activation; output: Activation } {
  switch (layer.type) {
    case "gru":
      return { gate: layer.gateActivation, new: layer.newActivation, output: TANH };
    case "lstm":
      return { gate: layer.gateActivation, new: layer.newActivation, output: layer.outputActivation };
    case "rnn":
      return { gate: SIGMOID, new: layer.activation, output: TANH };
  }
}

/** The activations of a layer, with any clip: in WGSL, its overrides, and in words where they are not the usual ones. */
export function functionsFor(layer: RecurrentLayer) {
  const { usualFunctions, anyFunctions } = unitOf(layer);
  const names = Object.values(functionsOf(layer)).map(describeActivation).join(" ");
  if (names === "sigmoid tanh tanh" && layer.clip === null) {
    return { source: usualFunctions + sigmoidTanh, constants: {}, words: [] };
  }
  const words = [`${names} clip ${layer.clip ?? "none"}`];
  return { source: anyFunctions + activationSource, constants: functionConstants(layer), words };
}

/**
 * A kernel of one step of a recurrent layer: all of them take activations, direction and storage in the same way. Its label
 * begins with the layer's type, where a kernel is for several.
 *
 * @param stateSize elements of one state of all layers, the same for all kernels of a network
 */
export function stepSpec(
  { name, source, bindings, numProducts }: StepKernel,
  layer: RecurrentLayer,
  stateSize: number,
): KernelSpec {
  const { hiddenSize, direction, storage, type } = layer;
  const unit = unitOf(layer);
  const functions = functionsFor(layer);
  const details = [
    `H=${hiddenSize}`,
    ...(direction === "forward" ? [] : [direction]),
    ...(storage === "f32" ? [] : [storage]),
    ...functions.words,
  ];
  return {
    label: `${name.replace("recurrent", type)} ${details.join(" ")}`,
    source: [source, layerSource(unit), state, unit.state + unit.step, weightSource[storage], functions.source].join(
      "",
    ),
    entryPoint: name,
    constants: {
      ...layerConstants(layer, stateSize),
      ...functions.constants,
    },
    bindings,
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, numDirections(layer)],
    flopPerRow: 2 * numProducts * hiddenSize * hiddenSize * numDirections(layer),
  };
}

/** A kernel that advances a layer from its projection. @param more bindings of its own, after those of all */
export function projectedSpec(
  kernel: Omit<StepKernel, "bindings">,
  layer: RecurrentLayer,
  stateSize: number,
  ...more: KernelBinding[]
): KernelSpec {
  const bindings = [...PROJECTED_BINDINGS, ...more];
  return stepSpec({ ...kernel, source: kernel.source + step + unitOf(layer).products, bindings }, layer, stateSize);
}

const input: KernelBinding = "read-only-storage";

/** Params; lengths, slots, projection, recurrent weight and bias; state, output. */
export const PROJECTED_BINDINGS: readonly KernelBinding[] = [
  "uniform",
  input,
  input,
  input,
  input,
  input,
  "storage",
  "storage",
];

/** Overrides of shaders/lib/layer.wgsl and lib/chunk.wgsl. */
export function layerConstants(
  layer: { readonly hiddenSize: number; readonly direction: Direction },
  stateSize: number,
): Record<string, number> {
  return {
    WORKGROUP_SIZE,
    HIDDEN_SIZE: layer.hiddenSize,
    STATE_SIZE: stateSize,
    NUM_DIRECTIONS: numDirections(layer),
    FIRST_REVERSE: layer.direction === "reverse" ? 0 : 1,
  };
}

/** An activation's number in shaders/lib/activations.wgsl. */
export function functionIndex({ name }: Activation): number {
  return ELEMENT_FUNCTIONS.indexOf(name);
}

/** Overrides of shaders/lib/functions_general.wgsl, and of an LSTM's lib/output_function_general.wgsl. */
function functionConstants(layer: RecurrentLayer): Record<string, number> {
  const { output, ...functions } = functionsOf(layer);
  const all = Object.entries(layer.type === "lstm" ? { ...functions, output } : functions);
  return {
    ...Object.fromEntries(
      all.flatMap(([name, activation]) => [
        [`${name.toUpperCase()}_FUNCTION`, functionIndex(activation)],
        [`${name.toUpperCase()}_ALPHA`, activation.alpha],
        [`${name.toUpperCase()}_BETA`, activation.beta],
      ]),
    ),
    CLIP: layer.clip ?? NO_CLIP,
  };
}
