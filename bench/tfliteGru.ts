// A TensorFlow Lite graph of one GRU layer, every step written out: TFLite has no GRU.
// https://github.com/tensorflow/tensorflow/blob/master/tensorflow/compiler/mlir/lite/schema/schema.fbs

import type { GruLayer } from "../src/layers/gru.js";
import { type FlatBuilder, writeBytes, writeInts, writeOffsets, writeTable } from "./flatbuffer.js";

const OPERATORS = { ADD: 0, CONCATENATION: 2, FULLY_CONNECTED: 9, LOGISTIC: 14, MUL: 18, TANH: 28, SUB: 41, SLICE: 65 };
type Operator = keyof typeof OPERATORS;

const FLOAT32 = 0; // TensorType
const INT32 = 2;
const SCHEMA_VERSION = 3;
const CONCATENATION_OPTIONS = 10; // BuiltinOptions
const DATA_ALIGNMENT = 16;

interface TensorEntry {
  readonly shape: readonly number[];
  readonly type: number;
  /** Constants have them. */
  readonly bytes: Uint8Array | null;
}

interface OperatorEntry {
  readonly operator: Operator;
  readonly inputs: readonly number[];
  readonly output: number;
}

/** Tensors and operators, by their numbers. */
class Graph {
  readonly tensors: TensorEntry[] = [];
  readonly operators: OperatorEntry[] = [];

  input(shape: readonly number[]): number {
    return this.tensors.push({ shape, type: FLOAT32, bytes: null }) - 1;
  }

  constant(values: Float32Array | Int32Array, shape: readonly number[]): number {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    return this.tensors.push({ shape, type: values instanceof Int32Array ? INT32 : FLOAT32, bytes }) - 1;
  }

  /** @returns the tensor that the operator gives */
  add(operator: Operator, inputs: readonly number[], shape: readonly number[]): number {
    const output = this.input(shape);
    this.operators.push({ operator, inputs, output });
    return output;
  }
}

/**
 * A layer that begins at zero and runs `numSteps` steps: [T B, I] in, [T B, H] out; or one that advances a state by a
 * step: [1, I] and [1, H] in, [1, H] out.
 *
 * @param builder of the package flatbuffers, unused
 */
export function writeTfliteGru(
  builder: FlatBuilder,
  layer: GruLayer,
  { numSteps, batchSize, withState }: { numSteps: number; batchSize: number; withState: boolean },
): Uint8Array {
  const { inputSize, hiddenSize } = layer;
  const graph = new Graph();
  const x = graph.input([numSteps * batchSize, inputSize]);
  const rowShape = [batchSize, hiddenSize];
  const initial = withState
    ? graph.input(rowShape)
    : graph.constant(new Float32Array(batchSize * hiddenSize), rowShape);
  const weights = constantsOf(graph, layer);
  const projections = weights.map(({ weight, bias }) =>
    graph.add("FULLY_CONNECTED", [x, weight, bias], [numSteps * batchSize, hiddenSize]),
  );
  const size = graph.constant(Int32Array.from(rowShape), [2]);
  const states: number[] = [];
  for (let t = 0; t < numSteps; t++) {
    const begin = graph.constant(Int32Array.of(t * batchSize, 0), [2]);
    const rows = projections.map((projection) =>
      numSteps === 1 ? projection : graph.add("SLICE", [projection, begin, size], rowShape),
    );
    states.push(addCell(graph, weights, rows, states.at(-1) ?? initial, rowShape));
  }
  const output = numSteps === 1 ? states[0]! : graph.add("CONCATENATION", states, [numSteps * batchSize, hiddenSize]);
  return writeModel(builder, graph, withState ? [x, initial] : [x], output);
}

/** The constants of one gate. */
interface GateConstants {
  readonly weight: number;
  readonly bias: number;
  readonly recurrentWeight: number;
  readonly recurrentBias: number;
}

