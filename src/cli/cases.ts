// Inputs and expected outputs of a model, written by another program: arrays of a .npz or tensors of a safetensors file, named
// `input`, `output` (or `output.<layer>` if there are several), `initialState` and `finalState` (or `finalState.<layer>.h`, by
// block), `lengths`. In a file with several cases, the names have a prefix: `<case>/input`.

import { parseSafetensors, isSafetensors } from "../formats/safetensors.js";
import type { Tensor } from "../formats/tensor.js";
import { GruError, type InitialState, type Network } from "../index.js";
import { layerOutputSize } from "../layers/index.js";
import { layerNamed, stateLength } from "../model/network.js";
import { stateShapes } from "../model/state.js";
import { readNpz } from "../entries/npz.js";

/** An input and the expected outputs; arrays are flat, row-major and time-major. */
export interface Case {
  /** "" when the file has one case without a prefix. */
  readonly name: string;
  readonly batchSize: number;
  readonly input: Float32Array;
  readonly initialState: InitialState | null;
  readonly lengths: Float32Array | null;
  /** The expected outputs by name; and `finalState`, or `finalState.<layer>.<block>`. */
  readonly expected: ReadonlyMap<string, Tensor>;
}

const FIELD = /^(?:(?<prefix>.*)\/)?(?<field>input|lengths|(?:output|initialState|finalState)(?:\..+)?)$/;

/**
 * Reads cases for a network.
 *
 * @throws GruError `bad-file` for a file without cases, `shape-mismatch` for arrays whose shapes do not fit the network
 */
export function readCases(bytes: Uint8Array, network: Network): Case[] {
  const arrays = isSafetensors(bytes) ? allTensors(bytes) : readNpz(bytes);
  const byCase = new Map<string, Map<string, Tensor>>();
  for (const [name, tensor] of arrays) {
    const { prefix = "", field } = (FIELD.exec(name)?.groups ?? {}) as Record<string, string | undefined>;
    if (field === undefined) {
      const expected = "input, output, output.<layer>, initialState, finalState, finalState.<layer>.h, lengths";
      throw new GruError("bad-file", `cases: expected arrays named ${expected}, got "${name}"`);
    }
    const fields = byCase.get(prefix) ?? new Map<string, Tensor>();
    byCase.set(prefix, fields.set(field, tensor));
  }
  if (byCase.size === 0) throw new GruError("bad-file", "cases: expected at least one, got none");
  return [...byCase].map(([name, fields]) => readCase(name, fields, network));
}

/** All tensors, including whole numbers: indices and lengths. */
function allTensors(bytes: Uint8Array): ReadonlyMap<string, Tensor> {
  const { tensors, wholeNumbers } = parseSafetensors(bytes);
  return new Map([...tensors, ...wholeNumbers]);
}

function readCase(name: string, fields: ReadonlyMap<string, Tensor>, network: Network): Case {
  const prefix = name === "" ? "" : `${name}/`;
  const input = fields.get("input");
  if (input === undefined) throw new GruError("bad-file", `cases: expected ${prefix}input, got none`);
  const batchSize = batchSizeOf(`${prefix}input`, input.shape, network);
  const numSteps = input.values.length / (batchSize * network.inputSize);
  const expected = new Map<string, Tensor>();
  for (const [field, tensor] of fields) {
    const wanted = expectedLengths(`${prefix}${field}`, field, network, numSteps, batchSize);
    if (wanted === null) continue;
    const [output, lengths] = wanted;
    if (!lengths.includes(tensor.values.length)) {
      const got = `${tensor.values.length}, [${tensor.shape.join(", ")}]`;
      throw new GruError(
        "shape-mismatch",
        `cases: ${prefix}${field}: expected ${lengths.join(" or ")} elements, got ${got}`,
      );
    }
    expected.set(output, tensor);
  }
  if (expected.size === 0) throw new GruError("bad-file", `cases: expected ${prefix}output, got none`);
  const lengths = fields.get("lengths")?.values ?? null;
  return {
    name,
    batchSize,
    input: input.values,
    initialState: initialStateOf(fields),
    lengths,
    expected,
  };
}

/** The array of all, or those by block; null for none. */
function initialStateOf(fields: ReadonlyMap<string, Tensor>): InitialState | null {
  const all = fields.get("initialState");
  if (all !== undefined) return all.values;
  const blocks = [...fields].flatMap(([field, { values }]) => {
    const block = afterDot("initialState", field);
    return block === null ? [] : [[block, values] as const];
  });
  return blocks.length === 0 ? null : Object.fromEntries(blocks);
}

/**
 * The name under which a field is compared, and the numbers of elements that it may have.
 *
 * @param what the field's name, for messages
 * @returns null for a field that is given, not expected
 */
function expectedLengths(
  what: string,
  field: string,
  network: Network,
  numSteps: number,
  batchSize: number,
): [name: string, lengths: number[]] | null {
  if (field === "finalState") return [field, [stateLength(network, batchSize)]];
  const block = afterDot("finalState", field);
  if (block !== null) {
    const shapes = stateShapes(network);
    const shape = shapes[block];
    if (shape === undefined) throw unknownName(what, "blocks of state", Object.keys(shapes), block);
    return [field, [batchSize * shape[0] * shape[1]]];
  }
  const output = field === "output" ? network.outputs[0]! : afterDot("output", field);
  if (output === null) return null;
  if (!network.outputs.includes(output)) throw unknownName(what, "outputs", network.outputs, output);
  return [output, lengthsOf(network, output, numSteps, batchSize)];
}

/** What follows a word and a dot; null for another name. */
function afterDot(word: string, name: string): string | null {
  return name.startsWith(`${word}.`) ? name.slice(word.length + 1) : null;
}

function unknownName(what: string, kind: string, names: readonly string[], got: string): GruError {
  return new GruError("bad-file", `cases: ${what}: expected one of the ${kind} ${names.join(", ")}, got "${got}"`);
}

/** B of an input, from its shape: [T, B, I] or [T, I]; [T, B] or [T] for indices. */
function batchSizeOf(name: string, shape: readonly number[], { inputType, inputSize }: Network): number {
  const isIndices = inputType === "indices";
  const axes = isIndices ? shape : shape.slice(0, -1);
  const isFull = axes.length === 1 || axes.length === 2;
  if (isFull && (isIndices || shape.at(-1) === inputSize) && !shape.includes(0)) return axes[1] ?? 1;
  const expected = isIndices ? "[T, B] or [T]" : `[T, B, ${inputSize}] or [T, ${inputSize}]`;
  throw new GruError("shape-mismatch", `cases: ${name}: expected shape ${expected}, got [${shape.join(", ")}]`);
}

/** Number of elements in all steps of an output, and in its last one. */
function lengthsOf(network: Network, output: string, numSteps: number, batchSize: number): number[] {
  const last = batchSize * layerOutputSize(layerNamed(network, output));
  return [...new Set([numSteps * last, last])];
}
