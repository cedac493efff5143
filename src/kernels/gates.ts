import activations from "../../shaders/lib/activations.wgsl?raw";
import gatesDefault from "../../shaders/lib/gates_default.wgsl?raw";
import gatesGeneral from "../../shaders/lib/gates_general.wgsl?raw";
import sigmoidTanh from "../../shaders/lib/sigmoid_tanh.wgsl?raw";
import time from "../../shaders/lib/time.wgsl?raw";
import { type Activation, describeActivation, ELEMENT_FUNCTIONS } from "../model/activation.js";
import { type GruLayer, numDirections } from "../model/network.js";
import { weightSource } from "./weightStorage.js";

/** What the step kernels of one GRU layer have in common. */
export interface GateParts {
  /** Shape and whatever is not the default, for the label. */
  readonly label: string;
  /** The shared functions that a step kernel calls. */
  readonly source: string;
  readonly constants: Readonly<Record<string, number>>;
}

/** The largest float32: a clip that does nothing. */
const NO_CLIP = 3.4028234663852886e38;

/** Activations, direction and weight storage of a GRU layer, as its step kernels take them. */
export function gateParts(layer: GruLayer): GateParts {
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
  return {
    label: details.join(" "),
    source: [
      weightSource[storage],
      time,
      sigmoidTanh,
      ...(isDefault ? [gatesDefault] : [gatesGeneral, activations]),
    ].join(""),
    constants: {
      HIDDEN_SIZE: hiddenSize,
      NUM_DIRECTIONS: numDirections(layer),
      FIRST_REVERSE: direction === "reverse" ? 0 : 1,
      ...(isDefault ? {} : generalConstants(gateActivation, newActivation, clip)),
    },
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
