// The needed fields of ONNX's ModelProto: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { readMessage } from "./message.js";
import { UNROLLED } from "./unrolled.js";

/** Limits far above the size of any network that can be run, against malicious files. */
const MAX_NODES = 2048;
const MAX_TENSORS = 4096;
const MAX_PORTS = 256; // inputs and outputs, of a node or of the graph
/** Inputs and outputs of all nodes together. */
const MAX_NAMES = 16384;
const MAX_ATTRIBUTES = 64;
const MAX_ITEMS = 4096; // of a list in an attribute
const MAX_OPSETS = 64;
/** Axes of a tensor in a graph. */
export const MAX_AXES = 16;

/** A model's graph, and the versions that it was written with. */
export interface OnnxModel {
  readonly producer: string;
  readonly producerVersion: string;
  /** Version of the default operator set. */
  readonly opset: number;
  readonly nodes: readonly OnnxNode[];
  /** Encoded TensorProtos by name. */
  readonly initializers: ReadonlyMap<string, Uint8Array>;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** Size of the file. */
  readonly sizeBytes: number;
}

/** A node of the graph. The name "" stands for an input or output that is left out. */
export interface OnnxNode {
  readonly name: string;
  /** The operator's name, with its domain before it unless that is ONNX's own. */
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, OnnxAttribute>;
}

/** The values of an attribute; only the one of its type is set. */
export interface OnnxAttribute {
  readonly float: number | null;
  readonly int: number | null;
  readonly string: string | null;
  /** An encoded TensorProto. */
  readonly tensor: Uint8Array | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly string[];
}

/** An input or output of the graph. */
export interface OnnxPort {
  readonly name: string;
  /** A TensorProto.DataType; 0 where the file does not say. */
  readonly type: number;
  /** Numbers, or names of axes, or "" for unknown ones; null where the file does not say. */
  readonly shape: readonly (number | string)[] | null;
}

/**
 * Reads a ModelProto. Tensors stay encoded.
 *
 * @throws GruError `bad-file`, or `unsupported` for an operator set before 7, which has another GRU
 */
export function parseModelProto(bytes: Uint8Array): OnnxModel {
  let producer = "";
  let producerVersion = "";
  const opsets = new Map<string, number>();
  const graph = new Graph();
  readMessage(bytes, "onnx", {
    2: (field) => (producer = field.string()),
    3: (field) => (producerVersion = field.string()),
    7: (field) => graph.read(field.bytes()),
    8: (field) => readOpset(field.bytes(), opsets),
  });
  const { nodes, initializers, inputs, outputs } = graph;
  if (nodes.length === 0) throw new GruError("bad-file", "onnx: expected a graph with nodes, got none");
  if (outputs.length === 0) throw new GruError("bad-file", "onnx: expected a graph with outputs, got none");
  const opset = opsets.get("") ?? 0;
  if (!(opset >= 7)) {
    throw new GruError("unsupported", `onnx: expected opset 7 or newer, got ${opset}; export the model again`);
  }
  return { producer, producerVersion, opset, nodes, initializers, inputs, outputs, sizeBytes: bytes.length };
}

function readOpset(bytes: Uint8Array, opsets: Map<string, number>): void {
  let domain = "";
  let version = 0;
  readMessage(bytes, "onnx opset_import", {
    1: (field) => (domain = field.string()),
    2: (field) => (version = field.int()),
  });
  if (opsets.size === MAX_OPSETS)
    throw new GruError("bad-file", `onnx: expected at most ${MAX_OPSETS} opsets, got more`);
  opsets.set(domain === "ai.onnx" ? "" : domain, version);
}

class Graph {
  readonly nodes: OnnxNode[] = [];
  #numNames = 0;
  readonly initializers = new Map<string, Uint8Array>();
  readonly inputs: OnnxPort[] = [];
  readonly outputs: OnnxPort[] = [];

  read(bytes: Uint8Array): void {
    readMessage(bytes, "onnx graph", {
      1: (field) => this.#addNode(field.bytes()),
      5: (field) => this.#addInitializer(field.bytes()),
      11: (field) => append(this.inputs, readPort(field.bytes()), MAX_PORTS, "graph inputs"),
      12: (field) => append(this.outputs, readPort(field.bytes()), MAX_PORTS, "graph outputs"),
      15: () => {
        throw new GruError("unsupported", "onnx graph: expected dense initializers, got a sparse one");
      },
    });
  }

