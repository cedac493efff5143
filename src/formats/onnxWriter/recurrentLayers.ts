// Recurrent layers as ONNX's operators GRU, LSTM and RNN: https://onnx.ai/onnx/operators/onnx__GRU.html
// Their gates are z r h and i o f c; a bias has both of ours, one after the other.

import type { Activation } from "../../layers/activation.js";
import { numDirections } from "../../layers/direction.js";
import type { GruLayer } from "../../layers/gru.js";
import type { LstmLayer } from "../../layers/lstm.js";
import { hasState } from "../../layers/recurrent.js";
import type { RnnLayer } from "../../layers/rnn.js";
import { operatorActivations } from "./activations.js";
import type { Attribute, GraphBuilder, Value } from "./graphBuilder.js";
import { type LayerContext, noForm } from "./layerWriter.js";

type Recurrent = GruLayer | LstmLayer | RnnLayer;

/** What differs between the operators. */
interface Operator {
  readonly operator: string;
  /** Our gates in ONNX's order. */
  readonly gates: readonly number[];
  readonly activations: readonly Activation[];
  /** Blocks of state, and the vectors that they begin with. */
  readonly blocks: readonly (readonly [block: string, initial: Float32Array | null])[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

function operatorOf(layer: Recurrent): Operator {
  const h = ["h", layer.initialState] as const;
  if (layer.type === "gru") {
    const activations = [layer.gateActivation, layer.newActivation];
    const attributes = { linear_before_reset: layer.resetAfter ? 1 : 0 };
    return { operator: "GRU", gates: [1, 0, 2], activations, blocks: [h], attributes };
  }
  if (layer.type === "lstm") {
    const activations = [layer.gateActivation, layer.newActivation, layer.outputActivation];
    return {
      operator: "LSTM",
      gates: [0, 3, 1, 2],
      activations,
      blocks: [h, ["c", layer.initialCell]],
      attributes: {},
    };
  }
  return { operator: "RNN", gates: [0], activations: [layer.activation], blocks: [h], attributes: {} };
}

export function writeRecurrent(layer: Recurrent, context: LayerContext): Value {
  const { graph, input } = context;
  const { hiddenSize, rows, frameSteps, direction, clip } = layer;
  if (layer.keepsState) throw noForm(layer, "keepsState, a recurrence along the frame that goes on in the next one");
  const D = numDirections(layer);
  const { operator, gates, activations, blocks, attributes } = operatorOf(layer);
  const functions = operatorActivations(Array.from({ length: D }, () => activations).flat());
  if ("missing" in functions) throw noForm(layer, `activation ${functions.missing}`);
  const x = sequenceOf(layer, graph, input);
  const states = blocks.map(([block, initial]) => initialState(layer, context, x, block, initial));
  const bias = biasOf(layer, gates);
  const inputs = [
    x,
    graph.floats("W", [D, gates.length * hiddenSize, layer.inputSize], inOrder(layer.weight, D, gates)),
    graph.floats("R", [D, gates.length * hiddenSize, hiddenSize], inOrder(layer.recurrentWeight, D, gates)),
    bias === null ? "" : graph.floats("B", [D, 2 * gates.length * hiddenSize], bias),
    "", // the lengths
    ...states,
  ];
  while (inputs.at(-1) === "") inputs.pop();
  const [y, ...last] = graph.nodes(operator, inputs, 1 + blocks.length, {
    hidden_size: hiddenSize,
    direction,
    ...functions.attributes,
    ...attributes,
    ...(clip === null ? {} : { clip: { floats: [clip] } }),
  });
  if (hasState(layer)) {
    blocks.forEach(([block], i) => {
      context.keep(block, rows === 1 ? last[i]! : graph.reshape(last[i]!, D, -1, rows * hiddenSize));
    });
  }
  if (frameSteps !== null) {
    const frames = graph.transpose(y!, 2, 0, 1, 3); // [N, S, D, H]
    return likeInput(graph, input, frames, rows * frameSteps * D * hiddenSize);
  }
  const steps = graph.transpose(y!, 0, 2, 1, 3); // [T, N, D, H]
  return rows === 1
    ? graph.reshape(steps, 0, 0, D * hiddenSize)
    : likeInput(graph, input, steps, rows * D * hiddenSize);
}

/** The sequences that the operator reads, [steps, N, I]: of each row, or along the frame. */
function sequenceOf({ rows, frameSteps, inputSize }: Recurrent, graph: GraphBuilder, input: Value): Value {
  if (frameSteps !== null) return graph.transpose(graph.reshape(input, -1, frameSteps, inputSize), 1, 0, 2);
  return rows === 1 ? input : graph.reshape(input, 0, -1, inputSize);
}

/** A value as [T, B, size], with T and B of the layer's input. */
export function likeInput(graph: GraphBuilder, input: Value, value: Value, size: number): Value {
  const [start] = [graph.slice(graph.node("Shape", [input]), 0, 0, 2)];
  return graph.node("Reshape", [value, graph.node("Concat", [start!, graph.ints(size)], { axis: 0 })]);
}

/** The state before the first step, [D, N, H]; "" for zeros. */
function initialState(
  layer: Recurrent,
  { graph, input, isStreaming, state }: LayerContext,
  x: Value,
  block: string,
  initial: Float32Array | null,
): Value {
  const { hiddenSize, rows } = layer;
  const D = numDirections(layer);
  const isOfRows = hasState(layer) && rows > 1;
  let all: Value;
  if (isStreaming && hasState(layer)) all = state(block);
  else if (initial === null) return "";
  else {
    const size = initial.length / D;
    const numRows = graph.slice(graph.node("Shape", [isOfRows ? input : x]), 0, 1, 2);
    const shape = graph.node("Concat", [graph.ints(D), numRows, graph.ints(size)], { axis: 0 });
    all = graph.node("Expand", [graph.floats(`initial_${block}`, [D, 1, size], initial), shape]);
  }
  return isOfRows ? graph.reshape(all, D, -1, hiddenSize) : all;
}

/** Both biases of each direction; null where the layer has none. */
function biasOf(
  { bias, recurrentBias, hiddenSize, ...layer }: Recurrent,
  gates: readonly number[],
): Float32Array | null {
  if (bias === null && recurrentBias === null) return null;
  const D = numDirections(layer);
  const length = gates.length * hiddenSize;
  const both = new Float32Array(2 * D * length);
  [bias, recurrentBias].forEach((values, i) => {
    if (values === null) return;
    const own = inOrder(values, D, gates);
    for (let d = 0; d < D; d++) both.set(own.subarray(d * length, (d + 1) * length), (2 * d + i) * length);
  });
  return both;
}

/** Each direction's blocks of gates in another order. */
function inOrder(values: Float32Array, D: number, gates: readonly number[]): Float32Array {
  const block = values.length / D / gates.length;
  const ordered = new Float32Array(values.length);
  for (let d = 0; d < D; d++) {
    gates.forEach((gate, i) => {
      const from = (d * gates.length + gate) * block;
      ordered.set(values.subarray(from, from + block), (d * gates.length + i) * block);
    });
  }
  return ordered;
}
