import { GruError } from "../../errors.js";
import type { MapOperation } from "../../layers/map.js";
import { checkFrame, indicesOf, inKerasOrder, inOrder, stridesOf } from "./frameOrder.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import { frameSize, type KerasTensor } from "./tensor.js";
import { joinValues, type Value } from "./value.js";

/** Layers that merge tensors element by element, the first two, then the result and the third, and so on. */
export function readMerge(operation: MapOperation, { isMean = false } = {}): LayerReader {
  return (call) => {
    const { name, given, subject } = call;
    const joined = joinValues(subject, given, call.dialect);
    if (operation === "multiply") checkMaskedProduct(call, joined);
    if (operation === "subtract" && given.length !== 2) throw call.unsupported(`two inputs, got ${given.length}`);
    const [first, ...others] = alike(call);
    const isBounded = joined.isBounded && operation !== "add" && operation !== "subtract";
    const mean = isMean ? { name: "affine" as const, alpha: 1 / given.length, beta: 0 } : ("linear" as const);
    let { parts } = first!;
    others.forEach((tensor, i) => {
      const isLast = i === others.length - 1;
      const own = isLast ? name : `${name}.${i + 1}`;
      const inputs = [...parts, ...tensor.parts];
      const activation = isLast ? mean : "linear";
      call.push({ type: "map", name: own, inputs, outputSize: tensor.size, operation, activation });
      parts = [own];
    });
    const { mask, isReversed } = joined;
    return { ...first!, parts, mask, isReversed, isBounded: isBounded || (isMean && joined.isBounded) };
  };
}

/** The tensors with one shape and one order; an axis of 1 is repeated. */
function alike(call: LayerCall): KerasTensor[] {
  const { given, subject } = call;
  const [first] = given as [KerasTensor];
  const rank = Math.max(...given.map(({ shape }) => shape.length));
  const shape = Array.from({ length: rank }, (_, axis) => Math.max(...given.map((each) => each.shape[axis] ?? 1)));
  const fits = ({ shape: own, isSequence }: KerasTensor) =>
    own.length === rank && isSequence === first.isSequence && own.every((size, i) => size === shape[i] || size === 1);
  if (!given.every(fits)) {
    const got = [...new Set(given.map((each) => sizeOf(each)))].join(" and ");
    throw new GruError("unsupported", `${subject}: expected inputs of one size, got ${got}`);
  }
  const repeated = given.map((tensor) => repeatedTo(call, tensor, shape));
  return repeated.map((tensor) => inOrder(call, tensor, repeated[0]!.order));
}

function sizeOf({ shape, isSequence }: KerasTensor): string {
  return `${shape.length === 1 ? shape[0] : `[${shape.join(", ")}]`}${isSequence ? "" : " without steps"}`;
}

function repeatedTo(call: LayerCall, tensor: KerasTensor, shape: readonly number[]): KerasTensor {
  if (tensor.size === frameSize(shape)) return tensor;
  checkFrame(call, shape);
  const strides = stridesOf(tensor.shape).map((stride, axis) => (tensor.shape[axis] === 1 ? 0 : stride));
  const indices = Float32Array.from(indicesOf(shape, strides), (from) => tensor.order?.[from] ?? from);
  return { ...tensor, parts: [call.rearranged(tensor, indices)], shape, size: indices.length, order: null };
}

/** Since Keras 3.4 a masked factor counts as 1, and the product is 0 where all factors are masked. */
function checkMaskedProduct({ name, given, builder, dialect }: LayerCall, { mask }: Value): void {
  if (dialect.mergedMask !== "all" || given.every((value) => value.mask === null)) return;
  if (mask !== null && !builder.areMaskedStepsRead(name)) return;
  const expected = "a product without a mask, or one that only recurrent layers read";
  throw new GruError("unsupported", `layer "${name}": expected ${expected}, got one whose factors Keras masks`);
}

/** Along the last axis, or of channels-first frames along any but time. */
export const readConcatenate: LayerReader = (call) => {
  const { config, given, subject, dialect } = call;
  const [first] = given;
  if (first === undefined) throw call.unsupported("inputs, got none");
  const axis = call.axisOf(first, config.get("axis") ?? -1);
  const rank = first.shape.length;
  if (axis === null) throw config.unsupported("axis", "-1, the features");
  const isAlike = ({ shape, isSequence }: KerasTensor) =>
    shape.length === rank &&
    isSequence === first.isSequence &&
    shape.every((size, i) => i === axis || size === first.shape[i]);
  if (!given.every(isAlike)) {
    throw call.unsupported(`inputs that differ along the axis alone, got ${given.map(sizeOf).join(" and ")}`);
  }
  const total = given.reduce((sum, each) => sum + each.shape[axis]!, 0);
  const shape = first.shape.map((size, i) => (i === axis ? total : size));
  // Numbers one after the other are a concatenation along the outermost axis.
  const parts = given.map((tensor) => inKerasOrder(call, tensor));
  const joined = joinValues(subject, parts, dialect);
  const whole = { ...first, ...joined, shape, order: null };
  checkFrame(call, shape);
  return axis === 0
    ? whole
    : {
        ...whole,
        order: interleaved(
          given.map((each) => each.shape),
          axis,
        ),
      };
};

/** The order of frames that lie one after the other, joined along an inner axis. */
function interleaved(shapes: readonly (readonly number[])[], axis: number): Int32Array {
  const outer = frameSize(shapes[0]!.slice(0, axis));
  const order: number[] = [];
  for (let i = 0; i < outer; i++) {
    let start = 0;
    for (const shape of shapes) {
      const run = frameSize(shape.slice(axis));
      for (let k = 0; k < run; k++) order.push(start + i * run + k);
      start += frameSize(shape);
    }
  }
  return Int32Array.from(order);
}
