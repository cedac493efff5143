// How a layer of a graph is called: its inbound nodes, in the forms of Keras 1 to 3 and of TF.js.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { Config } from "./config.js";
import type { Entry } from "./entries.js";

/** A tensor of a graph: of the outputs of a call of a layer. */
export interface TensorRef {
  readonly layer: string;
  /** Index of the call. */
  readonly node: number;
  /** Index among the outputs. */
  readonly tensor: number;
}

/** A call of a layer. */
export interface Node {
  readonly inputs: readonly TensorRef[];
  readonly mask: TensorRef | null;
}

/** Limit of a layer's calls, and of its inputs. */
const MAX_NODES = 64;
const MAX_INPUTS = 64;
const MAX_NESTING = 4;

/** @throws GruError `bad-file`, `unsupported` for arguments that are no tensors */
export function readNodes({ name, className, json }: Entry): Node[] {
  const nodes = json.get("inbound_nodes") ?? [];
  const subject = `layer "${name}"`;
  if (!Array.isArray(nodes)) {
    throw new GruError("bad-file", `${subject}: expected inbound_nodes to be a list of calls, got ${quote(nodes)}`);
  }
  if (nodes.length > MAX_NODES) {
    throw new GruError("unsupported", `${subject}: expected at most ${MAX_NODES} calls, got ${nodes.length}`);
  }
  return nodes.map((node: unknown) => readNode(node, className, subject));
}

function readNode(node: unknown, className: string, subject: string): Node {
  // Keras 3: { args, kwargs }. Earlier versions: a list of [layer, node, tensor, kwargs].
  const json = Array.isArray(node) ? null : new Config(node, subject);
  const args = json === null ? (node as unknown[]) : json.list("args");
  if (className === "NotEqual" && (args.length !== 2 || args[1] !== 0)) {
    const expected = "to compare with 0, as a mask does";
    throw new GruError("unsupported", `${subject}: expected ${expected}, got ${quote(args[1])}`);
  }
  const inputs = readRefs(className === "NotEqual" ? args[0] : args, subject);
  if (inputs.length > MAX_INPUTS) {
    throw new GruError("unsupported", `${subject}: expected at most ${MAX_INPUTS} inputs, got ${inputs.length}`);
  }
  return { inputs, mask: json === null ? readOldKeywords(args, subject) : readKeywords(json) };
}

/** Arguments that change nothing in inference. */
const IGNORED_KEYWORDS = new Set(["training"]);

/** The mask in Keras 3's keyword arguments; other arguments are refused. */
function readKeywords(node: Config): TensorRef | null {
  let mask: TensorRef | null = null;
  for (const [key, value] of node.has("kwargs") ? node.object("kwargs").entries() : []) {
    if (value === null || IGNORED_KEYWORDS.has(key)) continue;
    const refs = key === "mask" ? readRefs([value], node.subject) : [];
    if (refs.length !== 1) throw refuseKeyword(node.subject, key);
    mask = refs[0]!;
  }
  return mask;
}

/** Refuses keyword arguments of older nodes. */
function readOldKeywords(node: readonly unknown[], subject: string): null {
  for (const ref of node) {
    const kwargs = Array.isArray(ref) ? ref[3] : undefined;
    if (typeof kwargs !== "object" || kwargs === null) continue;
    const refused = Object.entries(kwargs).find(([key, value]) => value !== null && !IGNORED_KEYWORDS.has(key));
    if (refused !== undefined) throw refuseKeyword(subject, refused[0]);
  }
  return null;
}

function refuseKeyword(subject: string, key: string): GruError {
  return new GruError(
    "unsupported",
    `${subject}: expected a call with inputs alone, got the argument ${quote(key)} too`,
  );
}

/** The tensors that a value refers to: [layer, node, tensor], Keras 3's objects, or lists of them. */
export function readRefs(value: unknown, subject: string, depth = 0): TensorRef[] {
  if (!Array.isArray(value)) {
    if (typeof value !== "object" || value === null) {
      throw new GruError("unsupported", `${subject}: expected to read tensors of the model, got ${quote(value)}`);
    }
    return [readRef(new Config(value, subject).object("config").list("keras_history"), subject)];
  }
  if (typeof value[0] === "string" && typeof value[1] === "number") return [readRef(value, subject)];
  if (depth > MAX_NESTING) {
    throw new GruError("bad-file", `${subject}: expected tensors in at most ${MAX_NESTING} lists, got more`);
  }
  if (value.length > MAX_INPUTS) {
    throw new GruError("unsupported", `${subject}: expected at most ${MAX_INPUTS} tensors, got ${value.length}`);
  }
  return value.flatMap((item) => readRefs(item, subject, depth + 1));
}

function readRef([layer, node, tensor]: readonly unknown[], subject: string): TensorRef {
  if (typeof layer === "string" && isIndex(node) && isIndex(tensor)) return { layer, node, tensor };
  throw new GruError(
    "bad-file",
    `${subject}: expected a layer, a call and a tensor, got ${quote([layer, node, tensor])}`,
  );
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
