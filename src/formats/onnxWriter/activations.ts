import type { Activation, ElementFunction, RowFunction } from "../../layers/activation.js";
import type { GraphBuilder, Value } from "./graphBuilder.js";

type Write = (graph: GraphBuilder, x: Value, alpha: number, beta: number) => Value;

/** Functions that are one operator without parameters. */
const plain =
  (operator: string): Write =>
  (graph, x) =>
    graph.node(operator, [x]);

/** Functions that are one operator with parameters. */
const parametric =
  (operator: string, ...names: readonly string[]): Write =>
  (graph, x, ...values) =>
    graph.node(operator, [x], Object.fromEntries(names.map((name, i) => [name, { floats: [values[i]!] }])));

const times = (graph: GraphBuilder, x: Value, factor: number) => graph.node("Mul", [x, graph.scalar(factor)]);
const plus = (graph: GraphBuilder, x: Value, summand: number) => graph.node("Add", [x, graph.scalar(summand)]);

const WRITERS: Readonly<Record<ElementFunction | RowFunction, Write>> = {
  linear: (_, x) => x,
  relu: plain("Relu"),
  sigmoid: plain("Sigmoid"),
  tanh: plain("Tanh"),
  affine: (graph, x, alpha, beta) => plus(graph, times(graph, x, alpha), beta),
  leakyRelu: parametric("LeakyRelu", "alpha"),
  thresholdedRelu: parametric("ThresholdedRelu", "alpha"),
  scaledTanh: (graph, x, alpha, beta) => times(graph, graph.node("Tanh", [times(graph, x, beta)]), alpha),
  hardSigmoid: parametric("HardSigmoid", "alpha", "beta"),
  elu: parametric("Elu", "alpha"),
  softsign: plain("Softsign"),
  softplus: plain("Softplus"),
  square: (graph, x) => graph.node("Mul", [x, x]),
  abs: plain("Abs"),
  sqrt: plain("Sqrt"),
  exp: plain("Exp"),
  log: plain("Log"),
  reciprocal: plain("Reciprocal"),
  erf: plain("Erf"),
  gelu: (graph, x) => half(graph, x, graph.node("Erf", [times(graph, x, Math.SQRT1_2)])),
  geluTanh: (graph, x) => {
    const cube = graph.node("Mul", [graph.node("Mul", [x, x]), x]);
    const inner = graph.node("Add", [x, times(graph, cube, 0.044715)]);
    return half(graph, x, graph.node("Tanh", [times(graph, inner, Math.sqrt(2 / Math.PI))]));
  },
  silu: (graph, x, alpha) => graph.node("Mul", [x, graph.node("Sigmoid", [times(graph, x, alpha)])]),
  mish: (graph, x) => graph.node("Mul", [x, graph.node("Tanh", [graph.node("Softplus", [x])])]),
  hardSwish: (graph, x, alpha, beta) => graph.node("Mul", [x, WRITERS.hardSigmoid(graph, x, alpha, beta)]),
  selu: parametric("Selu", "alpha", "gamma"),
  clip: (graph, x, alpha, beta) => graph.node("Clip", [x, graph.scalar(alpha), graph.scalar(beta)]),
  sign: plain("Sign"),
  floor: plain("Floor"),
  softmax: (graph, x) => graph.node("Softmax", [x], { axis: -1 }),
  logSoftmax: (graph, x) => graph.node("LogSoftmax", [x], { axis: -1 }),
};

/** x (1 + y) / 2 */
function half(graph: GraphBuilder, x: Value, y: Value): Value {
  return times(graph, graph.node("Mul", [x, plus(graph, y, 1)]), 0.5);
}

/** An activation of a value. */
export function activated(
  graph: GraphBuilder,
  { name, alpha, beta }: Activation<ElementFunction | RowFunction>,
  x: Value,
): Value {
  return WRITERS[name](graph, x, alpha, beta);
}

/** Functions that ONNX's recurrent operators have, with the parameters that they take. */
const OF_OPERATORS: Partial<Record<ElementFunction, readonly [name: string, numParameters: 0 | 1 | 2]>> = {
  relu: ["Relu", 0],
  tanh: ["Tanh", 0],
  sigmoid: ["Sigmoid", 0],
  linear: ["Affine", 2],
  affine: ["Affine", 2],
  leakyRelu: ["LeakyRelu", 1],
  thresholdedRelu: ["ThresholdedRelu", 1],
  scaledTanh: ["ScaledTanh", 2],
  hardSigmoid: ["HardSigmoid", 2],
  elu: ["Elu", 1],
  softsign: ["Softsign", 0],
  softplus: ["Softplus", 0],
};

/** Activations as attributes of a recurrent operator; the name of one that it has not. */
export function operatorActivations(
  activations: readonly Activation[],
): { attributes: Record<string, readonly string[] | { floats: readonly number[] }> } | { missing: string } {
  const names: string[] = [];
  const [alphas, betas]: [number[], number[]] = [[], []];
  for (const { name, alpha, beta } of activations) {
    const [operator, numParameters] = OF_OPERATORS[name] ?? [];
    if (operator === undefined) return { missing: name };
    names.push(operator);
    // onnxruntime gives parameters to the functions in order, each taking those that it has.
    if (numParameters! >= 1) alphas.push(alpha);
    if (numParameters === 2) betas.push(beta);
  }
  const lists = { activation_alpha: { floats: alphas }, activation_beta: { floats: betas } };
  const given = Object.entries(lists).filter(([, { floats }]) => floats.length > 0);
  return { attributes: { activations: names, ...Object.fromEntries(given) } };
}
