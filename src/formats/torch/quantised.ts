// Tensors of whole numbers that stand for others: number = scale (whole - zeroPoint), with one scale for all, or one for each
// index of an axis.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { isCount, type Tensor } from "../tensor.js";
import { ForeignObject } from "./foreignObject.js";
import { type Quantizer, rebuildTensor, TorchTensor } from "./torchTensor.js";

/**
 * `_rebuild_qtensor`: as `_rebuild_tensor`, and the quantizer's parameters.
 *
 * @returns a stand-in for a tensor of another scheme
 * @throws GruError `bad-file`
 */
export function rebuildQuantised([storage, offset, shape, strides, given]: readonly unknown[]):
  | TorchTensor
  | ForeignObject {
  const { storage: own, ...view } = rebuildTensor([storage, offset, shape, strides]);
  if (!/^torch\.QU?Int(8|32)Storage$/.test(own.type)) {
    throw new GruError("bad-file", `torch: expected a quantised tensor's whole numbers, got ${own.type}`);
  }
  if (Array.isArray(given) && given[0] instanceof ForeignObject)
    return new ForeignObject("a tensor of " + given[0].path);
  return new TorchTensor(own, view.offset, view.shape, view.strides, quantizerOf(given, view.shape));
}

function quantizerOf(given: unknown, shape: readonly number[]): Quantizer {
  const [scheme, scale, zeroPoint, axis] = Array.isArray(given) ? (given as unknown[]) : [];
  if (scheme === PER_TENSOR && Number.isFinite(scale) && Number.isFinite(zeroPoint)) {
    return { axis: null, scale: scale as number, zeroPoint: zeroPoint as number };
  }
  const isOfAxis = (value: unknown): value is TorchTensor =>
    value instanceof TorchTensor && value.quantizer === null && value.shape.join() === String(shape[axis as number]);
  if (scheme === PER_CHANNEL && isCount(axis) && isOfAxis(scale) && isOfAxis(zeroPoint))
    return { axis, scale, zeroPoint };
  throw new GruError("bad-file", `torch: expected a quantised tensor's scale and zero point, got ${quote(given)}`);
}

export const PER_TENSOR = "torch.per_tensor_affine";
export const PER_CHANNEL = "torch.per_channel_affine";

/** The numbers that whole numbers stand for. @param read gives the values of a tensor of the quantizer */
export function dequantised(
  { shape, values }: Tensor,
  quantizer: Quantizer,
  read: (tensor: TorchTensor) => Float32Array,
): Float32Array {
  const { axis, scale, zeroPoint } = quantizer;
  const numbers = new Float32Array(values.length);
  if (axis === null) {
    const factor = Math.fround(scale); // as PyTorch has it
    for (let i = 0; i < numbers.length; i++) numbers[i] = factor * (values[i]! - zeroPoint);
    return numbers;
  }
  const [scales, zeros] = [read(scale), read(zeroPoint)];
  const inner = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  for (let i = 0; i < numbers.length; i++) {
    const channel = Math.floor(i / inner) % scales.length;
    numbers[i] = scales[channel]! * (values[i]! - zeros[channel]!);
  }
  return numbers;
}
