// Reads a graph's nodes in order, and makes a wiring of them.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { arithmeticOperators } from "./arithmeticOperators.js";
import { extentOf, Roles } from "./axes.js";
import { Call, type Operator, type Reading } from "./call.js";
import type { ExternalData } from "./externalData.js";
import { convOperators } from "./convOperators.js";
import { einsumOperators } from "./einsum.js";
import { elementOperators } from "./elementOperators.js";
import { type Guess, inputValue } from "./inputForms.js";
import { logicOperators } from "./logicOperators.js";
import { matrixOperators } from "./matrixOperators.js";
import { normOperators } from "./normOperators.js";
import { quantisedOperators } from "./quantisedOperators.js";
import { quantiseLinear } from "./quantiseLinear.js";
import { placeOperators } from "./placeOperators.js";
import { poolOperators } from "./poolOperators.js";
import { reduceOperators } from "./reduceOperators.js";
import { findLive, type LiveGraph } from "./liveGraph.js";
import { type GraphProto, MAX_AXES, type OnnxModel, type OnnxNode, type OnnxPort, readsOf } from "./modelProto.js";
import { readLoop, readScan } from "./loop.js";
import { demand, Refusal } from "./refusal.js";
import { recurrentOperators } from "./recurrentOperators.js";
import { orderOperators } from "./rowOrder.js";
import { selectOperators } from "./selectOperators.js";
import { plain } from "./signals.js";
import { shapeOperators } from "./shapeOperators.js";
import { parseTensorProto, type TensorData } from "./tensorProto.js";
import { type Constant, describeContent, type Value } from "./value.js";
import { Wiring } from "./wiring.js";

const OPERATORS = new Map<string, Operator>(
  Object.entries({
    ...shapeOperators,
    ...selectOperators,
    ...arithmeticOperators,
    ...convOperators,
    ...einsumOperators,
    ...elementOperators,
    ...logicOperators,
    ...matrixOperators,
    ...normOperators,
    ...orderOperators,
    ...placeOperators,
    ...poolOperators,
    ...quantisedOperators,
    ...quantiseLinear,
    ...recurrentOperators,
    ...reduceOperators,
  }),
);

/** Operators with a body that is read once. */
const ITERATED = new Map([
  ["Loop", readLoop],
  ["Scan", readScan],
]);

/** Characters of an operator's name in a message. */
const MAX_NAME = 60;

/** A part of the graph that cannot be run, and why. */
export interface Issue {
  /** A node, an input or an output, for a message. */
  readonly subject: string;
  readonly reason: string;
  /** The operator of a node, if it is unknown. */
  readonly operator?: string;
  /** Number of nodes that were read before. */
  readonly at?: number;
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
  /** The caller's tensors, by the names of graph inputs. */
  readonly tensors: ReadonlyMap<string, TensorData>;
  /** The file's tensors by their encoded form: each is read once. */
  readonly parsed: Map<Uint8Array, TensorData>;
  readonly live: LiveGraph;
  readonly external: ExternalData;
  /** Size of the file and of the external data. */
  readonly sizeBytes: number;
}

/**
 * Reads the nodes that outputs depend on. Nodes that cannot be run are collected as issues.
 *
 * @param stopsAtIssue whether nothing is read after the first one: most guesses fail early, and one is told in full
 */
export function readGraph(model: OnnxModel, guess: Guess, request: ReadRequest, stopsAtIssue: boolean): GraphReading {
  const { external, mayKeep, parsed, live } = request;
  const reading: Reading = {
    opset: model.opset,
    wiring: new Wiring(request.sizeBytes),
    roles: new Roles(),
    parseTensor(encoded, name) {
      const tensor =
        parsed.get(encoded) ?? parseTensorProto(encoded, name, { mayKeep, external: external.get(encoded) });
      parsed.set(encoded, tensor);
      return tensor;
    },
    linearBeforeReset: request.linearBeforeReset,
    readOnce: live.readOnce,
    numReads: live.numReads,
    hasLengths: new Map(),
    carried: new Map(),
    suspects: [],
    isFromTorch: /^pytorch$/i.test(model.producer),
    notes: new Set(),
  };
  const reader = new GraphReader(reading);
  const scope = new Scope(model, live, request.tensors, null);
  const inputs = reader.addInputs(guess, scope);
  const { issues } = reader;
  for (const node of live.nodes) {
    if (stopsAtIssue && issues.length > 0) return { reading, inputs, outputs: new Map(), issues };
    reader.visit(node, scope);
  }
  for (const source of reading.wiring.sources) {
    if (source.type !== "pending" || reading.wiring.completed.has(source)) continue;
    issues.push({ subject: source.subject, reason: source.fault, at: live.nodes.length });
  }
  const outputs = new Map(model.outputs.map((port) => [port, reader.lookUp(port.name, "the graph", scope)]));
  return { reading, inputs, outputs, issues };
}

