// Goes through a graph's nodes once, and turns them into a wiring.

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

/** Of an operator, in a message. */
const MAX_NAME = 60;

/** What cannot be run, and why. */
export interface Issue {
  /** A node, an input or an output, for a message. */
  readonly subject: string;
  readonly reason: string;
  /** Of a node with an operator that is not known. */
  readonly operator?: string;
}

/** A graph that was gone through. */
export interface GraphReading {
  readonly reading: Reading;
  /** Of the graph's inputs that are no weights. */
  readonly inputs: ReadonlyMap<OnnxPort, Value>;
  /** Of the graph's outputs; null for what depends on a node that cannot be run. */
  readonly outputs: ReadonlyMap<OnnxPort, Value | null>;
  readonly issues: readonly Issue[];
}

/** What is asked of the reading beside the file. */
export interface ReadRequest {
  readonly linearBeforeReset: boolean | undefined;
  /** Whether the file's bytes may become the weights' own memory. */
  readonly mayKeep: boolean;
  /** By name: what the file leaves to the caller, and from then on what was read of the file: each tensor is read once. */
  readonly tensors: Map<string, TensorData>;
  readonly live: LiveGraph;
  readonly external: ExternalData;
  /** Of the file, and of the tensors' data in others. */
  readonly sizeBytes: number;
}

/** Goes through the nodes that outputs depend on; what cannot be run is gathered, not thrown. */
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
  const walkthrough = new Walkthrough(model, reading, request, new Map(numReads));
  const inputs = walkthrough.addInputs(guess);
  for (const node of nodes) walkthrough.visit(node);
  const outputs = new Map(model.outputs.map((port) => [port, walkthrough.lookUp(port.name, "the graph")]));
  return { reading, inputs, outputs, issues: walkthrough.issues };
}

/** What the graph's outputs depend on. */
export interface LiveGraph {
  /** In the file's order. */
  readonly nodes: readonly OnnxNode[];
  /** How often each name is read, by nodes and as an output. */
  readonly numReads: ReadonlyMap<string, number>;
  /** Names of the file's tensors that one input of one node reads and nothing else. */
  readonly readOnce: ReadonlySet<string>;
}

/** What of a graph is to be read, and how often. */
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

/** Elements that a node may go through for having an input; a size is an object. */
function costOf({ axes, content }: Value): number {
  return content.kind === "sizes" ? 16 * content.sizes.length : extentOf(axes);
}

function checked(values: Value[]): Value[] {
  for (const { axes } of values) demand(axes.length <= MAX_AXES, `it gives more than ${MAX_AXES} axes`);
  return values;
}

class Walkthrough {
  readonly issues: Issue[] = [];
  readonly #model: OnnxModel;
  readonly #reading: Reading;
  readonly #request: ReadRequest;
  /** How often each name is still to be read: a Dropout's mask, say, is often there and for nobody. */
  readonly #numReads: Map<string, number>;
  /** Numbers that were computed and are still to be read, with how many names have them. */
  readonly #held = new Map<Constant["values"], number>();
  /** By name; null for what a node that cannot be run would give. */
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
      this.issues.push({ subject, operator, reason: "it is an operator that no layer of webgru's computes" });
    else if (!inputs.includes(null)) {
      const given = inputs.map((input) => input ?? null);
      for (const input of given) if (input !== null) this.#reading.wiring.spend(costOf(input));
      values = this.#attempt(subject, () => checked(compute(new Call(node, given, this.#reading))));
    }
    for (const [i, output] of outputs.entries()) {
      if (output === "") continue;
      if (this.#values.has(output))
        throw new GruError("bad-file", `onnx: expected one value ${quote(output)}, got two`);
      this.#values.set(output, values?.[i] ?? null);
      if (!this.#numReads.has(output)) continue;
      if (values?.[i] !== undefined) this.#hold(values[i], 1);
      else if (values !== null) this.issues.push({ subject, reason: `it has an output ${i} that is not supported` });
    }
    for (const input of node.inputs) this.#release(input);
  }

  /** Counts one more name, or one less, that has a constant. */
  #hold({ content }: Value, by: 1 | -1): void {
    if (content.kind !== "constant") return;
    const { values } = content;
    const count = (this.#held.get(values) ?? 0) + by;
    if (count === 0) this.#held.delete(values);
    else this.#held.set(values, count);
    if (count === Math.max(0, by)) this.#reading.wiring.hold(by * values.byteLength);
  }

  /** Lets go of what nothing reads any more. */
  #release(name: string): void {
    const numReads = this.#numReads.get(name)! - 1;
    this.#numReads.set(name, numReads);
    const value = this.#values.get(name);
    if (numReads > 0 || !value) return;
    if (!this.#model.initializers.has(name) && !this.#request.tensors.has(name)) this.#hold(value, -1);
    this.#values.set(name, null);
  }

  /** null for what depends on a node that cannot be run. */
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
