import { count, type Field, size } from "./field.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/**
 * The mean of the values of a row's steps, weighted by the softmax of the steps' scores. A frame is [scores | values]: a score
 * for each head, and the values in as many equal parts.
 *
 *   y = sum over t of exp(s_t) v_t / sum over t of exp(s_t)
 *
 * Its state is the mean so far, the sum of the weights, and the highest score, which the exponents are beside.
 */
export interface AttentionLayer extends LayerBase {
  readonly type: "attention";
  readonly valueSize: number;
  readonly heads: number;
  /** heads + valueSize */
  readonly inputSize: number;
}

/** One head unless it says otherwise. */
export type AttentionSpec = Optional<AttentionLayer, "inputs" | "storage" | "heads" | "inputSize">;

const inputSize: Field = {
  ...size,
  default: ({ valueSize, heads }: Readonly<Record<string, unknown>>) => Number(valueSize) + Number(heads),
};

export const attention: LayerType<AttentionLayer, AttentionSpec> = {
  type: "attention",
  time: () => "summary",
  readsIndex: false,
  fields: { valueSize: size, heads: count("heads"), inputSize },
  fault({ valueSize, heads, inputSize: given }) {
    if (valueSize % heads !== 0) return `expected heads to divide ${valueSize} values, got ${heads}`;
    const expected = heads + valueSize;
    return given === expected ? null : `expected inputSize ${expected}, scores and values, got ${given}`;
  },
  tensors: () => [],
  inputSize: ({ heads, valueSize }) => heads + valueSize,
  outputSize: ({ valueSize }) => valueSize,
  state: ({ valueSize, heads }) => [
    { name: "value", numDirections: 1, size: valueSize },
    { name: "weight", numDirections: 1, size: heads },
    { name: "highest", numDirections: 1, size: heads },
  ],
};

/**
 * All steps of one row, in float64.
 *
 * @param steps each [heads + valueSize]
 * @param state value [valueSize], weight and highest [heads]; replaced. A weight that is not above 0 is of no steps.
 * @returns one of [valueSize]; none where there are no steps
 */
export function attentionEquation(
  { heads, valueSize }: AttentionLayer,
  steps: readonly Float64Array[],
  state: Readonly<Record<string, readonly Float64Array[]>>,
): Float64Array[] {
  if (steps.length === 0) return [];
  const [value, weight, highest] = ["value", "weight", "highest"].map((name) => state[name]![0]!);
  const partSize = valueSize / heads;
  for (let head = 0; head < heads; head++) {
    const before = Math.max(0, weight![head]!);
    const scores = steps.map((step) => step[head]!);
    const most = Math.max(...scores, ...(before > 0 ? [highest![head]!] : []));
    const weights = scores.map((score) => Math.exp(score - most));
    const kept = before > 0 ? before * Math.exp(highest![head]! - most) : 0;
    const total = weights.reduce((sum, each) => sum + each, kept);
    for (let i = head * partSize; i < (head + 1) * partSize; i++) {
      const sum = steps.reduce((all, step, t) => all + weights[t]! * step[heads + i]!, kept * value![i]!);
      value![i] = sum / total;
    }
    weight![head] = total;
    highest![head] = most;
  }
  return [value!.slice()];
}
