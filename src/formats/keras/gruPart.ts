// One direction of a Keras GRU. Its gates are z r h along the last axis, its kernels [I, 3H]; ours are r z n, [3H, I]. Keras's h
// is our n.
//
//   n = g(x_n + r * (h R_n + c_n))    reset_after
//   n = g(x_n + (r * h) R_n)          otherwise
//   h' = z * h + (1 - z) * n

import { GruError } from "../../errors.js";
import { convertKernel, swapGates } from "../kernel.js";
import { cellWeights, checkShape, type GruPart, unitsOf } from "./cellPart.js";
import type { Config } from "./config.js";
import { elementActivation, gateActivation } from "./kerasActivation.js";
import type { NamedTensor } from "./kerasModel.js";

/** Keras 1 has W, U and b of z, then of r, then of h. */
const KERAS_1_GATES = [0, 3, 6];

/**
 * Reads a GRU's or a GRUCell's arguments and weights.
 *
 * @param tensors kernel [I, 3H], recurrent_kernel [H, 3H], and bias [3H] or, with reset_after, [2, 3H]; by default, Keras 1
 *   has nine tensors, three for each gate
 * @throws GruError `bad-file`, `shape-mismatch`, `unsupported`
 */
export function readGruPart(config: Config, tensors: readonly NamedTensor[], isKeras3: boolean): GruPart {
  const hiddenSize = unitsOf(config);
  const { inputSize, kernel, recurrent, bias, storage } = cellWeights(config, tensors, 3, KERAS_1_GATES);
  const hasTwoBiases = bias?.tensor.shape.length === 2;
  if (bias !== undefined) checkShape(bias, hasTwoBiases ? [2, 3 * hiddenSize] : [3 * hiddenSize]);
  // Keras before 2.1 had neither the argument nor this form.
  const resetAfter = config.flag("reset_after", hasTwoBiases);
  if (bias !== undefined && resetAfter !== hasTwoBiases) {
    const shape = resetAfter ? `[2, ${3 * hiddenSize}]` : `[${3 * hiddenSize}]`;
    const got = bias.tensor.shape.join(", ");
    throw new GruError(
      "shape-mismatch",
      `${bias.name}: expected shape ${shape} for reset_after ${resetAfter}, got [${got}]`,
    );
  }
  const biases = bias === undefined ? null : bias.tensor.values;
  return {
    type: "gru",
    inputSize,
    hiddenSize,
    resetAfter,
    gateActivation: gateActivation(config, resetAfter ? "sigmoid" : "hard_sigmoid", isKeras3),
    newActivation: elementActivation(config, "activation", "tanh", isKeras3),
    storage,
    weight: convertKernel(kernel.tensor, 3),
    recurrentWeight: convertKernel(recurrent.tensor, 3),
    bias: biases && inOurOrder(biases.subarray(0, 3 * hiddenSize)),
    recurrentBias: biases && hasTwoBiases ? inOurOrder(biases.subarray(3 * hiddenSize)) : null,
  };
}

/** A copy with the gates in our order. @param zrn [3H] */
function inOurOrder(zrn: Float32Array): Float32Array {
  const rzn = zrn.slice();
  swapGates(rzn, 1);
  return rzn;
}
