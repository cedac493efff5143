import { NETWORK_INPUT } from "../../model/network.js";
import type { Tensor } from "../tensor.js";
import { convertKernel } from "../kernel.js";
import { checkShape } from "./cellPart.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import { indexMask, numberMask } from "./mask.js";

export const readEmbedding: LayerReader = (call) => {
  const { name, config, builder, input } = call;
  const [part] = input.parts;
  const isInput = [...builder.inputs.values()].some(({ parts }) => parts.length === 1 && parts[0] === part);
  if (!isInput || input.parts.length > 1 || input.size !== 1) {
    throw call.unsupported(`an embedding to read the model's input, got "${input.parts.join()}"`);
  }
  const [numEmbeddings, embeddingSize] = [config.size("input_dim"), config.size("output_dim")];
  const [table] = call.weights("embeddings");
  checkShape(table!, [numEmbeddings, embeddingSize]);
  if (part === NETWORK_INPUT) {
    const { values: weight, storage } = table!.tensor;
    call.push({ type: "embedding", name, inputs: [part], numEmbeddings, embeddingSize, weight, storage });
  } else {
    pushLookUp(call, part!, table!.tensor, numEmbeddings, embeddingSize);
  }
  // An index that is the same in all steps is [B, 1] in Keras.
  const shape = [...(input.isSequence ? input.shape.slice(1) : input.shape), embeddingSize];
  const value = { ...input, parts: [name], size: embeddingSize, shape };
  if (!config.flag("mask_zero", false) || !input.isSequence) return value;
  const known = builder.indexMasks.get(part!);
  if (known !== undefined) return { ...value, mask: known };
  const mask = { layer: `${name}.mask`, isReversed: input.isReversed };
  builder.indexMasks.set(part!, mask);
  call.push(part === NETWORK_INPUT ? indexMask(mask.layer, numEmbeddings) : numberMask(mask.layer, part!));
  return { ...value, mask };
};

/**
 * A row of a table by a number among others, which layers of indices do not read:
 *
 *   row = weight * relu(1 - |index - [0, 1, 2 ...]|)
 *
 * Of whole numbers the product is exact: one factor is 1, the others are 0.
 */
function pushLookUp(call: LayerCall, part: string, table: Tensor, numEmbeddings: number, embeddingSize: number): void {
  const { name } = call;
  const [outputSize, map] = [numEmbeddings, { type: "map", outputSize: numEmbeddings } as const];
  const numbers = Float32Array.from({ length: numEmbeddings }, (_, i) => i);
  call.push(
    {
      type: "rearrange",
      name: `${name}.index`,
      inputs: [part],
      inputSize: 1,
      outputSize,
      indices: new Float32Array(numEmbeddings),
    },
    {
      ...map,
      name: `${name}.distance`,
      inputs: [`${name}.index`],
      operation: "subtract",
      operand: numbers,
      activation: "abs",
    },
    {
      ...map,
      name: `${name}.chosen`,
      inputs: [`${name}.distance`],
      operation: "multiply",
      operand: new Float32Array(numEmbeddings).fill(-1),
      bias: new Float32Array(numEmbeddings).fill(1),
      activation: "relu",
    },
    {
      type: "dense",
      name,
      inputs: [`${name}.chosen`],
      inputSize: numEmbeddings,
      outputSize: embeddingSize,
      weight: convertKernel(table, 1),
      storage: table.storage,
    },
  );
}
