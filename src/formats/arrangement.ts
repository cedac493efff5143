// Tensors of a file in our axes and our order of gates.

import { GruError } from "../errors.js";
import type { Layer } from "../layers/index.js";
import type { TensorSpec } from "../layers/layerType.js";
import { rowMajor } from "./strided.js";
import { numElements, type Tensor } from "./tensor.js";
import { GATES, gatesOf, type TensorSource } from "./tensorSource.js";

/**
 * A tensor in our axes and order of gates; itself where it has both.
 *
 * @param spec what the layer takes @param name of the tensor in the file, for messages
 * @throws GruError `shape-mismatch`
 */
export function arranged(
  layer: Layer,
  spec: TensorSpec,
  { tensors, layout = "torch", gateOrder }: TensorSource,
  name: string,
  tensor: Tensor,
): Tensor {
  const part = biasPart(layer, spec, tensor);
  const isOwn = layer.type === "conv" && part.shape.join() === spec.shape.join(); // a model file of ours
  const axes = axesOf(layer, spec, isOwn ? null : layout);
  const sizes = axes.map(({ size }) => size);
  // A kernel of ours has axes of one element that PyTorch's has not; where a tensor is named, they may be anywhere.
  const isLoose = tensors?.[spec.name] !== undefined || axes.length > spec.shape.length;
  const words = isLoose ? withoutOnes : String;
  if (words(part.shape) !== words(sizes)) {
    const [expected, got] = [sizes, tensor.shape].map((each) => `[${each.join(", ")}]`);
    throw new GruError("shape-mismatch", `${name}: expected shape ${expected}, got ${got}`);
  }
  const order = gateOrder ?? (layout === "keras" ? GATES[layer.type]?.keras : undefined);
  return withGates(layer, spec, order, withAxes(spec, axes, part));
}

/** An axis of a tensor in the file. */
interface Axis {
  readonly size: number;
  /** Its place among ours. */
  readonly place: number;
}

/** The axes of a tensor in the file, outermost first. @param layout null for our own */
function axesOf(layer: Layer, { name, kind, shape }: TensorSpec, layout: "torch" | "keras" | null): Axis[] {
  const isKeras = layout === "keras";
  if (layer.type === "conv" && name === "weight" && layout !== null) {
    const { outputChannels, inputShape, groups, timeKernelSize, kernelSize, transposed } = layer;
    const own = [outputChannels, inputShape[0]! / groups, timeKernelSize, ...kernelSize];
    const kernel = own.slice(2).map((size, i) => ({ size, place: i + 2 }));
    const [outputs, inputs] = [0, 1].map((place) => ({ size: own[place]!, place })) as [Axis, Axis];
    const isSwapped = transposed && groups === 1;
    const pair = isSwapped !== isKeras ? [inputs, outputs] : [outputs, inputs];
    return isKeras ? [...kernel, ...pair] : [...pair, ...kernel];
  }
  const axes = shape.map((size, place) => ({ size, place }));
  const isMatrix = (kind === "matrix" || kind === "recurrentMatrix") && isKeras;
  return isMatrix ? [...axes.slice(0, -2), ...axes.slice(-2).reverse()] : axes;
}

function withoutOnes(shape: readonly number[]): string {
  return shape.filter((size) => size !== 1).join();
}

/** One of the two biases that Keras has in one tensor, [2, 3H]: the first is `bias`. */
function biasPart(layer: Layer, { name, shape }: TensorSpec, tensor: Tensor): Tensor {
  const length = numElements(shape);
  const isPair = layer.type === "gru" && /^(bias|recurrentBias)$/.test(name) && tensor.shape.join() === `2,${length}`;
  if (!isPair || shape.length > 1) return tensor;
  const start = name === "bias" ? 0 : length;
  return { ...tensor, shape: [length], values: tensor.values.slice(start, start + length) };
}

function withAxes({ shape }: TensorSpec, axes: readonly Axis[], tensor: Tensor): Tensor {
  const ours = [...axes.keys()].sort((a, b) => axes[a]!.place - axes[b]!.place);
  if (ours.every((from, i) => from === i)) return tensor.shape.join() === shape.join() ? tensor : { ...tensor, shape };
  const strides = axes.map((_, i) => axes.slice(i + 1).reduce((product, { size }) => product * size, 1));
  const sizes = ours.map((from) => axes[from]!.size);
  const values = rowMajor(
    tensor.values,
    sizes,
    ours.map((from) => strides[from]!),
  );
  return { ...tensor, shape, values };
}

/** The blocks of the gates in our order. */
function withGates(layer: Layer, { name, shape }: TensorSpec, order: string | undefined, tensor: Tensor): Tensor {
  const own = GATES[layer.type]?.own;
  const letters = order === undefined ? null : gatesOf(layer.type, order);
  const isOfGates = /^(weight|recurrentWeight|bias|recurrentBias)$/.test(name);
  if (own === undefined || letters === null || letters === own || !isOfGates) return tensor;
  const numDirections = shape.length === (/bias/i.test(name) ? 2 : 3) ? shape[0]! : 1;
  const block = tensor.values.length / numDirections / own.length;
  const values = new Float32Array(tensor.values.length);
  for (let direction = 0; direction < numDirections; direction++) {
    const start = direction * own.length;
    [...own].forEach((gate, i) => {
      const from = (start + letters.indexOf(gate)) * block;
      values.set(tensor.values.subarray(from, from + block), (start + i) * block);
    });
  }
  return { ...tensor, values };
}
