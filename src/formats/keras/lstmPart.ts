// One direction of a Keras LSTM. Its gates are i f c o along the last axis, which are our i f g o, its kernels [I, 4H], ours
// [4H, I]. There is one bias; unit_forget_bias only says how it began.

import { convertKernel } from "../kernel.js";
import { cellWeights, checkShape, type LstmPart, unitsOf } from "./cellPart.js";
import type { Config } from "./config.js";
import { elementActivation, gateActivation } from "./kerasActivation.js";
import type { NamedTensor } from "./kerasModel.js";

/** Keras 1 has W, U and b of i, then of c, then of f, then of o. */
const KERAS_1_GATES = [0, 6, 3, 9];

/**
 * Reads an LSTM's or an LSTMCell's arguments and weights.
 *
 * @param tensors kernel [I, 4H], recurrent_kernel [H, 4H] and bias [4H]; Keras 1 has twelve tensors, three for each gate
 * @throws GruError `bad-file`, `shape-mismatch`, `unsupported`
 */
export function readLstmPart(config: Config, tensors: readonly NamedTensor[], isKeras3: boolean): LstmPart {
  const hiddenSize = unitsOf(config);
  const { inputSize, kernel, recurrent, bias, storage } = cellWeights(config, tensors, 4, KERAS_1_GATES);
  if (bias !== undefined) checkShape(bias, [4 * hiddenSize]);
  const activation = elementActivation(config, "activation", "tanh", isKeras3);
  return {
    type: "lstm",
    inputSize,
    hiddenSize,
    gateActivation: gateActivation(config, "hard_sigmoid", isKeras3), // the default before TF 2
    newActivation: activation,
    outputActivation: activation,
    storage,
    weight: convertKernel(kernel.tensor, 4),
    recurrentWeight: convertKernel(recurrent.tensor, 4),
    bias: bias === undefined ? null : bias.tensor.values,
    recurrentBias: null,
  };
}
