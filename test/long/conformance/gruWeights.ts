// A direction's weights in any of the format's forms, in the library's order and shapes: rzn, [3H, I] and [3H, H].

import type { ConcatWeights, PackedWeights } from "./program.js";
import { slice, type Tensor, transposed } from "./tensor.js";

/** Weights of one direction. */
export interface GruWeights {
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** [3H, I], rzn */
  readonly weight: Float32Array;
  /** [3H, H], rzn */
  readonly recurrentWeight: Float32Array;
  /** [3H], rzn; null means none */
  readonly bias: Float32Array | null;
  readonly recurrentBias: Float32Array | null;
}

/** A direction's weights as the library takes them. */
export function convertWeights(weights: PackedWeights | ConcatWeights): GruWeights {
  return weights.form === "packed" ? convertPacked(weights) : convertConcat(weights);
}

function convertPacked({ gateOrder, rows, W, R, bW, bR }: PackedWeights): GruWeights {
  const [inputSize, hiddenSize] = [W, R].map(({ shape }) => shape.at(rows ? -1 : -2)!) as [number, number];
  const inRzn = ({ data }: Tensor) => {
    const blockLength = data.length / 3;
    const blocks = ["r", "z", "n"].map((gate) => gateOrder.indexOf(gate) * blockLength);
    return Float32Array.from(blocks.flatMap((start) => [...data.subarray(start, start + blockLength)]));
  };
  return {
    inputSize,
    hiddenSize,
    weight: inRzn(rows ? W : transposed(W)),
    recurrentWeight: inRzn(rows ? R : transposed(R)),
    bias: bW ? inRzn(bW) : null,
    recurrentBias: bR ? inRzn(bR) : null,
  };
}

function convertConcat(weights: ConcatWeights): GruWeights {
  const { rows, gateConcat, candConcat, W_r, W_z, W_h, b_r, b_z, b_h } = weights;
  const matrices = [W_r, W_z, W_h].map((matrix) => (rows ? matrix : transposed(matrix)));
  const [hiddenSize, joinedSize] = matrices[0]!.shape as [number, number];
  const inputSize = joinedSize - hiddenSize;
  const orders = [gateConcat, gateConcat, candConcat];
  const columns = (part: "x" | "h") =>
    matrices.map((matrix, gate) => {
      const isFirst = orders[gate]![0] === part;
      const size = part === "x" ? inputSize : hiddenSize;
      return isFirst ? slice(matrix, 1, 0, size) : slice(matrix, 1, joinedSize - size, joinedSize);
    });
  const stacked = (parts: readonly (Tensor | null | undefined)[]) =>
    Float32Array.from(parts.flatMap((part) => (part ? [...part.data] : Array<number>(hiddenSize).fill(0))));
  return {
    inputSize,
    hiddenSize,
    weight: stacked(columns("x")),
    recurrentWeight: stacked(columns("h")),
    bias: b_r || b_z || b_h ? stacked([b_r, b_z, b_h]) : null,
    recurrentBias: null,
  };
}

/**
 * Weights with the update gate's signs turned. f(-a) = 1 - f(a) for sigmoid, so this turns h' = z n + (1 - z) h into
 * h' = (1 - z) n + z h, exactly.
 */
export function negateUpdate(weights: GruWeights): GruWeights {
  return {
    ...weights,
    weight: negated(weights.weight),
    recurrentWeight: negated(weights.recurrentWeight),
    bias: weights.bias && negated(weights.bias),
    recurrentBias: weights.recurrentBias && negated(weights.recurrentBias),
  };
}

/** Weights of two directions, [2, 3H, ...]. */
export function stackDirections(forward: GruWeights, reverse: GruWeights): GruWeights {
  const numRows = 3 * forward.hiddenSize;
  const joinBiases = (a: Float32Array | null, b: Float32Array | null) =>
    a || b ? join(a ?? new Float32Array(numRows), b ?? new Float32Array(numRows)) : null;
  return {
    inputSize: forward.inputSize,
    hiddenSize: forward.hiddenSize,
    weight: join(forward.weight, reverse.weight),
    recurrentWeight: join(forward.recurrentWeight, reverse.recurrentWeight),
    bias: joinBiases(forward.bias, reverse.bias),
    recurrentBias: joinBiases(forward.recurrentBias, reverse.recurrentBias),
  };
}

/** [3H, ...] with the second of the three blocks, z, negated. */
function negated(values: Float32Array): Float32Array {
  const blockLength = values.length / 3;
  return values.map((value, i) => (i >= blockLength && i < 2 * blockLength ? -value : value));
}

function join(a: Float32Array, b: Float32Array): Float32Array {
  const joined = new Float32Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