/** Cost of an input in elements that a node may visit; a size is an object, and counts as 16. */
function costOf({ axes, content }: Value): number {
  return content.kind === "sizes" ? 16 * content.sizes.length : extentOf(axes);
}

function checked(values: Value[]): Value[] {
  for (const { axes } of values) demand(axes.length <= MAX_AXES, `it gives more than ${MAX_AXES} axes`);
  return values;
}

/** The values of one graph. A branch of an If also sees those around it. */
class Scope {
  /** Values by name; null for an output of a node that cannot be run. */
  readonly values = new Map<string, Value | null>();
  /** Remaining readers of each name. An output without readers, such as a Dropout's mask, is often in a graph. */
  readonly numReads: Map<string, number>;
  readonly around: Scope | null;
  readonly #graph: GraphProto;
  readonly #tensors: ReadonlyMap<string, TensorData>;

  constructor(
    graph: GraphProto,
    { numReads }: LiveGraph,
    tensors: ReadonlyMap<string, TensorData>,
    around: Scope | null,
  ) {
    this.numReads = new Map(numReads);
    this.around = around;
    this.#graph = graph;
    this.#tensors = tensors;
  }

  /** The graph that gives a name: this one, or one around it; null where none does, up to now. */
  withName(name: string): Scope | null {
    if (this.values.has(name) || this.isTensor(name)) return this;
    return this.around === null ? null : this.around.withName(name);
  }

  /** Whether a name is one of a tensor, which stays. */
  isTensor(name: string): boolean {
    return this.#graph.initializers.has(name) || this.#tensors.has(name);
  }

  tensor(name: string, reading: Reading): TensorData | undefined {
    const encoded = this.#graph.initializers.get(name);
    return this.#tensors.get(name) ?? (encoded && reading.parseTensor(encoded, name));
  }
}

class GraphReader {
  readonly issues: Issue[] = [];
  #numNodes = 0;
  readonly #reading: Reading;
  /** Computed constants with remaining readers, and the number of their names. */
  readonly #held = new Map<Constant["values"], number>();

  constructor(reading: Reading) {
    this.#reading = reading;
  }

  addInputs(guess: Guess, scope: Scope): Map<OnnxPort, Value> {
    const inputs = new Map<OnnxPort, Value>();
    for (const [port, form] of guess) {
      const value = this.#attempt(`input ${quote(port.name)}`, () => inputValue(port, form, this.#reading.wiring));
      if (value !== null) this.#reading.wiring.spend(extentOf(value.axes));
      scope.values.set(port.name, value);
      if (value !== null) inputs.set(port, value);
    }
    return inputs;
  }

  visit(node: OnnxNode, scope: Scope): void {
    this.#numNodes++;
    const { name, operator, outputs } = node;
    const subject = `${operator.slice(0, MAX_NAME)} ${quote(name || outputs[0] || "")}`;
    const values = this.#compute(node, subject, scope);
    for (const [i, output] of outputs.entries()) {
      if (output === "") continue;
      if (scope.withName(output) !== null)
        throw new GruError("bad-file", `onnx: two values have the name ${quote(output)}`);
      const numReads = scope.numReads.get(output) ?? 0;
      scope.values.set(output, values?.[i] === undefined ? null : this.#once(values[i], numReads, output));
      if (numReads === 0) continue;
      if (values?.[i] !== undefined) this.#hold(values[i], 1);
      else if (values !== null) this.#refuse({ subject, reason: `it has an output ${i} that is not supported` });
    }
    for (const input of readsOf(node)) this.#release(input, scope);
  }

  /** A node's outputs; null where it cannot be run, or depends on a node that cannot. */
  #compute(node: OnnxNode, subject: string, scope: Scope): (Value | undefined)[] | null {
    const { operator } = node;
    const inputs = node.inputs.map((input) =>
      input === "" ? undefined : this.lookUp(input, `node ${subject}`, scope),
    );
    if (operator === "If") return this.#branch(node, subject, inputs[0], scope);
    const readIterated = ITERATED.get(operator);
    const compute = OPERATORS.get(operator);
    if (compute === undefined && readIterated === undefined) {
      this.#refuse({ subject, operator, reason: "no layer of webgru computes this operator" });
      return null;
    }
    if (inputs.includes(null)) return null;
    const given = inputs.map((input) => input ?? null);
    if (readIterated !== undefined) return this.#iterate(readIterated, new Call(node, given, this.#reading), scope);
    for (const input of given) if (input !== null) this.#reading.wiring.spend(costOf(input));
    return this.#attempt(subject, () => checked(compute!(new Call(node, given, this.#reading))));
  }