/** Of gates r, z and n. */
function constantsOf(graph: Graph, layer: GruLayer): GateConstants[] {
  const { inputSize, hiddenSize, weight, recurrentWeight, bias, recurrentBias } = layer;
  const block = (values: Float32Array, gate: number, size: number) =>
    graph.constant(
      values.subarray(gate * hiddenSize * size, (gate + 1) * hiddenSize * size),
      size === 1 ? [hiddenSize] : [hiddenSize, size],
    );
  return [0, 1, 2].map((gate) => ({
    weight: block(weight, gate, inputSize),
    bias: block(bias!, gate, 1),
    recurrentWeight: block(recurrentWeight, gate, hiddenSize),
    recurrentBias: block(recurrentBias!, gate, 1),
  }));
}

/** One step. @returns the state after it */
function addCell(
  graph: Graph,
  weights: readonly GateConstants[],
  projections: readonly number[],
  h: number,
  shape: readonly number[],
): number {
  const [hr, hz, hn] = weights.map(({ recurrentWeight, recurrentBias }) =>
    graph.add("FULLY_CONNECTED", [h, recurrentWeight, recurrentBias], shape),
  ) as [number, number, number];
  const [xr, xz, xn] = projections as [number, number, number];
  const r = graph.add("LOGISTIC", [graph.add("ADD", [xr, hr], shape)], shape);
  const z = graph.add("LOGISTIC", [graph.add("ADD", [xz, hz], shape)], shape);
  const n = graph.add("TANH", [graph.add("ADD", [xn, graph.add("MUL", [r, hn], shape)], shape)], shape);
  return graph.add("ADD", [n, graph.add("MUL", [z, graph.add("SUB", [h, n], shape)], shape)], shape);
}

function writeModel(builder: FlatBuilder, graph: Graph, inputs: readonly number[], output: number): Uint8Array {
  const constants = graph.tensors.flatMap(({ bytes }) => bytes ?? []);
  const buffers = constants.map((bytes) =>
    writeTable(builder, [{ offset: writeBytes(builder, bytes, DATA_ALIGNMENT) }]),
  );
  let numBuffers = 0; // the first one is the empty one, of all tensors that are no constants
  const tensors = graph.tensors.map(({ shape, type, bytes }, i) => {
    const shapeOffset = writeInts(builder, shape);
    const name = builder.createString(`t${i}`);
    const buffer = bytes === null ? 0 : ++numBuffers;
    return writeTable(builder, [{ offset: shapeOffset }, { int8: type }, { int32: buffer }, { offset: name }]);
  });
  const codes = Object.values(OPERATORS);
  const operators = graph.operators.map((entry) => writeOperator(builder, entry));
  const subgraphFields = [
    { offset: writeOffsets(builder, tensors) },
    { offset: writeInts(builder, inputs) },
    { offset: writeInts(builder, [output]) },
    { offset: writeOffsets(builder, operators) },
  ];
  const subgraph = writeTable(builder, subgraphFields);
  const operatorCodes = codes.map((code) => writeTable(builder, [{ int8: code }, null, { int32: 1 }, { int32: code }]));
  const modelFields = [
    { int32: SCHEMA_VERSION },
    { offset: writeOffsets(builder, operatorCodes) },
    { offset: writeOffsets(builder, [subgraph]) },
    { offset: builder.createString("gru") },
    { offset: writeOffsets(builder, [writeTable(builder, []), ...buffers]) },
  ];
  builder.finish(writeTable(builder, modelFields), "TFL3");
  return builder.asUint8Array();
}

function writeOperator(builder: FlatBuilder, { operator, inputs, output }: OperatorEntry): number {
  const fields = [
    { int32: Object.keys(OPERATORS).indexOf(operator) },
    { offset: writeInts(builder, inputs) },
    { offset: writeInts(builder, [output]) },
  ];
  if (operator !== "CONCATENATION") return writeTable(builder, fields);
  const axisZero = writeTable(builder, [{ int32: 0 }]);
  return writeTable(builder, [...fields, { int8: CONCATENATION_OPTIONS }, { offset: axisZero }]);
}
