import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import type { Entry } from "./entries.js";
import { type Node, readNodes, type TensorRef } from "./nodes.js";

/** What a call reads, by the names of outputs. */
export interface CallArguments {
  readonly inputs: readonly string[];
  readonly mask: string | null;
  /** What a recurrent layer begins with; empty for zeros. */
  readonly states: readonly string[];
}

/** Makes the call of an entry. @returns the names of its outputs; of a layer, which may have more, the first alone */
export type MakeCall = (entry: Entry, args: CallArguments) => readonly string[];

/** The second and further outputs of a layer's call, as recurrent layers with return_state have them. */
export function outputName(call: string, tensor: number): string {
  return tensor === 0 ? call : `${call}:${tensor}`;
}

/** The calls of a graph, each made after those that it reads, in the order of the file as far as that allows. */
export class CallGraph {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #nodes: ReadonlyMap<string, readonly Node[]>;
  readonly #firstNode = new Map<string, number>();
  readonly #given: ReadonlyMap<string, string>;
  readonly #make: MakeCall;
  /** Outputs of the calls so far; null while a call is being made. */
  readonly #made = new Map<Node, readonly string[] | null>();

  /** @param outputs of the model @param given what a nested model's inputs stand for, by name */
  constructor(
    entries: readonly Entry[],
    outputs: readonly TensorRef[],
    given: ReadonlyMap<string, string>,
    make: MakeCall,
  ) {
    this.#entries = new Map(entries.map((entry) => [entry.name, entry]));
    this.#nodes = new Map(entries.map((entry) => [entry.name, nodesOf(entry)]));
    this.#given = given;
    this.#make = make;
    const read = [...this.#nodes.values()]
      .flat()
      .flatMap(({ inputs, mask, states }) => [...inputs, ...states, ...(mask ? [mask] : [])]);
    for (const { layer, node } of [...read, ...outputs]) {
      this.#firstNode.set(layer, Math.min(node, this.#firstNode.get(layer) ?? Infinity));
    }
  }

  /** Makes all calls. @returns the names of the outputs */
  run(outputs: readonly TensorRef[]): string[] {
    for (const [name, nodes] of this.#nodes) for (const node of nodes) this.#outputsOf(name, node);
    return outputs.map((ref) => this.#resolve(ref, "output_layers"));
  }

  #outputsOf(name: string, node: Node): readonly string[] {
    const known = this.#made.get(node);
    if (known === null) throw new GruError("bad-file", `layer "${name}": it is in a cycle, or reads one`);
    if (known !== undefined) return known;
    const given = this.#given.get(name);
    this.#made.set(node, null);
    const subject = `layer "${name}"`;
    const mask = node.mask === null ? null : this.#resolve(node.mask, subject);
    const [inputs, states] = [node.inputs, node.states].map((refs) => refs.map((ref) => this.#resolve(ref, subject)));
    const args = { inputs: inputs!, mask, states: states! };
    const outputs = given === undefined ? this.#make(this.#entries.get(name)!, args) : [given];
    this.#made.set(node, outputs);
    return outputs;
  }

  #resolve({ layer, node, tensor }: TensorRef, subject: string): string {
    const nodes = this.#nodes.get(layer);
    if (nodes === undefined) {
      throw new GruError("bad-file", `${subject}: expected to read layers of the model, got "${layer}"`);
    }
    // Calls are counted from those that are read: of a nested model, its own graph is call 0, before the calls in the file.
    const call = nodes[node - this.#firstNode.get(layer)!];
    if (call === undefined) {
      const got = quote([layer, node, tensor]);
      throw new GruError("bad-file", `${subject}: expected one of ${nodes.length} calls of "${layer}", got ${got}`);
    }
    const outputs = this.#outputsOf(layer, call);
    return outputs[tensor] ?? outputName(outputs[0]!, tensor);
  }
}

/** The calls of a layer: one of an input, which reads nothing. */
function nodesOf(entry: Entry): readonly Node[] {
  const nodes = readNodes(entry);
  if (entry.className !== "InputLayer") return nodes;
  if (nodes.length === 0) return [{ inputs: [], mask: null, states: [] }];
  throw new GruError("bad-file", `layer "${entry.name}": expected to be called never, got ${nodes.length}`);
}
