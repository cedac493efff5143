// Layers of each frame by itself, and summaries of all frames, as ONNX's operators.

import type { AggregateLayer } from "../../layers/aggregate.js";
import type { AttentionLayer } from "../../layers/attention.js";
import type { DenseLayer } from "../../layers/dense.js";
import type { EmbeddingLayer } from "../../layers/embedding.js";
import type { FlattenLayer } from "../../layers/flatten.js";
import { endColumns, type LastLayer } from "../../layers/last.js";
import type { MapLayer, MapOperation } from "../../layers/map.js";
import type { NormLayer } from "../../layers/norm.js";
import type { RearrangeLayer } from "../../layers/rearrange.js";
import type { ReduceLayer } from "../../layers/reduce.js";
import { rowMajor } from "../strided.js";
import { activated } from "./activations.js";
import type { GraphBuilder, Value } from "./graphBuilder.js";
import { type LayerContext, noForm } from "./layerWriter.js";

export function writeEmbedding(layer: EmbeddingLayer, { graph, input }: LayerContext): Value {
  const shape = [layer.numEmbeddings, layer.embeddingSize];
  return graph.node("Gather", [graph.floats("weight", shape, layer.weight), input], { axis: 0 });
}

export function writeDense(layer: DenseLayer, { graph, input }: LayerContext): Value {
  const { inputSize, outputSize, groups, weight, bias, activation } = layer;
  const [inputs, outputs] = [inputSize / groups, outputSize / groups];
  // [groups, O / groups, I / groups] with the last two turned
  const turned = rowMajor(weight, [groups, inputs, outputs], [outputs * inputs, 1, inputs]);
  let y: Value;
  if (groups === 1) y = graph.node("MatMul", [input, graph.floats("weight", [inputs, outputs], turned)]);
  else {
    const rows = graph.reshape(input, 0, 0, groups, 1, inputs);
    const product = graph.node("MatMul", [rows, graph.floats("weight", [groups, inputs, outputs], turned)]);
    y = graph.reshape(product, 0, 0, outputSize);
  }
  return activated(graph, activation, plusVector(graph, y, "bias", bias));
}

function plusVector(graph: GraphBuilder, x: Value, name: string, vector: Float32Array | null): Value {
  return vector === null ? x : graph.node("Add", [x, graph.floats(name, [vector.length], vector)]);
}

export function writeNorm(layer: NormLayer, { graph, input }: LayerContext): Value {
  const { inputSize, groups, epsilon, center, weight, bias } = layer;
  const size = inputSize / groups;
  const parts = groups === 1 ? input : graph.reshape(input, 0, 0, groups, size);
  const y = center ? centred(graph, parts, size, epsilon) : rootMeanSquare(graph, parts, epsilon);
  const whole = groups === 1 ? y : graph.reshape(y, 0, 0, inputSize);
  const scaled = weight === null ? whole : graph.node("Mul", [whole, graph.floats("weight", [inputSize], weight)]);
  return plusVector(graph, scaled, "bias", bias);
}

function centred(graph: GraphBuilder, x: Value, size: number, epsilon: number): Value {
  const ones = graph.floats("ones", [size], new Float32Array(size).fill(1));
  return graph.node("LayerNormalization", [x, ones], { axis: -1, epsilon: { floats: [epsilon] } });
}

function rootMeanSquare(graph: GraphBuilder, x: Value, epsilon: number): Value {
  const mean = graph.node("ReduceMean", [graph.node("Mul", [x, x])], { axes: [-1], keepdims: 1 });
  const root = graph.node("Sqrt", [graph.node("Add", [mean, graph.scalar(epsilon)])]);
  return graph.node("Div", [x, root]);
}

const OPERATORS: Readonly<Record<Exclude<MapOperation, "identity">, string>> = {
  add: "Add",
  subtract: "Sub",
  multiply: "Mul",
  divide: "Div",
  power: "Pow",
  minimum: "Min",
  maximum: "Max",
  prelu: "PRelu",
};

export function writeMap(layer: MapLayer, { graph, input }: LayerContext): Value {
  const { outputSize, operation, operandFirst, operand, bias, activation } = layer;
  let y = input;
  if (operation === "prelu" && operandFirst && operand !== null) y = preluOfOperand(graph, input, operand);
  else if (operation !== "identity") {
    const isGiven = operand !== null;
    const a = isGiven ? input : graph.slice(input, 2, 0, outputSize);
    const b = isGiven
      ? graph.floats("operand", [outputSize], operand)
      : graph.slice(input, 2, outputSize, 2 * outputSize);
    y = graph.node(OPERATORS[operation], operandFirst ? [b, a] : [a, b]);
  }
  return activated(graph, activation, plusVector(graph, y, "bias", bias));
}

