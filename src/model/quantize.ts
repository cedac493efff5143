import { float16ToFloat32, float32ToFloat16 } from "./float16.js";
import type { Layer, Network, Storage } from "./network.js";

/**
 * The same network with its matrices in another storage: their values become those that the storage can hold.
 * Biases stay float32. A layer that is in `storage` already is left as it is.
 *
 * f16 rounds to nearest, and beyond 65504 to infinity, which `defineNetwork` would refuse: such a layer stays f32.
 * int8 has a scale for each row, its largest magnitude / 127, and rounds to nearest.
 */
export function withStorage(network: Network, storage: Storage): Network {
  const layers = network.layers.map((layer) => (layer.storage === storage ? layer : storeLayer(layer, storage)));
  return { ...network, layers };
}

function storeLayer<L extends Layer>(layer: L, storage: Storage): L {
  if (storage === "f32") return { ...layer, storage };
  if (storage === "f16") {
    const stored = { ...layer, storage, weight: float16ToFloat32(float32ToFloat16(layer.weight)), weightScale: null };
    if (layer.type === "gru") {
      Object.assign(stored, {
        recurrentWeight: float16ToFloat32(float32ToFloat16(layer.recurrentWeight)),
        recurrentWeightScale: null,
      });
    }
    return fitsFloat16(layer.weight) && (layer.type !== "gru" || fitsFloat16(layer.recurrentWeight)) ? stored : layer;
  }
  const { values: weight, scale: weightScale } = roundToInt8(layer.weight, rowLength(layer));
  const stored = { ...layer, storage, weight, weightScale };
  if (layer.type !== "gru") return stored;
  const { values, scale } = roundToInt8(layer.recurrentWeight, layer.hiddenSize);
  return { ...stored, recurrentWeight: values, recurrentWeightScale: scale };
}

function rowLength(layer: Layer): number {
  return layer.type === "embedding" ? layer.embeddingSize : layer.inputSize;
}

const MAX_FLOAT16 = 65504;

function fitsFloat16(values: Float32Array): boolean {
  return values.every((value) => Math.abs(value) <= MAX_FLOAT16);
}

/** Rounds each row to whole multiples of its scale. @param values [rows, length] */
function roundToInt8(values: Float32Array, length: number): { values: Float32Array; scale: Float32Array } {
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
