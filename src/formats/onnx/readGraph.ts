// Goes through a graph's nodes once, and turns them into a wiring.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { arithmeticOperators } from "./arithmeticOperators.js";
import { Roles } from "./axes.js";
import { Call, type Operator, type Reading } from "./call.js";
import type { ExternalData } from "./externalData.js";
import { gru } from "./gruOperator.js";
import { type Guess, inputValue } from "./inputForms.js";
import { layerOperators } from "./layerOperators.js";
import type { OnnxModel, OnnxNode, OnnxPort } from "./modelProto.js";
import { Refusal } from "./refusal.js";
import { selectOperators } from "./selectOperators.js";
import { shapeOperators } from "./shapeOperators.js";
import { parseTensorProto, type TensorData } from "./tensorProto.js";
import type { Value } from "./value.js";
import { Wiring } from "./wiring.js";

const OPERATORS = new Map<string, Operator>(
  Object.entries({ ...shapeOperators, ...selectOperators, ...arithmeticOperators, ...layerOperators, GRU: gru }),
);

/** What cannot be run, and why. */
export interface Issue {
  /** A node, an input or an output, for a message. */
  readonly subject: string;
  readonly reason: string;
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
  readonly external: ExternalData;
  /** Of the file, and of the tensors' data in others. */
  readonly sizeBytes: number;
}

/** Goes through the nodes that outputs depend on; what cannot be run is gathered, not thrown. */
export function readGraph(model: OnnxModel, guess: Guess, request: ReadRequest): GraphReading {
  const { nodes, names, readOnce } = live(model);
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
  const walkthrough = new Walkthrough(model, reading, request, names);
  const inputs = walkthrough.addInputs(guess);
  for (const node of nodes) walkthrough.visit(node);
  const outputs = new Map(model.outputs.map((port) => [port, walkthrough.lookUp(port.name, "the graph")]));
  return { reading, inputs, outputs, issues: walkthrough.issues };
}

/** The nodes that the graph's outputs depend on, in the file's order, and the names of what is read there. */
function live({ nodes, outputs, initializers }: OnnxModel) {
  const names = new Set(outputs.map(({ name }) => name));
  const readOnce = new Set<string>();
  const read = (name: string) => {
    if (initializers.has(name) && !names.has(name)) readOnce.add(name);
    else readOnce.delete(name);
    names.add(name);
  };
  const reversed = [...nodes].reverse().filter((node) => {
    const isLive = node.outputs.some((name) => name !== "" && names.has(name));
    if (isLive) node.inputs.forEach(read);
    return isLive;
  });
  return { nodes: reversed.reverse(), names, readOnce };
}

class Walkthrough {
  readonly issues: Issue[] = [];
  readonly #model: OnnxModel;
  readonly #reading: Reading;
  readonly #request: ReadRequest;
  /** Names of outputs that something reads: a Dropout's mask, say, is often there and for nobody. */
  readonly #read: ReadonlySet<string>;
  /** By name; null for what a node that cannot be run would give. */
  readonly #values = new Map<string, Value | null>();

  constructor(model: OnnxModel, reading: Reading, request: ReadRequest, read: ReadonlySet<string>) {
    this.#model = model;
    this.#reading = reading;
    this.#request = request;
    this.#read = read;
  }

  addInputs(guess: Guess): Map<OnnxPort, Value> {
    const inputs = new Map<OnnxPort, Value>();
    for (const [port, form] of guess) {
      const value = this.#attempt(`input ${quote(port.name)}`, () => inputValue(port, form, this.#reading.wiring));
      this.#values.set(port.name, value);
      if (value !== null) inputs.set(port, value);
    }
    return inputs;
  }

  visit(node: OnnxNode): void {
    const { name, operator, outputs } = node;
    const subject = `${operator} ${quote(name || outputs[0] || "")}`;
    const compute = OPERATORS.get(operator);
    const inputs = node.inputs.map((input) => (input === "" ? undefined : this.lookUp(input, `node ${subject}`)));
    let values: Value[] | null = null;
    if (compute === undefined)
      this.issues.push({ subject, reason: "it is an operator that no layer of webgru's computes" });
    else if (!inputs.includes(null)) {
      const given = inputs.map((input) => input ?? null);
      for (const input of given) {
        if (input?.content.kind === "constant") this.#reading.wiring.spend(input.content.values.length);
      }
      values = this.#attempt(subject, () => compute(new Call(node, given, this.#reading)));
    }
    for (const [i, output] of outputs.entries()) {
      if (output === "") continue;
      if (this.#values.has(output))
        throw new GruError("bad-file", `onnx: expected one value ${quote(output)}, got two`);
      this.#values.set(output, values?.[i] ?? null);
      if (values !== null && values[i] === undefined && this.#read.has(output)) {
        this.issues.push({ subject, reason: `it has an output ${i} that is not supported` });
      }
    }
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
    this.#reading.wiring.spend(content.values.length);
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
