// Writes ONNX models for the tests, field by field: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { bytesOf } from "./pickleFile.js";

/** A tensor of floats, as a list or as the bytes that exporters write, or of integers. */
export interface OnnxTensor {
  readonly shape: readonly number[];
  readonly floats?: readonly number[];
  readonly raw?: Float32Array;
  readonly ints?: readonly number[];
  /** Integers, packed: the bytes of all of them. */
  readonly packed?: Uint8Array;
  /** Entries of external_data. */
  readonly external?: { readonly location: string; readonly offset?: string; readonly length?: string };
  /** Whether the data are there; so they are where there are entries, unless this is false. */
  readonly isExternal?: boolean;
}

/** An attribute's value; an object with a type says that and nothing else, as proto3 writes zero. */
type OnnxFileAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly type: number }
  | { readonly graph: OnnxFileGraph };

/** A node as a test writes it: operator, inputs, outputs, attributes. */
export type OnnxFileNode = readonly [
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, OnnxFileAttribute>>,
  domain?: string,
];

/** The parts of a graph; a shape is of numbers and names. */
export interface OnnxFileGraph {
  readonly nodes: readonly OnnxFileNode[];
  readonly tensors?: Readonly<Record<string, OnnxTensor>>;
  readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>;
  /** Names of inputs that hold integers. */
  readonly integers?: readonly string[];
  readonly outputs: readonly string[];
}

/** The parts of a model. */
export interface OnnxFile extends OnnxFileGraph {
  readonly opset?: number;
  readonly producer?: string;
}

/** A message, by the writer of its fields. */
export function message(write: (writer: BinaryWriter) => void): Uint8Array {
  const writer = new BinaryWriter();
  write(writer);
  return writer.finish();
}

/** A field that holds a message, a string or bytes. */
export function field(writer: BinaryWriter, number: number, value: Uint8Array | string): void {
  writer.tag(number, WireType.LengthDelimited);
  if (typeof value === "string") writer.string(value);
  else writer.bytes(value);
}

/** A field that holds an integer. */
export function intField(writer: BinaryWriter, number: number, value: number | bigint): void {
  writer.tag(number, WireType.Varint).int64(value);
}

/** A model's bytes. */
export function onnxFile(file: OnnxFile): Uint8Array {
  const { opset = 17, producer = "test" } = file;
  return message((writer) => {
    intField(writer, 1, 8);
    field(writer, 2, producer);
    field(writer, 7, graph(file));
    field(
      writer,
      8,
      message((inner) => intField(inner, 2, opset)),
    );
  });
}

function graph({ nodes, tensors = {}, inputs = {}, outputs, integers = [] }: OnnxFileGraph): Uint8Array {
  return message((writer) => {
    for (const node of nodes) field(writer, 1, encodeNode(node));
    for (const [name, tensor] of Object.entries(tensors)) field(writer, 5, encodeTensor(name, tensor));
    for (const [name, shape] of Object.entries(inputs))
      field(writer, 11, port(name, integers.includes(name) ? 7 : 1, shape));
    for (const name of outputs) field(writer, 12, port(name, 1, null));
  });
}

/** A TensorProto. */
export function encodeTensor(name: string, tensor: OnnxTensor): Uint8Array {
  const { shape } = tensor;
  return message((writer) => {
    for (const size of shape) intField(writer, 1, size);
    intField(writer, 2, tensor.ints === undefined && tensor.packed === undefined ? 1 : 7);
    for (const value of tensor.floats ?? []) writer.tag(4, WireType.Bit32).float(value);
    for (const value of tensor.ints ?? []) intField(writer, 7, value);
    if (tensor.packed !== undefined) field(writer, 7, tensor.packed);
    field(writer, 8, name);
    if (tensor.raw !== undefined) field(writer, 9, bytesOf(tensor.raw));
    for (const [key, value] of Object.entries(tensor.external ?? {})) {
      field(
        writer,
        13,
        message((entry) => (field(entry, 1, key), field(entry, 2, value))),
      );
    }
    if (tensor.external !== undefined && tensor.isExternal !== false) intField(writer, 14, 1);
  });
}

function encodeNode([operator, inputs, outputs, attributes = {}, domain]: OnnxFileNode): Uint8Array {
  return message((writer) => {
    for (const name of inputs) field(writer, 1, name);
    for (const name of outputs) field(writer, 2, name);
    field(writer, 3, `${operator} of ${outputs.find((name) => name !== "") ?? ""}`);
    field(writer, 4, operator);
    for (const [name, value] of Object.entries(attributes)) field(writer, 5, encodeAttribute(name, value));
    if (domain !== undefined) field(writer, 7, domain);
  });
}

/** Whole numbers are integers; lists are of floats where some number is not whole. */
function encodeAttribute(name: string, value: OnnxFileAttribute): Uint8Array {
  return message((writer) => {
    field(writer, 1, name);
    if (typeof value === "string") field(writer, 4, value);
    else if (typeof value === "object" && "type" in value) intField(writer, 20, value.type);
    else if (typeof value === "object" && "graph" in value) field(writer, 6, graph(value.graph));
    else if (typeof value !== "number") encodeList(writer, value);
    else if (Number.isInteger(value)) intField(writer, 3, value);
    else writer.tag(2, WireType.Bit32).float(value);
  });
}

function encodeList(writer: BinaryWriter, values: readonly number[] | readonly string[]): void {
  const isWhole = values.every((value) => Number.isInteger(value));
  for (const value of values) {
    if (typeof value === "string") field(writer, 9, value);
    else if (isWhole) intField(writer, 8, value);
    else writer.tag(7, WireType.Bit32).float(value);
  }
}

function port(name: string, type: number, shape: readonly (number | string)[] | null): Uint8Array {
  const dimension = (size: number | string) =>
    message((writer) => (typeof size === "number" ? intField(writer, 1, size) : field(writer, 2, size)));
  const tensorType = message((writer) => {
    intField(writer, 1, type);
    if (shape !== null)
      field(
        writer,
        2,
        message((inner) => shape.forEach((size) => field(inner, 1, dimension(size)))),
      );
  });
  return message((writer) => {
    field(writer, 1, name);
    field(
      writer,
      2,
      message((inner) => field(inner, 1, tensorType)),
    );
  });
}

/** Numbers that differ, [-0.5, 0.5). */
export function floats(...shape: number[]): OnnxTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, floats: Array.from({ length }, (_, i) => ((i * 37) % 101) / 101 - 0.5) };
}

/** Integers of one axis. */
export function ints(...values: number[]): OnnxTensor {
  return { shape: [values.length], ints: values };
}

/** Weights of a GRU from 3 features to 2: names W and R. */
export const GRU_TENSORS = { W: floats(1, 6, 3), R: floats(1, 6, 2) };

/** A GRU over the input x, [time, batch, 3], whose Y without its direction axis is y. */
export const GRU_NODES: readonly OnnxFileNode[] = [
  ["GRU", ["x", "W", "R"], ["Y", "Y_h"], { hidden_size: 2 }],
  ["Squeeze", ["Y", "one"], ["y"]],
];

/** A model of that GRU and what a test adds to it. */
export function gruFile(more: Partial<OnnxFile> = {}): Uint8Array {
  return onnxFile({
    outputs: ["y"],
    ...more,
    nodes: [...GRU_NODES, ...(more.nodes ?? [])],
    tensors: { ...GRU_TENSORS, one: ints(1), ...more.tensors },
    inputs: { x: ["time", "batch", 3], ...more.inputs },
  });
}
