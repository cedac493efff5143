// An ONNX model of one GRU layer, with time and batch left open.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { GruLayer } from "../src/layers/gru.js";

const FLOAT = 1; // TensorProto.DataType
const ATTRIBUTE_INT = 2; // AttributeProto.AttributeType
const IR_VERSION = 8;
const OPSET = 17;

/** Field numbers of the messages that are written. */
const MODEL = { irVersion: 1, graph: 7, opsetImport: 8 };
const OPSET_ID = { version: 2 };
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 };
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, int: 3, type: 20 };
const TENSOR = { dims: 1, dataType: 2, name: 8, raw: 9 };
const VALUE_INFO = { name: 1, type: 2 };
const TYPE = { tensor: 1 };
const TENSOR_TYPE = { elementType: 1, shape: 2 };
const SHAPE = { dimension: 1 };
const DIMENSION = { value: 1, name: 2 };

type Write = (writer: BinaryWriter) => void;

/**
 * A forward GRU layer, reset after, as ONNX has it: gates z, r, n and both biases in one.
 *
 * @param withState `initial_h` [1, B, H] in and `Y_h` [1, B, H] out; else `Y` [T, 1, B, H] out. `X` [T, B, I] in
 */
export function writeOnnxGru(layer: GruLayer, withState: boolean): Uint8Array {
  const { inputSize, hiddenSize, weight, recurrentWeight, bias, recurrentBias } = layer;
  const zeros = new Float32Array(3 * hiddenSize);
  const biases = [bias ?? zeros, recurrentBias ?? zeros].map((each) => toZrn(each));
  const state = [1, "batch", hiddenSize];
  const graph: Write = (writer) => {
    message(writer, GRAPH.node, withState ? stepNode(hiddenSize) : sequenceNode(hiddenSize));
    text(writer, GRAPH.name, "gru");
    message(writer, GRAPH.initializer, tensor("W", [1, 3 * hiddenSize, inputSize], toZrn(weight)));
    message(writer, GRAPH.initializer, tensor("R", [1, 3 * hiddenSize, hiddenSize], toZrn(recurrentWeight)));
    message(writer, GRAPH.initializer, tensor("B", [1, 6 * hiddenSize], join(biases)));
    message(writer, GRAPH.input, valueInfo("X", ["time", "batch", inputSize]));
    if (withState) message(writer, GRAPH.input, valueInfo("initial_h", state));
    message(writer, GRAPH.output, withState ? valueInfo("Y_h", state) : valueInfo("Y", ["time", ...state]));
  };
  const writer = new BinaryWriter();
  number(writer, MODEL.irVersion, IR_VERSION);
  message(writer, MODEL.graph, graph);
  message(writer, MODEL.opsetImport, (opset) => number(opset, OPSET_ID.version, OPSET));
  return writer.finish();
}

function sequenceNode(hiddenSize: number): Write {
  return node(["X", "W", "R", "B"], ["Y"], hiddenSize);
}

function stepNode(hiddenSize: number): Write {
  return node(["X", "W", "R", "B", "", "initial_h"], ["", "Y_h"], hiddenSize); // "" leaves an argument out
}

function node(inputs: readonly string[], outputs: readonly string[], hiddenSize: number): Write {
  return (writer) => {
    for (const input of inputs) text(writer, NODE.input, input);
    for (const output of outputs) text(writer, NODE.output, output);
    text(writer, NODE.name, "gru");
    text(writer, NODE.opType, "GRU");
    message(writer, NODE.attribute, intAttribute("hidden_size", hiddenSize));
    message(writer, NODE.attribute, intAttribute("linear_before_reset", 1));
  };
}

function intAttribute(name: string, value: number): Write {
  return (writer) => {
    text(writer, ATTRIBUTE.name, name);
    number(writer, ATTRIBUTE.int, value);
    number(writer, ATTRIBUTE.type, ATTRIBUTE_INT);
  };
}

function tensor(name: string, dims: readonly number[], values: Float32Array): Write {
  return (writer) => {
    for (const dim of dims) number(writer, TENSOR.dims, dim);
    number(writer, TENSOR.dataType, FLOAT);
    text(writer, TENSOR.name, name);
    // Little-endian, as is every machine that has WebGPU.
    writer
      .tag(TENSOR.raw, WireType.LengthDelimited)
      .bytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  };
}

/** @param shape sizes, or names of those that each call decides */
function valueInfo(name: string, shape: readonly (number | string)[]): Write {
  const dimensions: Write = (writer) => {
    for (const size of shape) {
      message(writer, SHAPE.dimension, (dimension) =>
        typeof size === "number" ? number(dimension, DIMENSION.value, size) : text(dimension, DIMENSION.name, size),
      );
    }
  };
  return (writer) => {
    text(writer, VALUE_INFO.name, name);
    message(writer, VALUE_INFO.type, (type) =>
      message(type, TYPE.tensor, (tensorType) => {
        number(tensorType, TENSOR_TYPE.elementType, FLOAT);
        message(tensorType, TENSOR_TYPE.shape, dimensions);
      }),
    );
  };
}

function number(writer: BinaryWriter, field: number, value: number): void {
  writer.tag(field, WireType.Varint).int64(value);
}

function text(writer: BinaryWriter, field: number, value: string): void {
  writer.tag(field, WireType.LengthDelimited).string(value);
}

function message(writer: BinaryWriter, field: number, write: Write): void {
  writer.tag(field, WireType.LengthDelimited).fork();
  write(writer);
  writer.join();
}

/** Gate blocks r, z, n as z, r, n. @param values [3H] or [3H, N] */
function toZrn(values: Float32Array): Float32Array {
  const block = values.length / 3;
  return join([values.subarray(block, 2 * block), values.subarray(0, block), values.subarray(2 * block)]);
}

function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
