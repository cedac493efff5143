import { GruError } from "../../errors.js";
import { checkOptions } from "../../model/checkOptions.js";
import type { ModelFiles } from "../fileContents.js";
import { adviceFor } from "./advice.js";
import { assemble } from "./assemble.js";
import { externalData, openExternalFiles } from "./externalData.js";
import { guessForms, weightNames } from "./inputForms.js";
import { type OnnxModel, parseModelProto } from "./modelProto.js";
import { notesOf } from "./notes.js";
import type { OnnxNetwork } from "./onnxGraph.js";
import { type GraphReading, findLive, type Issue, readGraph } from "./readGraph.js";
import { Refusal } from "./refusal.js";
import type { TensorData } from "./tensorProto.js";

/** How an ONNX file is to be read. */
export interface ParseOnnxOptions {
  /**
   * `linear_before_reset` of every GRU, whatever the file says. PyTorch's GRU has it true; its newer exporter
   * leaves it out, which means false.
   */
  readonly linearBeforeReset?: boolean | undefined;
  /** Not for ONNX: a graph says itself how its layers are wired. */
  readonly description?: unknown;
  /** Tensors for the graph inputs that are weights, row-major, where the file leaves those to the caller. */
  readonly weights?: Readonly<
    Record<string, { readonly shape: readonly number[]; readonly values: ArrayLike<number> }>
  >;
  /** The files beside the model that its tensors' data are in (external data), by name. */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** The same where files beside the model may have to be fetched. */
export interface LoadOnnxOptions extends Omit<ParseOnnxOptions, "files"> {
  readonly files?: ModelFiles | undefined;
}

/**
 * Reads an ONNX model: what of it is GRUs, embeddings and dense layers, in the forms that exporters write them in.
 *
 * @param mayKeep whether the bytes may become the weights' own memory
 * @returns the network; its `graph` tells what the graph's inputs and outputs are to it
 * @throws GruError `bad-file`, `shape-mismatch`, or `unsupported` with every node that cannot be run
 */
export function parseOnnx(bytes: Uint8Array, options: ParseOnnxOptions = {}, mayKeep = false): OnnxNetwork {
  checkOptions(options, ["linearBeforeReset", "weights", "description", "files"]);
  return networkOf(parseModelProto(bytes), options, mayKeep);
}

/**
 * As `parseOnnx`; the files that the model names are opened first.
 *
 * @param mayKeep whether the bytes, and those of `files`, may become the weights' own memory
 */
export async function loadOnnx(
  bytes: Uint8Array,
  { files, ...options }: LoadOnnxOptions = {},
  mayKeep = false,
): Promise<OnnxNetwork> {
  const model = parseModelProto(bytes);
  return networkOf(model, { ...options, files: await openExternalFiles(model, files) }, mayKeep);
}

function networkOf(
  model: OnnxModel,
  { linearBeforeReset, description, weights = {}, files = new Map() }: ParseOnnxOptions,
  mayKeep: boolean,
): OnnxNetwork {
  if (description !== undefined) {
    throw new GruError("unsupported", "description: expected none, since an ONNX graph says how it is wired, got one");
  }
  const external = externalData(model, files);
  const sizeBytes = [...external.values()].reduce((sum, { length }) => sum + length, model.sizeBytes);
  const request = {
    linearBeforeReset,
    mayKeep,
    tensors: weightsOf(model, weights),
    live: findLive(model),
    external,
    sizeBytes,
  };
  const ports = model.inputs.filter(({ name }) => !model.initializers.has(name) && !request.tensors.has(name));
  let first: readonly Issue[] | null = null;
  for (const guess of guessForms(model, ports)) {
    const graph = readGraph(model, guess, request);
    const result = graph.issues.length > 0 ? graph.issues : tryAssemble(graph);
    if ("layers" in result) return { ...result, notes: notesOf(model, graph, result, request) };
    first ??= result;
  }
  throw new GruError("unsupported", describeIssues(model, first!));
}

function weightsOf(model: OnnxModel, weights: NonNullable<ParseOnnxOptions["weights"]>): Map<string, TensorData> {
  const used = weightNames(model);
  const given = Object.entries(weights).filter(([name]) => used.has(name));
  const tensors = given.map(([name, { shape, values }]): [string, TensorData] => {
    const length = shape.reduce((product, size) => product * size, 1);
    if (length !== values.length) {
      const expected = `${length} elements for [${shape.join(", ")}]`;
      throw new GruError("shape-mismatch", `weights.${name}: expected ${expected}, got ${values.length}`);
    }
    return [name, { shape, values: Float64Array.from(values), isFloat: true, isFloat16: false }];
  });
  return new Map(tensors);
}

function tryAssemble(graph: GraphReading): OnnxNetwork | Issue[] {
  try {
    return assemble(graph);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return [{ subject: "graph", reason: error.message }];
  }
}

/** Of reasons, and of nodes of one reason, in a message: those that come first are what the others come from. */
const [MAX_REASONS, MAX_SUBJECTS] = [5, 4];

/** The first issues, those of one reason together, and what to change where the graph was made. */
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
  const expected = "a graph of GRUs, embeddings and dense layers";
  return `onnx: expected ${expected}, got ${got}:${lines.join("")}${adviceFor(model, issues)}`;
}
