import { frozenNumber, type Roles } from "./axes.js";
import { quote } from "../quote.js";
import type { OnnxNode } from "./modelProto.js";
import { demand, Refusal } from "./refusal.js";
import type { TensorData } from "./tensorProto.js";
import { type Constant, describeContent, type Signal, sizesOf, type Value } from "./value.js";
import type { CarriedState, InputSource, RecurrentSource, Wiring } from "./wiring.js";

/** The state of reading one graph, which all operators share. */
export interface Reading {
  readonly opset: number;
  readonly wiring: Wiring;
  readonly roles: Roles;
  /** A tensor of the file, which is read once. */
  readonly parseTensor: (encoded: Uint8Array, name: string) => TensorData;
  /** Replaces every GRU's attribute if it is given. */
  readonly linearBeforeReset: boolean | undefined;
  /** Whether each recurrent layer has lengths. */
  readonly hasLengths: Map<RecurrentSource, boolean>;
  /** GRU nodes of PyTorch's exporter with linear_before_reset 0, which no GRU of PyTorch is. */
  readonly suspects: string[];
  readonly isFromTorch: boolean;
  /** Names of the file's tensors that only one input of one node reads. */
  readonly readOnce: ReadonlySet<string>;
  /** Number of readers of each name of the graph. */
  readonly numReads: ReadonlyMap<string, number>;
  /** States of loops, which a layer carries where another reads them. */
  readonly carried: Map<InputSource, CarriedState>;
  /** Notes for a person, each once. */
  readonly notes: Set<string>;
}

/** A node with its inputs. */
export class Call {
  readonly node: OnnxNode;
  readonly reading: Reading;
  readonly #inputs: readonly (Value | null)[];

  constructor(node: OnnxNode, inputs: readonly (Value | null)[], reading: Reading) {
    this.node = node;
    this.reading = reading;
    this.#inputs = inputs;
  }

  get wiring(): Wiring {
    return this.reading.wiring;
  }

  /** The name for a layer of this node. */
  get layerName(): string {
    return this.node.name || this.node.outputs.find((name) => name !== "") || this.node.operator;
  }

  /** The node in a message. */
  get subject(): string {
    return `${this.node.operator} ${quote(this.layerName)}`;
  }

  get numInputs(): number {
    return this.#inputs.length;
  }

  /** Whether an input is a tensor of the file without other readers. */
  isSoleReader(i: number): boolean {
    return this.reading.readOnce.has(this.node.inputs[i] ?? "");
  }

  /** Whether it is the only reader of an input that a node gives. */
  isOnlyReader(i: number): boolean {
    return this.reading.numReads.get(this.node.inputs[i] ?? "") === 1;
  }

  /** An input; null where it was left out. */
  optional(i: number): Value | null {
    return this.#inputs[i] ?? null;
  }

  input(i: number): Value {
    const value = this.optional(i);
    demand(value !== null, `it lacks input ${i}`);
    return value;
  }

  /** An input that must be features. */
  signal(i: number): Value<Signal> {
    const value = this.input(i);
    demand(
      value.content.kind === "signal",
      `it needs features as input ${i}, and gets ${describeContent(value.content)}`,
    );
    return value as Value<Signal>;
  }

  /** An input that must be constant, without time or batch axes, and its shape. */
  constant(i: number, what = `input ${i}`): { shape: number[]; content: Constant } {
    const { axes, content } = this.input(i);
    const way = content.kind === "signal" ? "; a graph input with weights can be passed in the option weights" : "";
    demand(content.kind === "constant", `it needs constants as ${what}, and gets ${describeContent(content)}${way}`);
    const shape = axes.filter((axis) => typeof axis === "number");
    demand(shape.length === axes.length, `it needs constants of a fixed shape as ${what}`);
    return { shape, content };
  }

  /** Whole numbers of an input, or of the attribute that older operator sets have; null where the node has neither. */
  whole(i: number, attribute: string): number[] | null {
    const value = this.optional(i);
    if (value === null) return this.ints(attribute);
    return sizesOf(value).map((size) => {
      const number = frozenNumber(size);
      if (number === null) throw new Refusal(`it needs ${attribute} as constants`);
      return number;
    });
  }

  tensor(attribute: string): TensorData | null {
    const encoded = this.node.attributes.get(attribute)?.tensor ?? null;
    if (encoded === null) return null;
    return this.reading.parseTensor(encoded, this.layerName);
  }

  int(attribute: string, absent: number): number {
    return this.node.attributes.get(attribute)?.int ?? absent;
  }

  float(attribute: string, absent: number): number {
    return this.node.attributes.get(attribute)?.float ?? absent;
  }

  string(attribute: string, absent: string): string {
    return this.node.attributes.get(attribute)?.string ?? absent;
  }

  ints(attribute: string): number[] | null {
    const ints = this.node.attributes.get(attribute)?.ints;
    return ints === undefined ? null : [...ints];
  }

  floats(attribute: string): readonly number[] {
    return this.node.attributes.get(attribute)?.floats ?? [];
  }

  strings(attribute: string): readonly string[] {
    return this.node.attributes.get(attribute)?.strings ?? [];
  }
}

/** Computes a node's outputs. @throws Refusal */
export type Operator = (call: Call) => Value[];
