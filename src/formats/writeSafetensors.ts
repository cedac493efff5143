// Writes what parseModelFile reads: the layer list as JSON in the metadata, then the tensors without holes.

import { GruError } from "../errors.js";
import { defineNetwork } from "../model/defineNetwork.js";
import { checkOptions } from "../model/checkOptions.js";
import { float32ToFloat16 } from "../model/float16.js";
import type { Layer, Network, Storage } from "../model/network.js";
import { withStorage } from "../model/quantize.js";
import { describeValue } from "../model/valueKind.js";
import { type LayerDescription, layerKeys, type NetworkDescription } from "./description.js";
import { METADATA_KEY, TORCH_NAME } from "./modelFile.js";

/** How a network is to be written. */
export interface WriteOptions {
  /** What matrices are written as; as the network keeps them, when absent. */
  readonly dtype?: Storage;
}

interface FileTensor {
  readonly name: string;
  readonly dtype: "F32" | "F16" | "I8";
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const DTYPES: readonly unknown[] = ["f32", "f16", "int8"] satisfies Storage[];
/** The header is padded with spaces so that the data begins at a multiple of it, as the format's own writer does. */
const ALIGNMENT_BYTES = 8;

/**
 * A network as a model file of ours, from which `loadModel` gives the same network again, but for its notes.
 *
 * @param network a model's `network`, or what `defineNetwork` and `parseModel` give
 * @throws GruError `unsupported` for a dtype that is none, and a layer's name that would be taken for one of PyTorch's
 */
export function writeSafetensors(network: Network, options: WriteOptions = {}): Uint8Array<ArrayBuffer> {
  const { dtype } = checkOptions(options, ["dtype"]);
  if (dtype !== undefined && !DTYPES.includes(dtype)) {
    throw new GruError("unsupported", `dtype: expected ${DTYPES.join(", ")}, got ${describeValue(dtype)}`);
  }
  const checked = defineNetwork(network);
  const stored = dtype === undefined ? checked : withStorage(checked, dtype);
  const tensors = stored.layers.flatMap(tensorsOf);
  const header: Record<string, unknown> = {
    __metadata__: { [METADATA_KEY]: JSON.stringify(descriptionOf(stored)) },
  };
  let start = 0;
  for (const { name, dtype: written, shape, bytes } of tensors) {
    header[name] = { dtype: written, shape, data_offsets: [start, start + bytes.length] };
    start += bytes.length;
  }
  return joinFile(new TextEncoder().encode(JSON.stringify(header)), tensors, start);
}

/** The layer list of a network without its weights, as a model file has it and `description` takes it. */
export function describeNetwork(network: Network): NetworkDescription {
  return descriptionOf(defineNetwork(network));
}

function descriptionOf({ layers, outputs, reversesInput, vocabulary }: Network): NetworkDescription {
  const written = layers.map((layer) => {
    const keys = layerKeys(layer.type);
    const fields = Object.entries(layer).filter(([key, value]) => value !== null && keys.includes(key));
    return Object.fromEntries(fields) as unknown as LayerDescription;
  });
  const reversal = reversesInput ? { reversesInput } : {};
  return { version: 1, layers: written, outputs, ...reversal, ...(vocabulary === null ? {} : { vocabulary }) };
}

function joinFile(json: Uint8Array, tensors: readonly FileTensor[], dataBytes: number): Uint8Array<ArrayBuffer> {
  const headerBytes = Math.ceil(json.length / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
  const file = new Uint8Array(8 + headerBytes + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.fill(" ".charCodeAt(0), 8, 8 + headerBytes);
  file.set(json, 8);
  let at = 8 + headerBytes;
  for (const { bytes } of tensors) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function tensorsOf(layer: Layer): FileTensor[] {
  const { name, weight, weightScale } = layer;
  if (TORCH_NAME.test(`${name}.weight`)) {
    throw new GruError(
      "unsupported",
      `layer "${name}": expected a name unlike those of PyTorch's tensors, got that one`,
    );
  }
  const matrix = (field: string, values: Float32Array, scale: Float32Array | null, numColumns: number) => {
    const shape = [...rowsOf(layer), numColumns];
    const tensor = storeMatrix(`${name}.${field}`, shape, values, scale, layer.storage);
    return scale === null ? [tensor] : [tensor, ...vector(`${field}Scale`, scale)];
  };
  const vector = (field: string, values: Float32Array | null): FileTensor[] =>
    values === null ? [] : [{ name: `${name}.${field}`, dtype: "F32", shape: rowsOf(layer), bytes: bytesOf(values) }];
  switch (layer.type) {
    case "embedding":
      return matrix("weight", weight, weightScale, layer.embeddingSize);
    case "dense":
      return [...matrix("weight", weight, weightScale, layer.inputSize), ...vector("bias", layer.bias)];
    case "gru":
      return [
        ...matrix("weight", weight, weightScale, layer.inputSize),
        ...matrix("recurrentWeight", layer.recurrentWeight, layer.recurrentWeightScale, layer.hiddenSize),
        ...vector("bias", layer.bias),
        ...vector("recurrentBias", layer.recurrentBias),
      ];
  }
}

/** All axes but the last of a layer's matrices, which are those of its biases and scales. */
function rowsOf(layer: Layer): number[] {
  if (layer.type === "embedding") return [layer.numEmbeddings];
  if (layer.type === "dense") return [layer.outputSize];
  return [...(layer.direction === "bidirectional" ? [2] : []), 3 * layer.hiddenSize];
}

function storeMatrix(
  name: string,
  shape: readonly number[],
  values: Float32Array,
  scale: Float32Array | null,
  storage: Storage,
): FileTensor {
  if (storage === "f32") return { name, dtype: "F32", shape, bytes: bytesOf(values) };
  if (storage === "f16") return { name, dtype: "F16", shape, bytes: bytesOf(float32ToFloat16(values)) };
  const rowLength = shape.at(-1)!;
  // The values are whole multiples of their row's scale, rounded to float32.
  const multiples = Int8Array.from(values, (value, i) => Math.round(value / scale![Math.floor(i / rowLength)]!));
  return { name, dtype: "I8", shape, bytes: bytesOf(multiples) };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array | Int8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
