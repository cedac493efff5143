// An ONNX graph in the making: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto

import { bytesOfMessage, field, floatField, intField, type Message, message } from "./protobuf.js";

/** The version of ONNX's operators: LayerNormalization is new in it, and reductions still have their axes as attributes. */
const OPSET = 17;
const IR_VERSION = 8;
/** TensorProto.DataType */
const [FLOAT, INT64] = [1, 7];
/** AttributeProto.AttributeType */
const TYPES = { float: 1, int: 2, string: 3, floats: 6, ints: 7, strings: 8 } as const;

/** A name in the graph. */
export type Value = string;

/** An attribute: whole numbers are ints, unless they are given as floats. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly floats: readonly number[] };

/** Sizes of an input or output; a text is a size that the graph leaves open. */
export type OpenShape = readonly (number | string)[];

/** Builds a graph node by node. */
export class GraphBuilder {
  readonly #nodes: Message[] = [];
  readonly #tensors: Message[] = [];
  readonly #inputs: Message[] = [];
  readonly #outputs: Message[] = [];
  readonly #names = new Set<string>();
  /** Names of constants that are in the graph, by their contents. */
  readonly #constants = new Map<string, Value>();
  /** What new names begin with: the layer that is written. */
  #prefix = "";

  /** Begins a layer: names of its values begin with its own. */
  begin(name: string): void {
    this.#prefix = `${name}/`;
  }

  /** A name that no other value has. */
  name(wanted: string): Value {
    let name = wanted;
    for (let i = 2; this.#names.has(name); i++) name = `${wanted}_${i}`;
    this.#names.add(name);
    return name;
  }

  input(name: Value, shape: OpenShape, isIndices = false): Value {
    this.#names.add(name);
    this.#inputs.push(valueInfo(name, shape, isIndices ? INT64 : FLOAT));
    return name;
  }

  /** Makes a value an output of the graph, of that name. */
  output(value: Value, name: string, shape: OpenShape): void {
    this.#names.add(name);
    this.#add("Identity", [value], [name], {});
    this.#outputs.push(valueInfo(name, shape, FLOAT));
  }

  /** Adds a node. @param inputs "" for one that is left out @returns its first output */
  node(operator: string, inputs: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    return this.nodes(operator, inputs, 1, attributes)[0]!;
  }

  /** Adds a node of several outputs. */
  nodes(
    operator: string,
    inputs: readonly Value[],
    numOutputs: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): Value[] {
    const outputs = Array.from({ length: numOutputs }, () => this.name(this.#prefix + operator));
    this.#add(operator, inputs, outputs, attributes);
    return outputs;
  }

  /** A tensor of weights. */
  floats(name: string, shape: readonly number[], values: Float32Array): Value {
    const own = this.name(this.#prefix + name);
    this.#tensors.push(tensor(own, shape, FLOAT, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)));
    return own;
  }

  /** A constant of one number. */
  scalar(value: number): Value {
    return this.#once(`f${value}`, () => this.floats("constant", [], Float32Array.of(value)));
  }

  /** A constant list of whole numbers. */
  ints(...values: readonly number[]): Value {
    return this.#once(`i${values.join()}`, () => {
      const name = this.name(this.#prefix + "sizes");
      const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      this.#tensors.push(tensor(name, [values.length], INT64, bytes));
      return name;
    });
  }

  reshape(value: Value, ...shape: readonly number[]): Value {
    return this.node("Reshape", [value, this.ints(...shape)]);
  }

  transpose(value: Value, ...perm: readonly number[]): Value {
    return this.node("Transpose", [value], { perm });
  }

  /** The part of an axis from one place to another; negative ones count from its end. */
  slice(value: Value, axis: number, start: number, end: number): Value {
    return this.node("Slice", [value, this.ints(start), this.ints(end), this.ints(axis)]);
  }

  /** The model's bytes. */
  bytes(): Uint8Array<ArrayBuffer> {
    const graph = message(
      ...this.#nodes.map((each) => field(1, each)),
      field(2, "webgru"),
      ...this.#tensors.map((each) => field(5, each)),
      ...this.#inputs.map((each) => field(11, each)),
      ...this.#outputs.map((each) => field(12, each)),
    );
    const opset = message(field(1, ""), intField(2, OPSET));
    return bytesOfMessage(message(intField(1, IR_VERSION), field(2, "webgru"), field(7, graph), field(8, opset)));
  }

  #once(key: string, make: () => Value): Value {
    const known = this.#constants.get(key) ?? make();
    this.#constants.set(key, known);
    return known;
  }

  #add(
    operator: string,
    inputs: readonly Value[],
    outputs: readonly Value[],
    attributes: Readonly<Record<string, Attribute>>,
  ): void {
    this.#nodes.push(
      message(
        ...inputs.map((each) => field(1, each)),
        ...outputs.map((each) => field(2, each)),
        field(3, outputs[0]!),
        field(4, operator),
        ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
      ),
    );
  }
}

function tensor(name: string, shape: readonly number[], type: number, bytes: Uint8Array): Message {
  return message(...shape.map((size) => intField(1, size)), intField(2, type), field(8, name), field(9, bytes));
}

function valueInfo(name: string, shape: OpenShape, type: number): Message {
  const sizes = shape.map((size) => field(1, typeof size === "number" ? intField(1, size) : field(2, size)));
  return message(field(1, name), field(2, field(1, message(intField(1, type), field(2, message(...sizes))))));
}

function attribute(name: string, value: Attribute): Message {
  const own = field(1, name);
  const typed = (type: keyof typeof TYPES, ...parts: readonly Message[]) =>
    message(own, ...parts, intField(20, TYPES[type]));
  if (typeof value === "number") {
    return Number.isInteger(value) ? typed("int", intField(3, value)) : typed("float", floatField(2, value));
  }
  if (typeof value === "string") return typed("string", field(4, value));
  if ("floats" in value) {
    const { floats } = value;
    return floats.length === 1 && !name.startsWith("activation_")
      ? typed("float", floatField(2, floats[0]!))
      : typed("floats", ...floats.map((each) => floatField(7, each)));
  }
  const list = value as readonly (number | string)[];
  if (typeof list[0] === "string") return typed("strings", ...list.map((each) => field(9, String(each))));
  return typed("ints", ...list.map((each) => intField(8, Number(each))));
}
