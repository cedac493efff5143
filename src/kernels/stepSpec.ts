import activations from "../../shaders/lib/activations.wgsl?raw";
import gatesDefault from "../../shaders/lib/gates_default.wgsl?raw";
import gatesGeneral from "../../shaders/lib/gates_general.wgsl?raw";
import recurrent from "../../shaders/lib/recurrent.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";
import tile from "../../shaders/lib/tile.wgsl?raw";
import time from "../../shaders/lib/time.wgsl?raw";
import { type Activation, describeActivation, ELEMENT_FUNCTIONS } from "../layers/activation.js";
import { numDirections } from "../layers/direction.js";
import type { GruLayer } from "../layers/gru.js";
import { type KernelBinding, type KernelSpec, numWorkgroups, WORKGROUP_SIZE } from "./kernelSpec.js";
import { weightSource } from "./weightStorage.js";

/** What one step kernel has of its own. */
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
 * A kernel of one step of a GRU layer: activations, direction and storage are taken in the same way by all of them.
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
  const next = describeActivation(newActivation);
  const isDefault = gate === "sigmoid" && next === "tanh" && clip === null;
  const details = [
    `H=${hiddenSize}`,
    ...(direction === "forward" ? [] : [direction]),
    ...(storage === "f32" ? [] : [storage]),
    ...(isDefault ? [] : [`${gate} ${next} clip ${clip ?? "none"}`]),
  ];
  const gates = isDefault ? [gatesDefault] : [gatesGeneral, activations];
  return {
    label: `${name} ${details.join(" ")}`,
    source: [source, weightSource[storage], tile, recurrent, time, sigmoidTanh, ...gates].join(""),
    entryPoint: name,
    constants: {
      WORKGROUP_SIZE,
      HIDDEN_SIZE: hiddenSize,
      STATE_SIZE: stateSize,
      NUM_DIRECTIONS: numDirections(layer),
      FIRST_REVERSE: direction === "reverse" ? 0 : 1,
      ...(isDefault ? {} : generalConstants(gateActivation, newActivation, clip)),
    },
    bindings,
    workgroups: (batchSize) => [numWorkgroups(hiddenSize), batchSize, numDirections(layer)],
    flopPerRow: 2 * numProducts * hiddenSize * hiddenSize * numDirections(layer),
  };
}

/** An activation's number in shaders/lib/activations.wgsl. */
export function functionIndex({ name }: Activation): number {
  return ELEMENT_FUNCTIONS.indexOf(name);
}

function generalConstants(gate: Activation, next: Activation, clip: number | null): Record<string, number> {
  return {
    GATE_FUNCTION: functionIndex(gate),
    GATE_ALPHA: gate.alpha,
    GATE_BETA: gate.beta,
    NEW_FUNCTION: functionIndex(next),
    NEW_ALPHA: next.alpha,
    NEW_BETA: next.beta,
    CLIP: clip ?? NO_CLIP,
  };
}