  #addNode(bytes: Uint8Array): void {
    const node = readNode(bytes);
    append(this.nodes, node, MAX_NODES, "nodes", `; ${UNROLLED}`);
    this.#numNames += node.inputs.length + node.outputs.length;
    if (this.#numNames > MAX_NAMES) {
      throw new GruError("bad-file", `onnx: expected at most ${MAX_NAMES} inputs and outputs of all nodes, got more`);
    }
  }

  #addInitializer(bytes: Uint8Array): void {
    let name = "";
    readMessage(bytes, "onnx initializer", { 8: (field) => (name = field.string()) });
    if (this.initializers.has(name)) {
      throw new GruError("bad-file", `onnx: expected one initializer ${quote(name)}, got two`);
    }
    if (this.initializers.size === MAX_TENSORS) {
      throw new GruError("bad-file", `onnx: expected at most ${MAX_TENSORS} initializers, got more`);
    }
    this.initializers.set(name, bytes);
  }
}

function append<T>(list: T[], item: T, max: number, what: string, way = ""): void {
  if (list.length === max) throw new GruError("bad-file", `onnx: expected at most ${max} ${what}, got more${way}`);
  list.push(item);
}

function readNode(bytes: Uint8Array): OnnxNode {
  let name = "";
  let type = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  readMessage(bytes, "onnx node", {
    1: (field) => append(inputs, field.string(), MAX_PORTS, "inputs of a node"),
    2: (field) => append(outputs, field.string(), MAX_PORTS, "outputs of a node"),
    3: (field) => (name = field.string()),
    4: (field) => (type = field.string()),
    5: (field) => readAttribute(field.bytes(), attributes),
    7: (field) => (domain = field.string()),
  });
  const operator = domain === "" || domain === "ai.onnx" ? type : `${domain}.${type}`;
  return { name, operator, inputs, outputs, attributes };
}

/** Values of AttributeProto.AttributeType. Writers of proto3 leave such a value out if it is 0 or empty. */
const [FLOAT, INT, STRING] = [1, 2, 3];

/** Reads an attribute. Graphs in attributes are skipped: only control flow has them. */
function readAttribute(bytes: Uint8Array, into: Map<string, OnnxAttribute>): void {
  let name = "";
  let type = 0;
  let float: number | null = null;
  let int: number | null = null;
  let string: string | null = null;
  let tensor: Uint8Array | null = null;
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  readMessage(bytes, "onnx attribute", {
    1: (field) => (name = field.string()),
    2: (field) => (float = field.float()),
    3: (field) => (int = field.int()),
    4: (field) => (string = field.string()),
    5: (field) => (tensor = field.bytes()),
    7: (field) => field.floats(floats, MAX_ITEMS),
    8: (field) => field.ints(ints, MAX_ITEMS),
    9: (field) => append(strings, field.string(), MAX_ITEMS, "strings in an attribute"),
    20: (field) => (type = field.int()),
  });
  if (type === FLOAT) float ??= 0;
  if (type === INT) int ??= 0;
  if (type === STRING) string ??= "";
  if (into.size === MAX_ATTRIBUTES) {
    throw new GruError("bad-file", `onnx: expected at most ${MAX_ATTRIBUTES} attributes of a node, got more`);
  }
  into.set(name, { float, int, string, tensor, floats, ints, strings });
}

function readPort(bytes: Uint8Array): OnnxPort {
  let name = "";
  let type = 0;
  let shape: (number | string)[] | null = null;
  const readShape = (shapeBytes: Uint8Array) => {
    const dims: (number | string)[] = [];
    readMessage(shapeBytes, `onnx ${quote(name)}`, {
      1: (field) => append(dims, readDimension(field.bytes()), MAX_AXES, "axes of an input or output"),
    });
    shape = dims;
  };
  const readTensorType = (typeBytes: Uint8Array) =>
    readMessage(typeBytes, `onnx ${quote(name)}`, {
      1: (field) => (type = field.int()),
      2: (field) => readShape(field.bytes()),
    });
  readMessage(bytes, "onnx graph input or output", {
    1: (field) => (name = field.string()),
    2: (field) => readMessage(field.bytes(), "onnx type", { 1: (inner) => readTensorType(inner.bytes()) }),
  });
  return { name, type, shape };
}

/** A number, a name, or "" for an unknown size, for which some exporters write 0 or -1. */
function readDimension(bytes: Uint8Array): number | string {
  let dimension: number | string = "";
  readMessage(bytes, "onnx dimension", {
    1: (field) => (dimension = Math.max(0, field.int()) || ""),
    2: (field) => (dimension = field.string()),
  });
  return dimension;
}
