import type { Tensor } from "../formats/tensor.js";
import { createModel, type GruModel } from "../index.js";
import { breathe, defineCommand, EXIT, takeChoice, UsageError } from "./command.js";
import { type Case, readCases } from "./cases.js";
import { Progress } from "./progress.js";
import { MODEL_HELP, MODEL_OPTIONS, readBytes, readModel } from "./readModel.js";
import { print, printJson } from "./stdout.js";

/** Error of float32 arithmetic, with sums in another order, for values of about 1. */
const TOLERANCE = 2e-6;

/** `webgru verify FILE --against CASES` */
export const verify = defineCommand({
  name: "verify",
  usage: "FILE --against CASES",
  summary: "runs a model on another program's inputs and compares outputs",
  help: `  --against CASES     .npz or safetensors of input [T, B, I] (indices [T, B]) and output [T, B, O], or [B, O] of the last step;
                      output.<layer> for several outputs, finalState, initialState [D, B, H] of each recurrent layer, or by
                      block, finalState.<layer>.h; lengths [B]; several cases have prefixes: <case>/input
  --tolerance X       largest difference, relative for values above 1; ${TOLERANCE} when absent
  --device DEVICE     auto, webgpu or cpu
${MODEL_HELP}
  --json              the result as JSON`,
  options: {
    ...MODEL_OPTIONS,
    against: { type: "string" },
    tolerance: { type: "string", default: String(TOLERANCE) },
    device: { type: "string", default: "auto" },
    json: { type: "boolean" },
  },
  numPositionals: 1,
  async run({ positionals: [path], values }) {
    if (values.against === undefined) throw new UsageError("expected --against and a file of cases, got none");
    const tolerance = Number(values.tolerance);
    if (!(tolerance >= 0)) throw new UsageError(`--tolerance: expected a number from 0 on, got ${values.tolerance}`);
    const device = takeChoice("device", values.device, ["auto", "webgpu", "cpu"]);
    const { network } = await readModel(path!, values);
    const cases = readCases(await readBytes(values.against), network);
    const model = await createModel(network, { device });
    const results: OutputResult[] = [];
    const progress = new Progress("verifying", cases.length);
    for (const [i, each] of cases.entries()) {
      results.push(...(await runCase(model, each, tolerance)));
      progress.at(i + 1);
      await breathe();
    }
    const { deviceName } = model;
    model.dispose();
    const isFine = results.every(({ firstDifference }) => firstDifference === null);
    process.exitCode = isFine ? EXIT.fine : EXIT.problem; // before printing: the reader may close the pipe
    if (values.json) await printJson({ isFine, tolerance, device: deviceName, results, notes: network.notes });
    else await print(`device: ${deviceName}`, ...results.map(describe), isFine ? "fine" : `beyond ${tolerance}`);
    return process.exitCode;
  },
});

interface OutputResult {
  readonly case: string;
  readonly output: string;
  readonly numElements: number;
  readonly maxError: number;
  /** The first element beyond the tolerance. */
  readonly firstDifference: { at: number; index: readonly number[]; expected: number; got: number } | null;
}

async function runCase(model: GruModel, each: Case, tolerance: number): Promise<OutputResult[]> {
  const { name, batchSize, input, initialState, lengths, expected } = each;
  const { outputs, finalState, finalStates } = await model.run(input, {
    batchSize,
    ...(initialState === null ? {} : { initialState }),
    ...(lengths === null ? {} : { lengths }),
  });
  const states = Object.entries(finalStates).map(([block, values]) => [`finalState.${block}`, values] as const);
  const given: Readonly<Record<string, Float32Array>> = { ...Object.fromEntries(states), finalState, ...outputs };
  return [...expected].map(([output, tensor]) => {
    const actual = given[output]!;
    const isLast = tensor.values.length < actual.length;
    const compared = isLast ? lastSteps(actual, tensor.values.length, batchSize, lengths) : actual;
    return { case: name, output, ...compare(compared, tensor, tolerance) };
  });
}

/** Each row's last step, [B, O], of all steps, [T, B, O]; zeros for a row without steps. @param length B O */
function lastSteps(
  actual: Float32Array,
  length: number,
  batchSize: number,
  lengths: Float32Array | null,
): Float32Array {
  if (lengths === null) return actual.subarray(actual.length - length);
  const rowLength = length / batchSize;
  const last = new Float32Array(length);
  lengths.forEach((numSteps, row) => {
    const start = Math.max(0, numSteps - 1) * length + row * rowLength;
    last.set(actual.subarray(start, start + rowLength), row * rowLength);
  });
  return last;
}

function compare(actual: Float32Array, { shape, values }: Tensor, tolerance: number) {
  let maxError = 0;
  let first = -1;
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(actual[i]! - values[i]!) / Math.max(1, Math.abs(values[i]!));
    if (error > maxError || Number.isNaN(error)) maxError = error;
    if (first < 0 && !(error <= tolerance)) first = i;
  }
  const difference = { at: first, index: indexOf(first, shape), expected: values[first]!, got: actual[first]! };
  return { numElements: values.length, maxError, firstDifference: first < 0 ? null : difference };
}

/** The index on each axis, of a flat index. */
function indexOf(at: number, shape: readonly number[]): number[] {
  let rest = at;
  return shape
    .map((_, axis) => shape[shape.length - 1 - axis]!)
    .map((size) => {
      const index = rest % size;
      rest = Math.floor(rest / size);
      return index;
    })
    .reverse();
}

function describe({ case: name, output, numElements, maxError, firstDifference }: OutputResult): string {
  const what = `${name === "" ? "" : `${name}/`}${output}`;
  const summary = `${what}: largest error ${maxError.toExponential(1)} of ${numElements} elements`;
  if (firstDifference === null) return summary;
  const { index, expected, got } = firstDifference;
  return `${summary}; first at [${index.join(", ")}]: expected ${expected}, got ${got}`;
}
