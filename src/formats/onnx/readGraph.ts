// Reads a graph's nodes in order, and makes a wiring of them.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { arithmeticOperators } from "./arithmeticOperators.js";
import { extentOf, Roles } from "./axes.js";
import { Call, type Operator, type Reading } from "./call.js";
import type { ExternalData } from "./externalData.js";
import { gru } from "./gruOperator.js";
import { type Guess, inputValue } from "./inputForms.js";
import { layerOperators } from "./layerOperators.js";
import { MAX_AXES, type OnnxModel, type OnnxNode, type OnnxPort } from "./modelProto.js";
import { demand, Refusal } from "./refusal.js";
import { selectOperators } from "./selectOperators.js";
import { shapeOperators } from "./shapeOperators.js";
import { parseTensorProto, type TensorData } from "./tensorProto.js";
import type { Constant, Value } from "./value.js";
import { Wiring } from "./wiring.js";

const OPERATORS = new Map<string, Operator>(
  Object.entries({ ...shapeOperators, ...selectOperators, ...arithmeticOperators, ...layerOperators, GRU: gru }),
);

/** Characters of an operator's name in a message. */
const MAX_NAME = 60;

/** A part of the graph that cannot be run, and why. */
export interface Issue {
  /** A node, an input or an output, for a message. */
  readonly subject: string;
  readonly reason: string;
  /** The operator of a node, if it is unknown. */
  readonly operator?: string;
}

/** A graph that was read. */
export interface GraphReading {
  readonly reading: Reading;
  /** Values of the graph's inputs that are no weights. */
  readonly inputs: ReadonlyMap<OnnxPort, Value>;
  /** Values of the graph's outputs; null for an output that depends on a node that cannot be run. */
  readonly outputs: ReadonlyMap<OnnxPort, Value | null>;
  readonly issues: readonly Issue[];
}

/** Options and data for reading a graph. */
export interface ReadRequest {
  readonly linearBeforeReset: boolean | undefined;
  /** Whether the weights may use the memory of the file. */
  readonly mayKeep: boolean;
  /** Tensors by name: the caller's, then also those of the file, each of which is read once. */
  readonly tensors: Map<string, TensorData>;
  readonly live: LiveGraph;
  readonly external: ExternalData;
  /** Size of the file and of the external data. */
  readonly sizeBytes: number;
}

/** Reads the nodes that outputs depend on. Nodes that cannot be run are collected as issues. */
export function readGraph(model: OnnxModel, guess: Guess, request: ReadRequest): GraphReading {
  const { nodes, numReads, readOnce } = request.live;
  const reading: Reading = {
    opset: model.opset,
    wiring: new Wiring(request.sizeBytes),
    roles: new Roles(),
    external: request.external,
    linearBeforeReset: request.linearBeforeReset,
    readOnce,
    hasLengths: new Map(),
    suspects: [],
    isFromTorch: /^pytorch$/i.test(model.producer),
    notes: new Set(),
  };
  const reader = new GraphReader(model, reading, request, new Map(numReads));
  const inputs = reader.addInputs(guess);
  for (const node of nodes) reader.visit(node);
  const outputs = new Map(model.outputs.map((port) => [port, reader.lookUp(port.name, "the graph")]));
  return { reading, inputs, outputs, issues: reader.issues };
}

/** The part of a graph that its outputs depend on. */
export interface LiveGraph {
  /** In the file's order. */
  readonly nodes: readonly OnnxNode[];
  /** Number of readers of each name: nodes, and the output itself. */
  readonly numReads: ReadonlyMap<string, number>;
  /** Names of the file's tensors that only one input of one node reads. */
  readonly readOnce: ReadonlySet<string>;
}

/** Finds the part of a graph that its outputs depend on. */
export function findLive({ nodes, outputs, initializers }: OnnxModel): LiveGraph {
  const numReads = new Map<string, number>();
  const read = (name: string) => numReads.set(name, (numReads.get(name) ?? 0) + 1);
  const outputNames = new Set(outputs.map(({ name }) => name));
  outputNames.forEach(read);
  const reversed = [...nodes].reverse().filter((node) => {
    const isLive = node.outputs.some((name) => name !== "" && numReads.has(name));
    if (isLive) node.inputs.forEach(read);
    return isLive;
  });
  const names = [...initializers.keys()];
  const readOnce = new Set(names.filter((name) => numReads.get(name) === 1 && !outputNames.has(name)));
  return { nodes: reversed.reverse(), numReads, readOnce };
}

/** Cost of an input in elements that a node may visit; a size is an object, and counts as 16. */
function costOf({ axes, content }: Value): number {
  return content.kind === "sizes" ? 16 * content.sizes.length : extentOf(axes);
}