  /** Reads the branch that an If takes, in its place. */
  #branch(
    node: OnnxNode,
    subject: string,
    condition: Value | null | undefined,
    scope: Scope,
  ): (Value | undefined)[] | null {
    if (condition === null) return null;
    const name = this.#attempt(subject, () => {
      demand(condition !== undefined, "it lacks input 0");
      return isTrue(condition) ? "then_branch" : "else_branch";
    });
    if (name === null) return null;
    const graph = node.graphs.get(name);
    if (graph === undefined) throw new GruError("bad-file", `onnx node ${subject}: expected a graph ${name}, got none`);
    return this.#inner(graph, subject, [], scope);
  }

  /** Reads the body of a Loop or Scan once. */
  #iterate(read: typeof readLoop, call: Call, scope: Scope): (Value | undefined)[] | null {
    const { node, subject } = call;
    const body = node.graphs.get("body");
    if (body === undefined) throw new GruError("bad-file", `onnx node ${subject}: expected a graph body, got none`);
    return this.#attempt(subject, () => read(call, body, (values) => this.#inner(body, subject, values, scope)));
  }

  /** The outputs of a graph in an attribute; null where one depends on a node that cannot be run. @param given its inputs */
  #inner(graph: GraphProto, subject: string, given: readonly Value[], scope: Scope): Value[] | null {
    const live = findLive(graph);
    const inner = new Scope(graph, live, NO_TENSORS, scope);
    given.forEach((value, i) => inner.values.set(graph.inputs[i]!.name, value));
    for (const one of live.nodes) this.visit(one, inner);
    const values = graph.outputs.map((port) => this.lookUp(port.name, `node ${subject}`, inner));
    if (values.includes(null)) return null;
    for (const port of graph.outputs) this.#release(port.name, inner);
    return values as Value[];
  }

  /** A value for several readers: a layer for a product or a sum, so that it is not computed for each of them. */
  #once(value: Value, numReads: number, name: string): Value {
    const { axes, content } = value;
    if (numReads < 2 || content.kind !== "signal") return value;
    const isCheap = content.terms.length === 1 && content.terms[0]!.weight === null;
    return isCheap ? value : { axes, content: plain(content, this.#reading.wiring, name) };
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

  /** Counts a reader of a name of this graph, and frees the value after the last one. */
  #release(name: string, scope: Scope): void {
    const before = scope.numReads.get(name);
    if (before === undefined) return;
    scope.numReads.set(name, before - 1);
    const value = scope.values.get(name);
    if (before > 1 || !value) return;
    if (!scope.isTensor(name)) this.#hold(value, -1);
    scope.values.set(name, null);
  }

  /** A value by its name; null if it depends on a node that cannot be run. */
  lookUp(name: string, reader: string, scope: Scope): Value | null {
    const owner = scope.withName(name);
    const known = owner?.values.get(name);
    if (owner !== null && known !== undefined) return known;
    const value = this.#attempt(`tensor ${quote(name)}`, () => this.#tensor(name, reader, owner));
    (owner ?? scope).values.set(name, value);
    return value;
  }

  #tensor(name: string, reader: string, scope: Scope | null): Value {
    const tensor = scope?.tensor(name, this.#reading);
    if (tensor === undefined) {
      throw new GruError("bad-file", `onnx: expected ${quote(name)} before ${reader}, which reads it, got none`);
    }
    const { shape, ...content } = tensor;
    this.#reading.wiring.spend(extentOf(shape));
    return { axes: shape, content: { kind: "constant", ...content } };
  }

  #refuse(issue: Issue): void {
    this.issues.push({ ...issue, at: this.#numNodes });
  }

  #attempt<T>(subject: string, compute: () => T): T | null {
    try {
      return compute();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse({ subject, reason: error.message });
      return null;
    }
  }
}

const NO_TENSORS: ReadonlyMap<string, TensorData> = new Map();

/** Whether an If takes its first branch. An open size counts as one of some steps or rows. */
function isTrue({ content }: Value): boolean {
  if (content.kind === "constant" && content.values.length === 1) return content.values[0] !== 0;
  if (content.kind === "sizes" && content.sizes.length === 1) return content.sizes[0]!.factor !== 0;
  throw new Refusal(`its condition is ${describeContent(content)}, which are not known before the graph runs`);
}
