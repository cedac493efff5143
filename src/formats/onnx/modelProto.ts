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

/** Graphs within graphs: the branches of an If. Silero's voice detector has four. */
const MAX_DEPTH = 8;

/** A graph: the model's own, a branch of an If, or the body of a Loop or Scan, which also reads names of the graphs around it. */
export interface GraphProto {
  readonly nodes: readonly OnnxNode[];
  /** Encoded TensorProtos by name. */
  readonly initializers: ReadonlyMap<string, Uint8Array>;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  /** Names that it reads and does not give. */
  readonly captures: readonly string[];
}

/** A model's graph, and the versions that it was written with. */
export interface OnnxModel extends GraphProto {
  readonly producer: string;
  readonly producerVersion: string;
  /** Version of the default operator set. */
  readonly opset: number;
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
  /** Graphs in its attributes, by the attribute's name. */
  readonly graphs: ReadonlyMap<string, GraphProto>;
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
  const reader = new GraphReader();
  let graph: GraphProto = EMPTY;
  readMessage(bytes, "onnx", {
    2: (field) => (producer = field.string()),
    3: (field) => (producerVersion = field.string()),
    7: (field) => (graph = reader.read(field.bytes(), 0)),
    8: (field) => readOpset(field.bytes(), opsets),
  });
  const { nodes, outputs } = graph;
  if (nodes.length === 0) throw new GruError("bad-file", "onnx: expected a graph with nodes, got none");
  if (outputs.length === 0) throw new GruError("bad-file", "onnx: expected a graph with outputs, got none");
  const opset = opsets.get("") ?? 0;
  if (!(opset >= 7)) {
    throw new GruError("unsupported", `onnx: expected opset 7 or newer, got ${opset}; export the model again`);
  }
  return { producer, producerVersion, opset, ...graph, sizeBytes: bytes.length };
}

const EMPTY: GraphProto = { nodes: [], initializers: new Map(), inputs: [], outputs: [], captures: [] };

/** All nodes, those of graphs in attributes before the node that has them. */
export function allNodes(nodes: readonly OnnxNode[]): OnnxNode[] {
  return nodes.flatMap((node) => [...[...node.graphs.values()].flatMap((graph) => allNodes(graph.nodes)), node]);
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

/** Reads graphs, and counts their parts together. */
class GraphReader {
  #numNodes = 0;
  #numNames = 0;
  #numTensors = 0;

  /** @param depth number of graphs around it */
  read(bytes: Uint8Array, depth: number): GraphProto {
    const nodes: OnnxNode[] = [];
    const initializers = new Map<string, Uint8Array>();
    const inputs: OnnxPort[] = [];
    const outputs: OnnxPort[] = [];
    readMessage(bytes, "onnx graph", {
      1: (field) => nodes.push(this.#node(field.bytes(), depth)),
      5: (field) => this.#addInitializer(field.bytes(), initializers),
      11: (field) => append(inputs, readPort(field.bytes()), MAX_PORTS, "graph inputs"),
      12: (field) => append(outputs, readPort(field.bytes()), MAX_PORTS, "graph outputs"),
      15: () => {
        throw new GruError("unsupported", "onnx graph: expected dense initializers, got a sparse one");
      },
    });
    return { nodes, initializers, inputs, outputs, captures: capturesOf(nodes, initializers, inputs, outputs) };
  }

  #node(bytes: Uint8Array, depth: number): OnnxNode {
    if (++this.#numNodes > MAX_NODES) {
      throw new GruError("bad-file", `onnx: expected at most ${MAX_NODES} nodes, got more; ${UNROLLED}`);
    }
    const node = readNode(bytes, (graph) => {
      if (depth === MAX_DEPTH) {
        throw new GruError("bad-file", `onnx: expected at most ${MAX_DEPTH} graphs within each other, got more`);
      }
      const inner = this.read(graph, depth + 1);
      this.#countNames(inner.captures.length + inner.outputs.length);
      return inner;
    });
    this.#countNames(node.inputs.length + node.outputs.length);
    return node;
  }

  #countNames(number: number): void {
    this.#numNames += number;
    if (this.#numNames > MAX_NAMES) {
      throw new GruError("bad-file", `onnx: expected at most ${MAX_NAMES} inputs and outputs of all nodes, got more`);
    }
  }

  #addInitializer(bytes: Uint8Array, initializers: Map<string, Uint8Array>): void {
    let name = "";
    readMessage(bytes, "onnx initializer", { 8: (field) => (name = field.string()) });
    if (initializers.has(name)) {
      throw new GruError("bad-file", `onnx: expected one initializer ${quote(name)}, got two`);
    }
    if (++this.#numTensors > MAX_TENSORS) {
      throw new GruError("bad-file", `onnx: expected at most ${MAX_TENSORS} initializers, got more`);
    }
    initializers.set(name, bytes);
  }
}

