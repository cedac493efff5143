// A unit of each recurrent layer type, as the kernels of lib/ in WGSL have it.

import functionsDefault from "../../shaders/lib/functions_default.wgsl?raw";
import functionsGeneral from "../../shaders/lib/functions_general.wgsl?raw";
import gatesFour from "../../shaders/lib/gates_four.wgsl?raw";
import gatesOne from "../../shaders/lib/gates_one.wgsl?raw";
import gatesThree from "../../shaders/lib/gates_three.wgsl?raw";
import gru from "../../shaders/lib/gru.wgsl?raw";
import keptH from "../../shaders/lib/kept_h.wgsl?raw";
import keptHC from "../../shaders/lib/kept_h_c.wgsl?raw";
import lstm from "../../shaders/lib/lstm.wgsl?raw";
import outputDefault from "../../shaders/lib/output_function_default.wgsl?raw";
import outputGeneral from "../../shaders/lib/output_function_general.wgsl?raw";
import productsOfFour from "../../shaders/lib/products_of_four.wgsl?raw";
import productsOfOne from "../../shaders/lib/products_of_one.wgsl?raw";
import productsOfThree from "../../shaders/lib/products_of_three.wgsl?raw";
import rnn from "../../shaders/lib/rnn.wgsl?raw";
import sumsAtOnce from "../../shaders/lib/sums_at_once.wgsl?raw";
import sumsInPairs from "../../shaders/lib/sums_in_pairs.wgsl?raw";
import stepGru from "../../shaders/lib/step_gru.wgsl?raw";
import stepLstm from "../../shaders/lib/step_lstm.wgsl?raw";
import stepRnn from "../../shaders/lib/step_rnn.wgsl?raw";
import unitH from "../../shaders/lib/unit_h.wgsl?raw";
import unitHC from "../../shaders/lib/unit_h_c.wgsl?raw";
import vectorsH from "../../shaders/lib/vectors_h.wgsl?raw";
import vectorsHC from "../../shaders/lib/vectors_h_c.wgsl?raw";
import type { GruLayer } from "../layers/gru.js";
import type { Layer, RecurrentLayer } from "../layers/index.js";

export type { RecurrentLayer };

/** WGSL of one type's unit. */
export interface RecurrentUnit {
  readonly numGates: number;
  /** How its gates are counted; its equations; its activations, usual ones and any, with a clip. */
  readonly gates: string;
  readonly equations: string;
  readonly usualFunctions: string;
  readonly anyFunctions: string;
  /** Its products, from the buffers of lib/step.wgsl. */
  readonly products: string;
  /** Its products of four units together. */
  readonly sums: string;
  /** Its state, and a step of it. */
  readonly state: string;
  readonly step: string;
  /** Its state in a persistent kernel, and in recurrence.wgsl; the numbers that it has. */
  readonly kept: string;
  readonly vectors: string;
  readonly numKept: number;
}

const ONE = { numGates: 1, gates: gatesOne, products: productsOfOne, sums: sumsAtOnce };
const THREE = { numGates: 3, gates: gatesThree, products: productsOfThree, sums: sumsAtOnce };
const FOUR = { numGates: 4, gates: gatesFour, products: productsOfFour, sums: sumsInPairs };
const H = { state: unitH, kept: keptH, vectors: vectorsH, numKept: 1 };
const GATES = { usualFunctions: functionsDefault, anyFunctions: functionsGeneral };

const UNITS: Readonly<Record<RecurrentLayer["type"], RecurrentUnit>> = {
  gru: { ...THREE, ...H, ...GATES, equations: gru, step: stepGru },
  lstm: {
    ...FOUR,
    equations: lstm,
    usualFunctions: functionsDefault + outputDefault,
    anyFunctions: functionsGeneral + outputGeneral,
    state: unitHC,
    step: stepLstm,
    kept: keptHC,
    vectors: vectorsHC,
    numKept: 2,
  },
  rnn: { ...ONE, ...H, ...GATES, equations: rnn, step: stepRnn },
};

/** Whether these kernels make a layer's steps. */
export function isRecurrent(layer: Layer): layer is RecurrentLayer {
  return layer.type in UNITS;
}

/** Whether a layer is a GRU whose reset comes before the product, which makes its step in two halves. */
export function resetsBefore(layer: RecurrentLayer): layer is GruLayer {
  return layer.type === "gru" && !layer.resetAfter;
}

/** The unit of a layer. */
export function unitOf({ type }: RecurrentLayer): RecurrentUnit {
  return UNITS[type];
}

/** Gates of each unit of a layer. */
export function numGates(layer: RecurrentLayer): number {
  return unitOf(layer).numGates;
}
