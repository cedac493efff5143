import { GruError } from "../errors.js";
import { firstNonFinite } from "./finite.js";
import { type Layer, layerOutputSize, type Network, NETWORK_INPUT } from "./network.js";

export interface NetworkParts {
  /** In topological order: a layer reads only layers before it. */
  readonly layers: readonly Layer[];
  /** What output i stands for: one string for each output of the last layer. */
  readonly vocabulary?: readonly string[] | null;
  readonly notes?: readonly string[];
}

/**
 * Checks layers and their wiring, and gives the network that they make.
 *
 * @throws GruError `unsupported` for wiring that cannot run, `shape-mismatch` for a tensor or a
 *   concatenation of the wrong size, `bad-file` for a weight that is NaN or infinite
 */
export function defineNetwork({ layers, vocabulary = null, notes = [] }: NetworkParts): Network {
  const last = layers.at(-1);
  if (last === undefined) throw new GruError("unsupported", "network: expected at least one layer, got none");
  const sizes = new Map<string, number>();
  for (const layer of layers) {
    checkName(layer, sizes);
    checkTensors(layer);
    checkWiring(layer, sizes);
    sizes.set(layer.name, layerOutputSize(layer));
  }
  const input = networkInput(layers, sizes);
  const outputSize = layerOutputSize(last);
  if (vocabulary !== null && vocabulary.length !== outputSize) {
    throw new GruError(
      "shape-mismatch",
      `vocabulary: expected ${outputSize} strings, one for each output, got ${vocabulary.length}`,
    );
  }
  return { layers, ...input, outputSize, vocabulary, notes };
}

function checkName(layer: Layer, sizes: ReadonlyMap<string, number>): void {
  if (layer.name === "" || layer.name === NETWORK_INPUT) {
    const expected = `one other than "" and "${NETWORK_INPUT}"`;
    throw new GruError("unsupported", `layer name: expected ${expected}, got "${layer.name}"`);
  }
  if (sizes.has(layer.name)) {
    throw new GruError("unsupported", `layer "${layer.name}": expected a name of its own, got one used before`);
  }
}

function checkWiring(layer: Layer, sizes: ReadonlyMap<string, number>): void {
  const { name, inputs } = layer;
  const unknown = inputs.find((input) => input !== NETWORK_INPUT && !sizes.has(input));
  if (unknown !== undefined) {
    throw new GruError(
      "unsupported",
      `layer "${name}": expected input "${unknown}" among the layers before it, got none`,
    );
  }
  const numNetworkInputs = inputs.filter((input) => input === NETWORK_INPUT).length;
  const isWired = layer.type === "embedding" ? inputs.length === 1 : inputs.length > 0;
  if (!isWired || numNetworkInputs > 1 || (layer.type === "embedding" && numNetworkInputs !== 1)) {
    const expected =
      layer.type === "embedding" ? `["${NETWORK_INPUT}"]` : `earlier layers, and "${NETWORK_INPUT}" at most once`;
    throw new GruError(
      "unsupported",
      `layer "${name}": expected inputs to be ${expected}, got ${JSON.stringify(inputs)}`,
    );
  }
}

/** What the network's own input is, from the layers that read it; checks every concatenation on the way. */
function networkInput(
  layers: readonly Layer[],
  sizes: ReadonlyMap<string, number>,
): Pick<Network, "inputType" | "inputSize"> {
  const readers = layers.filter((layer) => layer.inputs.includes(NETWORK_INPUT));
  if (readers.length === 0) {
    throw new GruError("unsupported", `network: expected a layer that reads "${NETWORK_INPUT}", got none`);
  }
  const features = readers.filter((layer) => layer.type !== "embedding");
  const isIndices = features.length < readers.length;
  if (isIndices && features.length > 0) {
    throw new GruError(
      "unsupported",
      `layer "${features[0]!.name}": expected only embeddings to read "${NETWORK_INPUT}", since it holds indices, got a ${features[0]!.type}`,
    );
  }
  let inputSize = isIndices ? 1 : 0;
  for (const layer of layers) {
    if (layer.type === "embedding") continue;
    const fromLayers = layer.inputs.reduce((sum, input) => sum + (sizes.get(input) ?? 0), 0);
    if (layer.inputs.includes(NETWORK_INPUT)) inputSize ||= Math.max(1, layer.inputSize - fromLayers);
    const expected = fromLayers + (layer.inputs.includes(NETWORK_INPUT) ? inputSize : 0);
    if (layer.inputSize !== expected) {
      throw new GruError(
        "shape-mismatch",
        `layer "${layer.name}": expected inputSize ${expected}, the size of [${layer.inputs.join(", ")}], got ${layer.inputSize}`,
      );
    }
  }
  return { inputType: isIndices ? "indices" : "features", inputSize };
}

function checkTensors(layer: Layer): void {
  for (const [field, size] of sizesOf(layer)) {
    if (!Number.isInteger(size) || size < 1) {
      throw new GruError(
        "shape-mismatch",
        `layer "${layer.name}": expected ${field} to be a positive integer, got ${size}`,
      );
    }
  }
  for (const [tensor, values, shape] of tensorsOf(layer)) {
    const length = shape.reduce((product, size) => product * size, 1);
    if (values.length !== length) {
      throw new GruError(
        "shape-mismatch",
        `${layer.name}.${tensor}: expected shape [${shape.join(", ")}], ${length} elements, got ${values.length}`,
      );
    }
    const at = firstNonFinite(values);
    if (at >= 0) {
      throw new GruError(
        "bad-file",
        `${layer.name}.${tensor}: expected finite weights, got ${values[at]} at element ${at}`,
      );
    }
  }
}

function sizesOf(layer: Layer): [field: string, size: number][] {
  switch (layer.type) {
    case "embedding":
      return [["numEmbeddings", layer.numEmbeddings], ["embeddingSize", layer.embeddingSize]]; // prettier-ignore
    case "gru":
      return [["inputSize", layer.inputSize], ["hiddenSize", layer.hiddenSize]]; // prettier-ignore
    case "dense":
      return [["inputSize", layer.inputSize], ["outputSize", layer.outputSize]]; // prettier-ignore
  }
}

function tensorsOf(layer: Layer): [tensor: string, values: Float32Array, shape: number[]][] {
  const matrix = (rows: number, columns: number): [string, Float32Array, number[]] => [
    "weight",
    layer.weight,
    [rows, columns],
  ];
  if (layer.type === "embedding") return [matrix(layer.numEmbeddings, layer.embeddingSize)];
  const rows = layer.type === "gru" ? 3 * layer.hiddenSize : layer.outputSize;
  const list = [matrix(rows, layer.inputSize)];
  if (layer.bias) list.push(["bias", layer.bias, [rows]]);
  if (layer.type === "gru") {
    list.push(["recurrentWeight", layer.recurrentWeight, [rows, layer.hiddenSize]]);
    if (layer.recurrentBias) list.push(["recurrentBias", layer.recurrentBias, [rows]]);
  }
  return list;
}
