import { float16ToFloat32, float32ToFloat16 } from "./float16.js";
import { isStored, type Layer, scaleName, tensorsOf, withTensors } from "../layers/index.js";
import type { Storage } from "../layers/layerType.js";
import type { Network } from "./network.js";

/**
 * The same network with its matrices in another storage: each value is rounded to one that the storage can hold. Biases stay
 * float32. A layer that is in `storage` already does not change.
 *
 * f16 rounds to nearest. A layer with values beyond 65504 stays f32: they would become infinite, which `defineNetwork`
 * refuses. int8 rounds to nearest, with a scale for each row: its largest magnitude / 127.
 */
export function withStorage(network: Network, storage: Storage): Network {
  const layers = network.layers.map((layer) => (layer.storage === storage ? layer : storeLayer(layer, storage)));
  return { ...network, layers };
}

function storeLayer(layer: Layer, storage: Storage): Layer {
  const matrices = tensorsOf(layer).filter(isStored);
  if (matrices.length === 0) return layer;
  if (storage === "f16" && !matrices.every(({ values }) => fitsFloat16(values!))) return layer;
  const tensors: Record<string, Float32Array | null> = {};
  for (const { name, shape, values } of matrices) {
    const stored = storeMatrix(values!, shape.at(-1)!, storage);
    tensors[name] = stored.values;
    tensors[scaleName(name)] = stored.scale;
  }
  return withTensors(layer, storage, tensors);
}

interface StoredMatrix {
  readonly values: Float32Array;
  /** int8 only */
  readonly scale: Float32Array | null;
}

function storeMatrix(values: Float32Array, length: number, storage: Storage): StoredMatrix {
  switch (storage) {
    case "f32":
      return { values, scale: null };
    case "f16":
      return { values: float16ToFloat32(float32ToFloat16(values)), scale: null };
    case "int8":
      return roundToInt8(values, length);
  }
}

const MAX_FLOAT16 = 65504;

function fitsFloat16(values: Float32Array): boolean {
  return values.every((value) => Math.abs(value) <= MAX_FLOAT16);
}

/** Rounds each row to whole multiples of its scale. @param values [rows, length] */
function roundToInt8(values: Float32Array, length: number): StoredMatrix {
  const scale = new Float32Array(values.length / length);
  const rounded = new Float32Array(values.length);
  for (let row = 0; row < scale.length; row++) {
    const start = row * length;
    let largest = 0;
    for (let i = start; i < start + length; i++) largest = Math.max(largest, Math.abs(values[i]!));
    scale[row] = largest === 0 ? 1 : largest / 127;
    for (let i = start; i < start + length; i++) rounded[i] = Math.round(values[i]! / scale[row]!) * scale[row]!;
  }
  return { values: rounded, scale };
}
