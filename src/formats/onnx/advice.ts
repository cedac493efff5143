// Advice for a graph that cannot be run: changes of the Python program that exported it.

import type { OnnxModel } from "./modelProto.js";
import { STATE_DICT, UNROLLED } from "./unrolled.js";
import type { Issue } from "./readGraph.js";

interface Rule {
  /** Matches the operator of a node that cannot be run. */
  readonly operator?: RegExp;
  /** Matches a reason. */
  readonly reason?: RegExp;
  readonly applies?: (model: OnnxModel) => boolean;
  readonly advice: (model: OnnxModel) => string;
}

const isOfKeras = ({ producer }: OnnxModel) => /tf2onnx|keras/i.test(producer);
const hasGru = ({ nodes }: OnnxModel) => nodes.some(({ operator }) => operator === "GRU");

/** Uses of one matrix that a loop leaves and a plain network does not. */
const MIN_REPEATS = 3;

/** Whether products share a weight, as the steps of an unrolled loop do. */
function repeatsWeights({ nodes }: OnnxModel): boolean {
  const uses = new Map<string, number>();
  for (const { operator, inputs } of nodes) {
    const weight = operator === "Gemm" || operator === "MatMul" ? inputs[1] : undefined;
    if (weight !== undefined) uses.set(weight, (uses.get(weight) ?? 0) + 1);
  }
  return [...uses.values()].some((count) => count >= MIN_REPEATS);
}

const controlFlow = (model: OnnxModel) =>
  isOfKeras(model)
    ? 'the converter left a recurrent layer as a Loop: load the Keras model itself, model.save("model.keras") or .h5'
    : `a Python loop or condition became control flow: trace nn.GRU without it, or ${STATE_DICT}; ` +
      'for a Keras model, load the file of model.save("model.keras")';

/** The first match counts; the most specific rules come first. */
const RULES: readonly Rule[] = [
  {
    reason: /^/,
    applies: ({ nodes }) => nodes.some(({ operator }) => operator === "Loop" || operator === "Scan"),
    advice: controlFlow,
  },
  {
    reason: /^its condition is/,
    advice: controlFlow,
  },
  {
    reason: /^it sorts|rows/,
    applies: (model) => hasGru(model) && model.nodes.some(({ operator }) => operator === "TopK"),
    advice: () =>
      "pack_padded_sequence(..., enforce_sorted=False) sorts the rows in the graph: export with enforce_sorted=True and a " +
      "sorted example; rows may be in any order here, with the option lengths",
  },
  {
    reason: /^it (multiplies an axis that is not all features|needs features as input 0)/,
    applies: repeatsWeights,
    advice: () => UNROLLED,
  },
  {
    reason: /^it fixes time or batch/,
    advice: () =>
      "the graph is made for the example's number of rows or steps: export with an example of batch 1, and with time and " +
      `batch in dynamic_axes (or dynamic_shapes); pack_padded_sequence fixes the batch anyway unless it is 1; or ${STATE_DICT}`,
  },
  {
    reason: /^it takes (step|the first step|a part of time|row)/,
    applies: (model) => !hasGru(model),
    advice: () => UNROLLED,
  },
  {
    reason: /^it needs a time axis where there are/,
    advice: () =>
      "the model takes [batch, time] and makes it [batch, time, 1] itself: leave x.unsqueeze(-1) out of forward, and export " +
      "with an input of three axes",
  },
  {
    reason: /is lengths$/,
    advice: () => "leave the lengths out of forward's results: they are an input, which the caller has",
  },
  {
    operator: /^com\.microsoft\./,
    advice: () => "onnxruntime's optimizer wrote its own operators: load the model from before the optimization",
  },
];

/** The changes to make in Python; "" where no rule matches. */
export function adviceFor(model: OnnxModel, issues: readonly Issue[]): string {
  const rule = RULES.find(
    ({ operator, reason, applies }) =>
      applies?.(model) !== false &&
      issues.some((issue) =>
        operator === undefined ? reason!.test(issue.reason) : operator.test(issue.operator ?? ""),
      ),
  );
  return rule === undefined ? "" : `\n${rule.advice(model)}`;
}