function checked(values: Value[]): Value[] {
  for (const { axes } of values) demand(axes.length <= MAX_AXES, `it gives more than ${MAX_AXES} axes`);
  return values;
}

class GraphReader {
  readonly issues: Issue[] = [];
  readonly #model: OnnxModel;
  readonly #reading: Reading;
  readonly #request: ReadRequest;
  /** Remaining readers of each name. An output without readers, such as a Dropout's mask, is often in a graph. */
  readonly #numReads: Map<string, number>;
  /** Computed constants with remaining readers, and the number of their names. */
  readonly #held = new Map<Constant["values"], number>();
  /** Values by name; null for an output of a node that cannot be run. */
  readonly #values = new Map<string, Value | null>();

  constructor(model: OnnxModel, reading: Reading, request: ReadRequest, numReads: Map<string, number>) {
    this.#model = model;
    this.#reading = reading;
    this.#request = request;
    this.#numReads = numReads;
  }

  addInputs(guess: Guess): Map<OnnxPort, Value> {
    const inputs = new Map<OnnxPort, Value>();
    for (const [port, form] of guess) {
      const value = this.#attempt(`input ${quote(port.name)}`, () => inputValue(port, form, this.#reading.wiring));
      if (value !== null) this.#reading.wiring.spend(extentOf(value.axes));
      this.#values.set(port.name, value);
      if (value !== null) inputs.set(port, value);
    }
    return inputs;
  }

  visit(node: OnnxNode): void {
    const { name, operator, outputs } = node;
    const subject = `${operator.slice(0, MAX_NAME)} ${quote(name || outputs[0] || "")}`;
    const compute = OPERATORS.get(operator);
    const inputs = node.inputs.map((input) => (input === "" ? undefined : this.lookUp(input, `node ${subject}`)));
    let values: Value[] | null = null;
    if (compute === undefined)
      this.issues.push({ subject, operator, reason: "no layer of webgru computes this operator" });
    else if (!inputs.includes(null)) {
      const given = inputs.map((input) => input ?? null);
      for (const input of given) if (input !== null) this.#reading.wiring.spend(costOf(input));
      values = this.#attempt(subject, () => checked(compute(new Call(node, given, this.#reading))));
    }
    for (const [i, output] of outputs.entries()) {
      if (output === "") continue;
      if (this.#values.has(output)) throw new GruError("bad-file", `onnx: two values have the name ${quote(output)}`);
      this.#values.set(output, values?.[i] ?? null);
      if (!this.#numReads.has(output)) continue;
      if (values?.[i] !== undefined) this.#hold(values[i], 1);
      else if (values !== null) this.issues.push({ subject, reason: `it has an output ${i} that is not supported` });
    }
    for (const input of node.inputs) this.#release(input);
  }

  /** Counts the names of a constant. @param by 1 for one more, -1 for one less */
  #hold({ content }: Value, by: 1 | -1): void {
    if (content.kind !== "constant") return;
    const { values } = content;
    const count = (this.#held.get(values) ?? 0) + by;
    if (count === 0) this.#held.delete(values);
    else this.#held.set(values, count);
    if (count === Math.max(0, by)) this.#reading.wiring.hold(by * values.byteLength);
  }

  /** Counts a reader of a name, and frees the value after the last one. */
  #release(name: string): void {
    const numReads = this.#numReads.get(name)! - 1;
    this.#numReads.set(name, numReads);
    const value = this.#values.get(name);
    if (numReads > 0 || !value) return;
    if (!this.#model.initializers.has(name) && !this.#request.tensors.has(name)) this.#hold(value, -1);
    this.#values.set(name, null);
  }

  /** A value by its name; null if it depends on a node that cannot be run. */
  lookUp(name: string, reader: string): Value | null {
    let value = this.#values.get(name);
    if (value !== undefined) return value;
    value = this.#attempt(`tensor ${quote(name)}`, () => this.#tensor(name, reader));
    this.#values.set(name, value);
    return value;
  }

  #tensor(name: string, reader: string): Value {
    const { tensors, mayKeep, external } = this.#request;
    const encoded = this.#model.initializers.get(name);
    const options = { mayKeep, external: encoded && external.get(encoded) };
    const tensor = tensors.get(name) ?? (encoded && parseTensorProto(encoded, name, options));
    if (tensor === undefined) {
      throw new GruError("bad-file", `onnx: expected ${quote(name)} before ${reader}, which reads it, got none`);
    }
    tensors.set(name, tensor);
    const { shape, ...content } = tensor;
    this.#reading.wiring.spend(extentOf(shape));
    return { axes: shape, content: { kind: "constant", ...content } };
  }

  #attempt<T>(subject: string, compute: () => T): T | null {
    try {
      return compute();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.issues.push({ subject, reason: error.message });
      return null;
    }
  }
}
