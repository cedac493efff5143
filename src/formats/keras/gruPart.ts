// One direction of a Keras GRU. Its gates are z r h along the last axis, its kernels [I, 3H]; ours are r z n, [3H, I]. Keras's h
// is our n.
//
//   n = g(x_n + r * (h R_n + c_n))    reset_after
//   n = g(x_n + (r * h) R_n)          otherwise
//   h' = z * h + (1 - z) * n

import { GruError } from "../../errors.js";
import type { ActivationSpec } from "../../layers/activation.js";
import type { Storage } from "../../layers/layerType.js";
import { swapGates, convertKernel } from "../kernel.js";
import type { Config } from "./config.js";
import { gateActivation } from "./kerasActivation.js";
import type { NamedTensor } from "./kerasModel.js";

/** One direction of a GRU, in our order and layout. */
export interface GruPart {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly resetAfter: boolean;
  readonly gateActivation: ActivationSpec;
  readonly newActivation: ActivationSpec;
  readonly storage: Storage;
  /** [3H, I], rzn */
  readonly weight: Float32Array;
  /** [3H, H], rzn */
  readonly recurrentWeight: Float32Array;
  /** [3H], rzn */
  readonly bias: Float32Array | null;
  readonly recurrentBias: Float32Array | null;
}

/**
 * Reads a GRU's or a GRUCell's arguments and weights.
 *
 * @param tensors kernel [I, 3H], recurrent_kernel [H, 3H], and bias [3H] or, with reset_after, [2, 3H]; by default, Keras 1
 *   has nine tensors, three for each gate
 * @throws GruError `bad-file`, `shape-mismatch`, `unsupported`
 */
export function readGruPart(config: Config, tensors: readonly NamedTensor[], isKeras3: boolean): GruPart {
  const hiddenSize = config.size(config.has("units") ? "units" : "output_dim");
  const hasBias = config.flag("use_bias", true);
  const joined = tensors.length === 9 ? joinGates(tensors, config.subject) : tensors;
  const expected = ["kernel", "recurrent_kernel", ...(hasBias ? ["bias"] : [])];
  if (joined.length !== expected.length) {
    throw badWeights(config.subject, expected, tensors);
  }
  const [kernel, recurrent, bias] = joined as [NamedTensor, NamedTensor, NamedTensor | undefined];
  const inputSize = kernel.tensor.shape[0] ?? 0;
  checkShape(kernel, [inputSize, 3 * hiddenSize]);
  checkShape(recurrent, [hiddenSize, 3 * hiddenSize]);
  const hasTwoBiases = bias?.tensor.shape.length === 2;
  if (bias !== undefined) checkShape(bias, hasTwoBiases ? [2, 3 * hiddenSize] : [3 * hiddenSize]);
  // Keras before 2.1 had neither the argument nor this form.
  const resetAfter = config.flag("reset_after", hasTwoBiases);
  if (bias !== undefined && resetAfter !== hasTwoBiases) {
    const shape = resetAfter ? `[2, ${3 * hiddenSize}]` : `[${3 * hiddenSize}]`;
    const got = bias.tensor.shape.join(", ");
    throw new GruError(
      "shape-mismatch",
      `${bias.name}: expected shape ${shape} for reset_after ${resetAfter}, got [${got}]`,
    );
  }
  const isOneStorage = kernel.tensor.storage === recurrent.tensor.storage;
  const biases = bias === undefined ? null : bias.tensor.values;
  return {
    inputSize,
    hiddenSize,
    resetAfter,
    // inner_activation is Keras 1's name; hard_sigmoid was the default before TF 2.
    gateActivation: config.has("inner_activation")
      ? gateActivation(config, "inner_activation", "", isKeras3)
      : gateActivation(config, "recurrent_activation", resetAfter ? "sigmoid" : "hard_sigmoid", isKeras3),
    newActivation: gateActivation(config, "activation", "tanh", isKeras3),
    storage: isOneStorage ? kernel.tensor.storage : "f32",
    weight: convertKernel(kernel.tensor, 3),
    recurrentWeight: convertKernel(recurrent.tensor, 3),
    bias: biases && inOurOrder(biases.subarray(0, 3 * hiddenSize)),
    recurrentBias: biases && hasTwoBiases ? inOurOrder(biases.subarray(3 * hiddenSize)) : null,
  };
}

/** Joins Keras 1's tensors (W, U and b of z, then of r, then of h) to one kernel [I, 3H], one [H, 3H] and one bias. */
function joinGates(tensors: readonly NamedTensor[], subject: string): NamedTensor[] {
  return [0, 1, 2].map((first) => {
    const gates = [0, 3, 6].map((gate) => tensors[first + gate]!);
    const [{ name, tensor }] = gates as [NamedTensor];
    for (const gate of gates) checkShape(gate, tensor.shape);
    if (tensor.shape.length > 2) throw badWeights(subject, ["matrices and vectors"], tensors);
    const [rows, columns] = tensor.shape.length === 2 ? (tensor.shape as [number, number]) : [1, tensor.shape[0] ?? 0];
    const values = new Float32Array(3 * rows * columns);
    gates.forEach((gate, g) => {
      for (let row = 0; row < rows; row++) {
        const from = gate.tensor.values.subarray(row * columns, (row + 1) * columns);
        values.set(from, (3 * row + g) * columns);
      }
    });
    const shape = tensor.shape.length === 2 ? [rows, 3 * columns] : [3 * columns];
    return { name, tensor: { shape, values, storage: tensor.storage } };
  });
}

/** A copy with the gates in our order. @param zrn [3H] */
function inOurOrder(zrn: Float32Array): Float32Array {
  const rzn = zrn.slice();
  swapGates(rzn, 1);
  return rzn;
}

/** @throws GruError `shape-mismatch` unless the tensor has the shape */
export function checkShape({ name, tensor }: NamedTensor, shape: readonly number[]): void {
  if (tensor.shape.join() === shape.join()) return;
  const got = tensor.shape.join(", ");
  throw new GruError("shape-mismatch", `${name}: expected shape [${shape.join(", ")}], got [${got}]`);
}

/** The error for a layer whose weights are not the expected ones. */
export function badWeights(subject: string, expected: readonly string[], got: readonly NamedTensor[]): GruError {
  const names = got.map(({ name }) => name).join(", ") || "none";
  return new GruError("bad-file", `${subject}: expected the weights ${expected.join(", ")}, got ${names}`);
}

/** Whether two directions differ only in the values of their weights, so that one bidirectional layer can hold both. */
export function areAlike(a: GruPart, b: GruPart): boolean {
  const facts = ({ weight, recurrentWeight, bias, recurrentBias, ...rest }: GruPart) =>
    JSON.stringify([rest, weight.length, recurrentWeight.length, bias?.length, recurrentBias?.length]);
  return facts(a) === facts(b);
}

/** Joins two directions for a bidirectional layer, forward first. */
export function stackParts(forward: GruPart, reverse: GruPart): GruPart {
  const join = (a: Float32Array | null, b: Float32Array | null) => a && b && concat(a, b);
  return {
    ...forward,
    weight: concat(forward.weight, reverse.weight),
    recurrentWeight: concat(forward.recurrentWeight, reverse.recurrentWeight),
    bias: join(forward.bias, reverse.bias),
    recurrentBias: join(forward.recurrentBias, reverse.recurrentBias),
  };
}

function concat(a: Float32Array, b: Float32Array): Float32Array {
  const joined = new Float32Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
