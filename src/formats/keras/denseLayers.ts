import { NETWORK_INPUT } from "../../model/network.js";
import { convertKernel } from "../kernel.js";
import { checkShape } from "./cellPart.js";
import { denseActivation, isBounded } from "./kerasActivation.js";
import type { LayerReader } from "./layerCall.js";
import { indexMask } from "./mask.js";

export const readEmbedding: LayerReader = (call) => {
  const { name, config, builder } = call;
  const { parts, shape } = call.input;
  if (parts.join() !== NETWORK_INPUT) {
    throw call.unsupported(`an embedding to read the model's input, got "${parts.join()}"`);
  }
  const [numEmbeddings, embeddingSize] = [config.size("input_dim"), config.size("output_dim")];
  const [table] = call.weights("embeddings");
  checkShape(table!, [numEmbeddings, embeddingSize]);
  const { values: weight, storage } = table!.tensor;
  call.push({ type: "embedding", name, inputs: parts, numEmbeddings, embeddingSize, weight, storage });
  const value = { ...call.input, parts: [name], size: embeddingSize, shape: [...shape.slice(1), embeddingSize] };
  if (!config.flag("mask_zero", false)) return value;
  if (builder.indexMask === null) {
    builder.indexMask = { layer: `${name}.mask`, isReversed: builder.input.isReversed };
    call.push(indexMask(builder.indexMask.layer, numEmbeddings));
  }
  return { ...value, mask: builder.indexMask };
};

export const readDense: LayerReader = (call) => {
  const { name, config, input } = call;
  const hasBias = config.flag(config.has("use_bias") ? "use_bias" : "bias", true); // Keras 1: bias
  const outputSize = config.size(config.has("units") ? "units" : "output_dim");
  const [kernel, bias] = call.weights("kernel", ...(hasBias ? ["bias"] : []));
  checkShape(kernel!, [input.size, outputSize]);
  if (bias !== undefined) checkShape(bias, [outputSize]);
  const activation = denseActivation(config, "activation", "linear", call.dialect.isKeras3);
  call.push({
    type: "dense",
    name,
    inputs: input.parts,
    inputSize: input.size,
    outputSize,
    activation,
    weight: convertKernel(kernel!.tensor, 1),
    bias: bias?.tensor.values ?? null,
    storage: kernel!.tensor.storage,
  });
  return { ...input, parts: [name], size: outputSize, shape: [outputSize], isBounded: isBounded(activation) };
};
