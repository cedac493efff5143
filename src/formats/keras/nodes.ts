// How a layer of a graph is called: its inbound nodes, in the forms of Keras 1 to 3 and of TF.js.

import { GruError } from "../../errors.js";
import { quote } from "../quote.js";
import { Config } from "./config.js";
import type { Entry } from "./entries.js";
import { RECURRENT_CLASSES } from "./cells.js";

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
  /** What a recurrent layer begins with; empty for zeros. */
  readonly states: readonly TensorRef[];
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
  const isRecurrent = RECURRENT_CLASSES.includes(className);
  const given = readRefs(
    className === "NotEqual" ? args[0] : args.filter((arg) => !isRecurrent || arg !== null),
    subject,
  );
  const { mask, states } = readKeywords(json === null ? keywordsIn(args) : keywordsOf(json), isRecurrent, subject);
  // Keras 1 and 2 list a recurrent layer's states after its input.
  const inputs = isRecurrent ? given.slice(0, 1) : given;
  const all = isRecurrent ? [...given.slice(1), ...states] : [];
  const most = Math.max(inputs.length, all.length);
  if (most > MAX_INPUTS) {
    throw new GruError("unsupported", `${subject}: expected at most ${MAX_INPUTS} inputs, got ${most}`);
  }
  return { inputs, mask, states: all };
}

/** Arguments that change nothing in inference. */
const IGNORED_KEYWORDS = new Set(["training"]);

function keywordsOf(node: Config): [name: string, value: unknown][] {
  return node.has("kwargs") ? node.object("kwargs").entries() : [];
}

/** The keyword arguments of an older node, which each of its tensors repeats. */
function keywordsIn(node: readonly unknown[]): [name: string, value: unknown][] {
  return node.flatMap((ref): [string, unknown][] => {
    const kwargs: unknown = Array.isArray(ref) ? ref[3] : undefined;
    return typeof kwargs !== "object" || kwargs === null ? [] : Object.entries(kwargs);
  });
}

/** The tensors in a call's keyword arguments; other arguments are refused. */
function readKeywords(
  keywords: readonly [name: string, value: unknown][],
  isRecurrent: boolean,
  subject: string,
): Pick<Node, "mask" | "states"> {
  let mask: TensorRef | null = null;
  let states: readonly TensorRef[] = [];
  for (const [key, value] of keywords) {
    if (value === null || IGNORED_KEYWORDS.has(key)) continue;
    const isStates = key === "initial_state" && isRecurrent;
    const refs = key === "mask" || isStates ? readRefs([value], subject) : [];
    if (isStates && refs.length > 0) states = refs;
    else if (refs.length === 1) mask = refs[0]!;
    else throw refuseKeyword(subject, key);
  }
  return { mask, states };
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
