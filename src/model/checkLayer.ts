import { GruError } from "../errors.js";
import { ELEMENT_FUNCTIONS, ROW_FUNCTIONS } from "./activation.js";
import { firstNonFinite } from "./finite.js";
import { isFloat16 } from "./float16.js";
import type { Direction, Layer, Storage } from "./network.js";
import { describeNumber, describeValue } from "./valueKind.js";

const DIRECTIONS: readonly unknown[] = ["forward", "reverse", "bidirectional"] satisfies Direction[];
/** Indices travel in float32, which holds whole numbers up to here. */
const MAX_EMBEDDINGS = 2 ** 24;

const STORAGES: readonly unknown[] = ["f32", "f16", "int8"] satisfies Storage[];

/**
 * Checks what one layer says of itself, apart from its wiring.
 *
 * @throws GruError `unsupported` for a word that means nothing here, `shape-mismatch` for a size or a tensor of the
 *   wrong size, `bad-file` for a weight that is not finite or that its storage cannot hold
 */
export function checkLayer(layer: Layer): void {
  checkWords(layer);
  for (const [field, size] of sizesOf(layer)) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new GruError(
      "shape-mismatch",
      `layer "${layer.name}": expected ${field} to be a positive integer, got ${describeNumber(size)}`,
    );
  }
  if (layer.type === "embedding" && layer.numEmbeddings > MAX_EMBEDDINGS) {
    throw new GruError(
      "unsupported",
      `layer "${layer.name}": expected numEmbeddings to be at most ${MAX_EMBEDDINGS}, since float32 holds no index beyond exactly, got ${layer.numEmbeddings}`,
    );
  }
  for (const [tensor, values, shape] of tensorsOf(layer)) {
    const kind = describeValue(values);
    if (values === null || !/^a Float32Array of \d/.test(kind)) {
      throw new GruError("shape-mismatch", `${layer.name}.${tensor}: expected a Float32Array, got ${kind}`);
    }
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
  checkStorage(layer);
}

function checkWords(layer: Layer): void {
  const word = (field: string, words: readonly unknown[], got: unknown) => {
    if (words.includes(got)) return;
    const expected = words.map((name) => JSON.stringify(name)).join(", ");
    throw new GruError(
      "unsupported",
      `layer "${layer.name}": expected ${field} to be one of ${expected}, got ${describeValue(got)}`,
    );
  };
  word("storage", STORAGES, layer.storage);
  if (layer.type === "dense") word("activation", [...ELEMENT_FUNCTIONS, ...ROW_FUNCTIONS], layer.activation.name);
  if (layer.type !== "gru") return;
  word("direction", DIRECTIONS, layer.direction);
  word("resetAfter", [true, false], layer.resetAfter);
  word("returnSequences", [true, false], layer.returnSequences);
  word("gateActivation", ELEMENT_FUNCTIONS, layer.gateActivation.name);
  word("newActivation", ELEMENT_FUNCTIONS, layer.newActivation.name);
  if (layer.clip !== null && !(typeof layer.clip === "number" && layer.clip > 0)) {
    const got = describeNumber(layer.clip);
    throw new GruError("unsupported", `layer "${layer.name}": expected clip to be above 0, or null, got ${got}`);
  }
}

function sizesOf(layer: Layer): [field: string, size: number][] {
  const sizes: [string, number][] = [];
  if (layer.type === "embedding") sizes.push(["numEmbeddings", layer.numEmbeddings]);
  if (layer.type === "embedding") sizes.push(["embeddingSize", layer.embeddingSize]);
  if (layer.type !== "embedding") sizes.push(["inputSize", layer.inputSize]);
  if (layer.type === "gru") sizes.push(["hiddenSize", layer.hiddenSize]);
  if (layer.type === "dense") sizes.push(["outputSize", layer.outputSize]);
  return sizes;
}

function tensorsOf(layer: Layer): [tensor: string, values: Float32Array | null, shape: number[]][] {
  const list: [string, Float32Array | null, number[]][] = [];
  const add = (tensor: string, values: Float32Array | null, shape: number[]) => {
    if (values !== null || tensor === "weight" || tensor === "recurrentWeight") list.push([tensor, values, shape]);
  };
  if (layer.type === "embedding") {
    add("weight", layer.weight, [layer.numEmbeddings, layer.embeddingSize]);
    add("weightScale", layer.weightScale, [layer.numEmbeddings]);
    return list;
  }
  const directions = layer.type === "gru" && layer.direction === "bidirectional" ? [2] : [];
  const rows = layer.type === "gru" ? 3 * layer.hiddenSize : layer.outputSize;
  add("weight", layer.weight, [...directions, rows, layer.inputSize]);
  add("bias", layer.bias, [...directions, rows]);
  add("weightScale", layer.weightScale, [...directions, rows]);
  if (layer.type === "gru") {
    add("recurrentWeight", layer.recurrentWeight, [...directions, rows, layer.hiddenSize]);
    add("recurrentBias", layer.recurrentBias, [...directions, rows]);
    add("recurrentWeightScale", layer.recurrentWeightScale, [...directions, rows]);
  }
  return list;
}

/** Every device computes with the same numbers only if the storage can hold them. */
function checkStorage(layer: Layer): void {
  const { name, storage } = layer;
  const matrices = [{ tensor: "weight", values: layer.weight, scale: layer.weightScale }];
  if (layer.type === "gru") {
    const { recurrentWeight: values, recurrentWeightScale: scale } = layer;
    matrices.push({ tensor: "recurrentWeight", values, scale });
  }
  for (const { tensor, values, scale } of matrices) {
    if ((storage === "int8") !== (scale !== null)) {
      const [expected, got] = storage === "int8" ? ["a scale for each row of", "none"] : ["no scale for", "one"];
      throw new GruError("bad-file", `${name}.${tensor}Scale: expected ${expected} ${storage} weights, got ${got}`);
    }
    if (storage === "f32") continue;
    const rowLength = scale === null ? 1 : values.length / scale.length;
    const isHeld = (value: number, i: number) =>
      storage === "f16" ? isFloat16(value) : Math.abs(value / scale![Math.floor(i / rowLength)]!) < 127.5;
    const at = values.findIndex((value, i) => value !== 0 && !isHeld(value, i));
    if (at < 0) continue;
    throw new GruError(
      "bad-file",
      `${name}.${tensor}: expected weights that ${storage} can hold, got ${values[at]} at element ${at}; dtype converts`,
    );
  }
}
