// One direction of a Keras SimpleRNN. Its kernels are [I, H], ours [H, I]; it has one bias.

import { convertKernel } from "../kernel.js";
import { cellWeights, checkShape, type RnnPart, unitsOf } from "./cellPart.js";
import type { Config } from "./config.js";
import { elementActivation } from "./kerasActivation.js";
import type { NamedTensor } from "./kerasModel.js";

/**
 * Reads a SimpleRNN's or a SimpleRNNCell's arguments and weights.
 *
 * @param tensors kernel [I, H], recurrent_kernel [H, H] and bias [H]
 * @throws GruError `bad-file`, `shape-mismatch`, `unsupported`
 */
export function readRnnPart(config: Config, tensors: readonly NamedTensor[], isKeras3: boolean): RnnPart {
  const hiddenSize = unitsOf(config);
  const { inputSize, kernel, recurrent, bias, storage } = cellWeights(config, tensors, 1, [0]);
  if (bias !== undefined) checkShape(bias, [hiddenSize]);
  return {
    type: "rnn",
    inputSize,
    hiddenSize,
    activation: elementActivation(config, "activation", "tanh", isKeras3),
    storage,
    weight: convertKernel(kernel.tensor, 1),
    recurrentWeight: convertKernel(recurrent.tensor, 1),
    bias: bias === undefined ? null : bias.tensor.values,
    recurrentBias: null,
  };
}
