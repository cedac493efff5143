import { GruError } from "../../errors.js";
import { checkOptions } from "../../model/checkOptions.js";
import type { Layer } from "../../layers/index.js";
import { hasState } from "../../layers/recurrent.js";
import type { ModelFiles } from "../fileContents.js";
import { numElements } from "../tensor.js";
import { adviceFor } from "./advice.js";
import { assemble } from "./assemble.js";
import { externalData, openExternalFiles } from "./externalData.js";
import { constantsOf, type GraphOptions, statesOf, withInputShapes } from "./graphOptions.js";
import { type Guess, guessForms, weightNames } from "./inputForms.js";
import { type OnnxModel, parseModelProto } from "./modelProto.js";
import { notesOf } from "./notes.js";
import type { OnnxNetwork } from "./onnxGraph.js";
import { findLive } from "./liveGraph.js";
import { type GraphReading, type Issue, readGraph } from "./readGraph.js";
import { Refusal } from "./refusal.js";
import type { TensorData } from "./tensorProto.js";

/** Options of reading an ONNX file. */
export interface ParseOnnxOptions extends GraphOptions {
  /**
   * `linear_before_reset` of every GRU, in place of the file's. It is true for PyTorch's GRU; PyTorch's newer exporter leaves it
   * out, which means false.
   */
  readonly linearBeforeReset?: boolean | undefined;
  /** Refused: a graph says itself how its layers are wired. */
  readonly description?: unknown;
  /** Tensors for graph inputs that are weights without values in the file, row-major. */
  readonly weights?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: ArrayLike<number> }>
  >;
  /** The files with external data of tensors, by name. */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** As `ParseOnnxOptions`, with files that may have to be fetched. */
export interface LoadOnnxOptions extends Omit<ParseOnnxOptions, "files"> {
  readonly files?: ModelFiles | undefined;
}

/**
 * Reads an ONNX model of recurrent layers and what stands around them, in the forms of common exporters.
 *
 * @param mayKeep whether the weights may use the memory of `bytes`
 * @returns the network; its `graph` has the roles of the graph's inputs and outputs
 * @throws GruError `bad-file`, `shape-mismatch`, or `unsupported` with the nodes that cannot be run
 */
export function parseOnnx(bytes: Uint8Array, options: ParseOnnxOptions = {}, mayKeep = false): OnnxNetwork {
  checkOptions(options, ["linearBeforeReset", "weights", "constants", "inputShapes", "states", "description", "files"]);
  return networkOf(parseModelProto(bytes), options, mayKeep);
}

/**
 * As `parseOnnx`, after opening the files that the model names.
 *
 * @param mayKeep whether the weights may use the memory of `bytes` and `files`
 */
export async function loadOnnx(
  bytes: Uint8Array,
  { files, ...options }: LoadOnnxOptions = {},
  mayKeep = false,
): Promise<OnnxNetwork> {
  const model = parseModelProto(bytes);
  return networkOf(model, { ...options, files: await openExternalFiles(model, files) }, mayKeep);
}

function networkOf(given: OnnxModel, options: ParseOnnxOptions, mayKeep: boolean): OnnxNetwork {
  const { linearBeforeReset, description, weights = {}, files = new Map() } = options;
  if (description !== undefined) {
    throw new GruError("unsupported", "description: not for an ONNX graph, which says itself how its layers are wired");
  }
  const model = withInputShapes(given, options.inputShapes);
  const states = statesOf(model, options.states);
  const external = externalData(model, files);
  const sizeBytes = [...external.values()].reduce((sum, { length }) => sum + length, model.sizeBytes);
  const request = {
    linearBeforeReset,
    mayKeep,
    tensors: new Map([...weightsOf(model, weights), ...constantsOf(model, options.constants)]),
    parsed: new Map<Uint8Array, TensorData>(),
    live: findLive(model),
    external,
    sizeBytes,
  };
  const ports = model.inputs.filter(({ name }) => !model.initializers.has(name) && !request.tensors.has(name));
  let farthest: { readonly guess: Guess; readonly issues: readonly Issue[] } | null = null;
  let second: OnnxNetwork | null = null;
  const guesses = guessForms(model, ports);
  const isOnly = guesses.length === 1;
  for (const guess of guesses) {
    const graph = readGraph(model, guess, request, !isOnly);
    const result = graph.issues.length > 0 ? graph.issues : tryAssemble(graph, states);
    if (!("layers" in result)) {
      // The guess that goes the farthest is the likeliest; the first one of them.
      if (farthest === null || placeOf(result) > placeOf(farthest.issues)) farthest = { guess, issues: result };
      continue;
    }
    const network = { ...result, notes: notesOf(model, graph, result, request) };
    // A recurrence along time can be streamed: it is the better guess.
    if (!result.layers.some(runsAlongFrame)) return network;
    second ??= network;
  }
  if (second !== null) return second;
  const { guess, issues } = farthest!;
  const all = isOnly ? issues : readGraph(model, guess, request, false).issues;
  throw new GruError("unsupported", describeIssues(model, all.length > 0 ? all : issues));
}

/** Number of nodes that were read before the first issue; a graph that was read as a whole has none that tells. */
const placeOf = ([issue]: readonly Issue[]) => issue?.at ?? Infinity;

function runsAlongFrame(layer: Layer): boolean {
  return "frameSteps" in layer && !hasState(layer);
}

function weightsOf(model: OnnxModel, weights: NonNullable<ParseOnnxOptions["weights"]>): Map<string, TensorData> {
  const used = weightNames(model);
  const given = Object.entries(weights).filter(([name]) => used.has(name));
  const tensors = given.map(([name, { shape, values }]): [string, TensorData] => {
    const length = numElements(shape);
    if (length !== values.length) {
      const expected = `${length} elements for [${shape.join(", ")}]`;
      throw new GruError("shape-mismatch", `weights.${name}: expected ${expected}, got ${values.length}`);
    }
    return [name, { shape, values: Float64Array.from(values), isFloat: true, isFloat16: false }];
  });
  return new Map(tensors);
}

function tryAssemble(graph: GraphReading, states: ReadonlyMap<string, string>): OnnxNetwork | Issue[] {
  try {
    return assemble(graph, states);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [{ subject: "graph", reason: error.message }];
  }
}

/** Limits of a message: reasons, and nodes for each reason. The first issues cause the later ones. */
const [MAX_REASONS, MAX_SUBJECTS] = [5, 4];

/** The first issues, grouped by reason, and advice. */
function describeIssues(model: OnnxModel, issues: readonly Issue[]): string {
  const byReason = new Map<string, string[]>();
  for (const { subject, reason } of issues) {
    const subjects = byReason.get(reason);
    if (subjects === undefined) byReason.set(reason, [subject]);
    else subjects.push(subject);
  }
  const lines = [...byReason].slice(0, MAX_REASONS).map(([reason, subjects]) => {
    const rest = subjects.length - MAX_SUBJECTS;
    const named = subjects.slice(0, MAX_SUBJECTS).join(", ");
    return `\n  ${rest > 0 ? `${named} and ${rest} more` : named}: ${reason}`;
  });
  if (byReason.size > MAX_REASONS) lines.push(`\n  and ${byReason.size - MAX_REASONS} more reasons`);
  const got = `${model.nodes.length} nodes of which ${issues.length} cannot be run`;
  const expected = "a graph that the layers of webgru compute";
  return `onnx: expected ${expected}, got ${got}:${lines.join("")}${adviceFor(model, issues)}`;
}
