// One direction of a recurrent layer of Keras, in our order and layout, and the checks of its weights.

import { GruError } from "../../errors.js";
import type { ActivationSpec } from "../../layers/activation.js";
import type { Storage } from "../../layers/layerType.js";
import type { Config } from "./config.js";
import type { NamedTensor } from "./kerasModel.js";

/** One direction, of any type. */
interface AnyPart {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly storage: Storage;
  /** [G H, I] */
  readonly weight: Float32Array;
  /** [G H, H] */
  readonly recurrentWeight: Float32Array;
  /** [G H] */
  readonly bias: Float32Array | null;
  readonly recurrentBias: Float32Array | null;
}

export interface GruPart extends AnyPart {
  readonly type: "gru";
  readonly resetAfter: boolean;
  readonly gateActivation: ActivationSpec;
  readonly newActivation: ActivationSpec;
}

export interface LstmPart extends AnyPart {
  readonly type: "lstm";
  readonly gateActivation: ActivationSpec;
  readonly newActivation: ActivationSpec;
  readonly outputActivation: ActivationSpec;
}

export interface RnnPart extends AnyPart {
  readonly type: "rnn";
  readonly activation: ActivationSpec;
}

export type CellPart = GruPart | LstmPart | RnnPart;

/** Reads the arguments and weights of a layer or its cell. */
export type PartReader = (config: Config, tensors: readonly NamedTensor[], isKeras3: boolean) => CellPart;

/** Units of a layer; `output_dim` is Keras 1's name. */
export function unitsOf(config: Config): number {
  return config.size(config.has("units") ? "units" : "output_dim");
}

/** A layer's weights, by what they are. */
export interface CellWeights {
  readonly inputSize: number;
  /** [I, G H] */
  readonly kernel: NamedTensor;
  /** [H, G H] */
  readonly recurrent: NamedTensor;
  readonly bias: NamedTensor | undefined;
  readonly storage: Storage;
}

/**
 * The weights kernel, recurrent_kernel and bias, of which the kernels have the right shapes.
 *
 * @param gates Keras 1's tensors are W, U and b of each gate: the number of the first of each, in the order of the kernels
 * @throws GruError `bad-file`, `shape-mismatch`
 */
export function cellWeights(
  config: Config,
  tensors: readonly NamedTensor[],
  numGates: number,
  gates: readonly number[],
): CellWeights {
  const hiddenSize = unitsOf(config);
  const hasBias = config.flag("use_bias", true);
  const joined = tensors.length === 3 * gates.length ? joinGates(tensors, gates, config.subject) : tensors;
  const expected = ["kernel", "recurrent_kernel", ...(hasBias ? ["bias"] : [])];
  if (joined.length !== expected.length) throw badWeights(config.subject, expected, tensors);
  const [kernel, recurrent, bias] = joined as [NamedTensor, NamedTensor, NamedTensor | undefined];
  const inputSize = kernel.tensor.shape[0] ?? 0;
  checkShape(kernel, [inputSize, numGates * hiddenSize]);
  checkShape(recurrent, [hiddenSize, numGates * hiddenSize]);
  const isOneStorage = kernel.tensor.storage === recurrent.tensor.storage;
  return { inputSize, kernel, recurrent, bias, storage: isOneStorage ? kernel.tensor.storage : "f32" };
}

/** Joins Keras 1's tensors, W, U and b of one gate after the other, to one kernel, one recurrent kernel and one bias. */
function joinGates(tensors: readonly NamedTensor[], firsts: readonly number[], subject: string): NamedTensor[] {
  return [0, 1, 2].map((which) => {
    const gates = firsts.map((first) => tensors[first + which]!);
    const [{ name, tensor }] = gates as [NamedTensor];
    for (const gate of gates) checkShape(gate, tensor.shape);
    if (tensor.shape.length > 2) throw badWeights(subject, ["matrices and vectors"], tensors);
    const [rows, columns] = tensor.shape.length === 2 ? (tensor.shape as [number, number]) : [1, tensor.shape[0] ?? 0];
    const values = new Float32Array(gates.length * rows * columns);
    gates.forEach((gate, g) => {
      for (let row = 0; row < rows; row++) {
        const from = gate.tensor.values.subarray(row * columns, (row + 1) * columns);
        values.set(from, (gates.length * row + g) * columns);
      }
    });
    const shape = tensor.shape.length === 2 ? [rows, gates.length * columns] : [gates.length * columns];
    return { name, tensor: { shape, values, storage: tensor.storage } };
  });
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
export function areAlike(a: CellPart, b: CellPart): boolean {
  const facts = ({ weight, recurrentWeight, bias, recurrentBias, ...rest }: CellPart) =>
    JSON.stringify([rest, weight.length, recurrentWeight.length, bias?.length, recurrentBias?.length]);
  return facts(a) === facts(b);
}

/** Joins two directions for a bidirectional layer, forward first. */
export function stackParts(forward: CellPart, reverse: CellPart): CellPart {
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
