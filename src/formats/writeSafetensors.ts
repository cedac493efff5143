// Writes the file that parseModelFile reads: the layer list as JSON in the metadata, then the tensors without gaps.

import { GruError } from "../errors.js";
import { defineNetwork } from "../model/defineNetwork.js";
import { checkOptions } from "../model/checkOptions.js";
import { float32ToFloat16 } from "../model/float16.js";
import { isStored, type Layer, scaleName, tensorsOf } from "../layers/index.js";
import type { Storage } from "../layers/layerType.js";
import type { Network } from "../model/network.js";
import { withStorage } from "../model/quantize.js";
import { describeValue } from "../model/valueKind.js";
import { type LayerDescription, layerKeys, type NetworkDescription } from "./description.js";
import { METADATA_KEY, TORCH_NAME } from "./modelFile.js";

/** Options of writing a network. */
export interface WriteOptions {
  /** Storage of the matrices in the file; the network's own when absent. */
  readonly dtype?: Storage;
}

interface FileTensor {
  readonly name: string;
  readonly dtype: "F32" | "F16" | "I8";
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

const DTYPES: readonly unknown[] = ["f32", "f16", "int8"] satisfies Storage[];
/** The data begins at a multiple of this, after spaces in the header, as in files of the format's own writer. */
const ALIGNMENT_BYTES = 8;

/**
 * A network as a model file of ours. `loadModel` reads the same network from it, without its notes.
 *
 * @param network a model's `network`, or the result of `defineNetwork` or `parseModel`
 * @throws GruError `unsupported` for an unknown dtype, and for a layer whose tensors would have a name of PyTorch's
 */
export function writeSafetensors(network: Network, options: WriteOptions = {}): Uint8Array<ArrayBuffer> {
  const { dtype } = checkOptions(options, ["dtype"]);
  if (dtype !== undefined && !DTYPES.includes(dtype)) {
    throw new GruError("unsupported", `dtype: expected ${DTYPES.join(", ")}, got ${describeValue(dtype)}`);
  }
  const checked = defineNetwork(network);
  const stored = dtype === undefined ? checked : withStorage(checked, dtype);
  const tensors = stored.layers.flatMap(fileTensorsOf);
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

/** The layer list of a network without its weights: the form of model files, and of the option `description`. */
export function describeNetwork(network: Network): NetworkDescription {
  return descriptionOf(defineNetwork(network));
}

function descriptionOf({ layers, outputs, inputs, reversesInput, vocabulary }: Network): NetworkDescription {
  const written = layers.map((layer) => {
    const keys = layerKeys(layer.type);
    const fields = Object.entries(layer).filter(([key, value]) => value !== null && keys.includes(key));
    return Object.fromEntries(fields) as unknown as LayerDescription;
  });
  const parts = inputs === undefined ? {} : { inputs };
  const reversal = reversesInput ? { reversesInput } : {};
  return {
    version: 1,
    layers: written,
    outputs,
    ...parts,
    ...reversal,
    ...(vocabulary === null ? {} : { vocabulary }),
  };
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

function fileTensorsOf(layer: Layer): FileTensor[] {
  if (TORCH_NAME.test(`${layer.name}.weight`)) {
    throw new GruError(
      "unsupported",
      `layer "${layer.name}": a reader would take this name for that of a PyTorch tensor; rename the layer`,
    );
  }
  return tensorsOf(layer).flatMap((tensor): FileTensor[] => {
    const { shape, values, scale } = tensor;
    const name = `${layer.name}.${tensor.name}`;
    if (values === null) return [];
    if (!isStored(tensor)) return [{ name, dtype: "F32", shape, bytes: bytesOf(values) }];
    const matrix = storeMatrix(name, shape, values, scale, layer.storage);
    if (scale === null) return [matrix];
    return [matrix, { name: scaleName(name), dtype: "F32", shape: shape.slice(0, -1), bytes: bytesOf(scale) }];
  });
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