/** The names that nodes and outputs read, those of graphs in attributes too, and that are not given here. */
function capturesOf(
  nodes: readonly OnnxNode[],
  initializers: ReadonlyMap<string, Uint8Array>,
  inputs: readonly OnnxPort[],
  outputs: readonly OnnxPort[],
): string[] {
  const given = new Set([...nodes.flatMap((node) => node.outputs), ...inputs.map(({ name }) => name)]);
  const reads = [...nodes.flatMap(readsOf), ...outputs.map(({ name }) => name)];
  return [...new Set(reads)].filter((name) => name !== "" && !given.has(name) && !initializers.has(name));
}

/** The names that a node reads: its inputs, and names that graphs in its attributes take from around it. */
export function readsOf({ inputs, graphs }: OnnxNode): readonly string[] {
  if (graphs.size === 0) return inputs;
  return [...inputs, ...[...graphs.values()].flatMap(({ captures }) => captures)];
}

function append<T>(list: T[], item: T, max: number, what: string): void {
  if (list.length === max) throw new GruError("bad-file", `onnx: expected at most ${max} ${what}, got more`);
  list.push(item);
}

/** @param readGraph reads a graph in an attribute */
function readNode(bytes: Uint8Array, readGraph: (bytes: Uint8Array) => GraphProto): OnnxNode {
  let name = "";
  let type = "";
  let domain = "";
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, OnnxAttribute>();
  const graphs = new Map<string, GraphProto>();
  readMessage(bytes, "onnx node", {
    1: (field) => append(inputs, field.string(), MAX_PORTS, "inputs of a node"),
    2: (field) => append(outputs, field.string(), MAX_PORTS, "outputs of a node"),
    3: (field) => (name = field.string()),
    4: (field) => (type = field.string()),
    5: (field) => readAttribute(field.bytes(), attributes, graphs, readGraph),
    7: (field) => (domain = field.string()),
  });
  const operator = domain === "" || domain === "ai.onnx" ? type : `${domain}.${type}`;
  return { name, operator, inputs, outputs, attributes, graphs };
}

/** Values of AttributeProto.AttributeType. Writers of proto3 leave such a value out if it is 0 or empty. */
const [FLOAT, INT, STRING] = [1, 2, 3];

function readAttribute(
  bytes: Uint8Array,
  into: Map<string, OnnxAttribute>,
  graphs: Map<string, GraphProto>,
  readGraph: (bytes: Uint8Array) => GraphProto,
): void {
  let name = "";
  let type = 0;
  let float: number | null = null;
  let int: number | null = null;
  let string: string | null = null;
  let tensor: Uint8Array | null = null;
  let graph: GraphProto | null = null;
  const floats: number[] = [];
  const ints: number[] = [];
  const strings: string[] = [];
  readMessage(bytes, "onnx attribute", {
    1: (field) => (name = field.string()),
    2: (field) => (float = field.float()),
    3: (field) => (int = field.int()),
    4: (field) => (string = field.string()),
    5: (field) => (tensor = field.bytes()),
    6: (field) => (graph = readGraph(field.bytes())),
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
  if (graph !== null) graphs.set(name, graph);
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
