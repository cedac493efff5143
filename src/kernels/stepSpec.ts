import activations from "../../shaders/lib/activations.wgsl?raw";
import chunk from "../../shaders/lib/chunk.wgsl?raw";
import gatesDefault from "../../shaders/lib/gates_default.wgsl?raw";
import gatesGeneral from "../../shaders/lib/gates_general.wgsl?raw";
import gru from "../../shaders/lib/gru.wgsl?raw";
import layerPart from "../../shaders/lib/layer.wgsl?raw";
import recurrent from "../../shaders/lib/recurrent.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";
import state from "../../shaders/lib/state.wgsl?raw";
import step from "../../shaders/lib/step.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import { type Activation, describeActivation, ELEMENT_FUNCTIONS } from "../layers/activation.js";
import { type Direction, numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { type KernelBinding, type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { rowSource } from "./rowSource.js";
import { weightSource } from "./weightStorage.js";

/** WGSL of every kernel that advances a GRU layer. */
export const layerSource = rowSource + chunk + layerPart + recurrent + tile + gru;

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

/**
 * A kernel of one step of a GRU layer: all of them take activations, direction and storage in the same way.
 *
 * @param stateSize elements of one state of all layers, the same for all kernels of a network
 */
export function stepSpec(
  { name, source, bindings, numProducts }: StepKernel,
  layer: GruLayer,
  stateSize: number,
): KernelSpec {
  const { gateActivation, newActivation, clip, hiddenSize, direction, storage } = layer;
  const gate = describeActivation(gateActivation);
  const newGate = describeActivation(newActivation);
  const isDefault = gate === "sigmoid" && newGate === "tanh" && clip === null;
  const details = [
    `H=${hiddenSize}`,
    ...(direction === "forward" ? [] : [direction]),
    ...(storage === "f32" ? [] : [storage]),
    ...(isDefault ? [] : [`${gate} ${newGate} clip ${clip ?? "none"}`]),
  ];
  const gates = isDefault ? [gatesDefault] : [gatesGeneral, activations];
  return {
    label: `${name} ${details.join(" ")}`,
    source: [source, layerSource, state, weightSource[storage], sigmoidTanh, ...gates].join(""),
    entryPoint: name,
    constants: {
      ...layerConstants(layer, stateSize),
      ...(isDefault ? {} : gateConstants(gateActivation, newActivation, clip)),
    },
    bindings,
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, numDirections(layer)],
    flopPerRow: 2 * numProducts * hiddenSize * hiddenSize * numDirections(layer),
  };
}

/** A kernel that advances a layer from its projection. @param more bindings of its own, after those of all */
export function projectedSpec(
  kernel: Omit<StepKernel, "bindings">,
  layer: GruLayer,
  stateSize: number,
  ...more: KernelBinding[]
): KernelSpec {
  const bindings = [...PROJECTED_BINDINGS, ...more];
  return stepSpec({ ...kernel, source: kernel.source + step, bindings }, layer, stateSize);
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

/** Overrides of shaders/lib/layer.wgsl and lib/chunk.wgsl, of any recurrent layer. */
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

/** Overrides of shaders/lib/gates_general.wgsl. */
export function gateConstants(gate: Activation, newGate: Activation, clip: number | null): Record<string, number> {
  return {
    GATE_FUNCTION: functionIndex(gate),
    GATE_ALPHA: gate.alpha,
    GATE_BETA: gate.beta,
    NEW_FUNCTION: functionIndex(newGate),
    NEW_ALPHA: newGate.alpha,
    NEW_BETA: newGate.beta,
    CLIP: clip ?? NO_CLIP,
  };
}