/** The operand, and the input times it where it is negative: PRelu's first input has all axes of its output. */
function preluOfOperand(graph: GraphBuilder, x: Value, operand: Float32Array): Value {
  const [negative, positive] = [operand.map((each) => Math.min(each, 0)), operand.map((each) => Math.max(each, 0))];
  const product = graph.node("Mul", [x, graph.floats("negative", [operand.length], negative)]);
  return graph.node("Add", [product, graph.floats("positive", [operand.length], positive)]);
}

const REDUCTIONS = { sum: "ReduceSum", mean: "ReduceMean", max: "ReduceMax", min: "ReduceMin" } as const;

export function writeReduce({ inputShape, axes, operation }: ReduceLayer, { graph, input }: LayerContext): Value {
  const x = graph.reshape(input, 0, 0, ...inputShape);
  const own = axes.map((axis) => axis + 2); // after time and batch
  if (operation !== "softmax" && operation !== "logSoftmax") {
    return graph.reshape(reduced(graph, REDUCTIONS[operation], x, own), 0, 0, -1);
  }
  const shifted = graph.node("Sub", [x, reduced(graph, "ReduceMax", x, own)]);
  const exponentials = graph.node("Exp", [shifted]);
  const sum = reduced(graph, "ReduceSum", exponentials, own);
  const isLog = operation === "logSoftmax";
  const y = isLog ? graph.node("Sub", [shifted, graph.node("Log", [sum])]) : graph.node("Div", [exponentials, sum]);
  return graph.reshape(y, 0, 0, -1);
}

/** A reduction that keeps its axes, of size 1. */
function reduced(graph: GraphBuilder, operator: string, x: Value, axes: readonly number[]): Value {
  return operator === "ReduceSum"
    ? graph.node(operator, [x, graph.ints(...axes)], { keepdims: 1 })
    : graph.node(operator, [x], { axes, keepdims: 1 });
}

export function writeRearrange(layer: RearrangeLayer, { graph, input }: LayerContext): Value {
  const { inputSize, indices, fill } = layer;
  const isFilled = indices.includes(-1);
  // The numbers to fill in are one more feature.
  const x = isFilled ? graph.node("Pad", [input, graph.ints(0, 0, 0, 0, 0, 1), graph.scalar(fill)]) : input;
  const from = Array.from(indices, (index) => (index === -1 ? inputSize : index));
  return graph.node("Gather", [x, graph.ints(...from)], { axis: 2 });
}

/** [1, B, I] */
export function writeLast(layer: LastLayer, { graph, input, isStreaming }: LayerContext): Value {
  const [end, start] = [graph.slice(input, 0, -1, Number.MAX_SAFE_INTEGER), graph.slice(input, 0, 0, 1)];
  if (layer.direction === "forward") return end;
  if (layer.direction === "reverse" && !isStreaming) return start;
  const { inputSize } = layer;
  const { partSize, firstAtStart } = endColumns(layer);
  const isAtStart = Array.from({ length: inputSize }, (_, i) => i % partSize >= firstAtStart);
  const both = graph.node("Concat", [end, start], { axis: 2 });
  const from = isAtStart.map((atStart, i) => (atStart ? inputSize + i : i));
  return graph.node("Gather", [both, graph.ints(...from)], { axis: 2 });
}

/** [1, B, I] */
export function writeAggregate(layer: AggregateLayer, { graph, input, isStreaming }: LayerContext): Value {
  if (isStreaming) throw noForm(layer, "a summary of all steps so far, which has no state in a graph");
  return reduced(graph, REDUCTIONS[layer.operation], input, [0]);
}

/** [1, B, V] */
export function writeAttention(layer: AttentionLayer, { graph, input, isStreaming }: LayerContext): Value {
  if (isStreaming) throw noForm(layer, "a summary of all steps so far, which has no state in a graph");
  const { heads, valueSize } = layer;
  const scores = graph.node("Softmax", [graph.slice(input, 2, 0, heads)], { axis: 0 });
  const values = graph.reshape(graph.slice(input, 2, heads, heads + valueSize), 0, 0, heads, valueSize / heads);
  const weighted = graph.node("Mul", [graph.reshape(scores, 0, 0, heads, 1), values]);
  return graph.reshape(reduced(graph, "ReduceSum", weighted, [0]), 1, -1, valueSize);
}

/** [1, B, T I] */
export function writeFlatten({ inputSize, sequenceLength }: FlattenLayer, { graph, input }: LayerContext): Value {
  return graph.reshape(graph.transpose(input, 1, 0, 2), 1, -1, inputSize * sequenceLength);
}
