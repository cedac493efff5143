// The caller's options for what a graph leaves open: inputs that are fixed at load, sizes of open axes, and states.

import { GruError } from "../../errors.js";
import { describeValue } from "../../model/valueKind.js";
import { quote } from "../quote.js";
import { isCount, numElements } from "../tensor.js";
import { MAX_AXES, type OnnxModel, type OnnxPort } from "./modelProto.js";
import { isIntegerType, type TensorData } from "./tensorProto.js";

/** Options for what an ONNX graph leaves open. */
export interface GraphOptions {
  /** Values of graph inputs that are the same in every step, such as a sampling rate: `{ sr: 16000 }`. */
  readonly constants?: Readonly<Record<string, number | ArrayLike<number>>> | undefined;
  /** Shapes of graph inputs whose axes the file leaves open: `{ input: [1, 512] }`. Null leaves an axis open. */
  readonly inputShapes?: Readonly<Record<string, readonly (number | null)[]>> | undefined;
  /** The graph output that is a state input's next value, by the input's name: `{ h: "hn" }`. */
  readonly states?: Readonly<Record<string, string>> | undefined;
}

/** Limit of the numbers of a constant: a graph input that is fixed is a rate or a flag, not a weight. */
const MAX_NUMBERS = 2 ** 16;

/** The constants as tensors. @throws GruError `unsupported`, `shape-mismatch` */
export function constantsOf({ inputs }: OnnxModel, constants: GraphOptions["constants"] = {}): Map<string, TensorData> {
  const entries = entriesOf("constants", constants);
  return new Map(
    entries.map(([name, given]): [string, TensorData] => {
      const port = portOf("constants", name, inputs);
      const isNumber = typeof given === "number";
      const isList = typeof given === "object" && given !== null && isCount((given as ArrayLike<number>).length);
      if (!isNumber && (!isList || (given as ArrayLike<number>).length > MAX_NUMBERS)) {
        throw new GruError(
          "unsupported",
          `constants.${name}: expected a number or at most ${MAX_NUMBERS} numbers, got ${describeValue(given)}`,
        );
      }
      const values = Float64Array.from(isNumber ? [given] : (given as ArrayLike<number>));
      if (values.some((value) => !Number.isFinite(value))) {
        throw new GruError("unsupported", `constants.${name}: expected finite numbers, got ${quote([...values])}`);
      }
      return [
        name,
        { shape: shapeOf(port, values.length, isNumber), values, isFloat: !isIntegerType(port.type), isFloat16: false },
      ];
    }),
  );
}

/** The shape of a port's constant: its own, where that has as many elements. */
function shapeOf({ name, shape }: OnnxPort, length: number, isNumber: boolean): number[] {
  const fallback = isNumber ? [] : [length];
  const open = shape?.filter((size) => typeof size !== "number").length ?? 0;
  if (shape === null || open > 1) return fallback;
  const known = numElements(shape.filter((size) => typeof size === "number"));
  const own = shape.map((size) => (typeof size === "number" ? size : length / known));
  if (numElements(own) === length && own.every(isCount)) return own;
  throw new GruError("shape-mismatch", `constants.${name}: expected numbers for [${shape.join(", ")}], got ${length}`);
}

/** The model with the shapes that the caller gives. @throws GruError `unsupported`, `shape-mismatch` */
export function withInputShapes(model: OnnxModel, inputShapes: GraphOptions["inputShapes"] = {}): OnnxModel {
  const shapes = new Map(
    entriesOf("inputShapes", inputShapes).map(([name, given]) => {
      const { shape } = portOf("inputShapes", name, model.inputs);
      return [name, checkedShape(name, given, shape)];
    }),
  );
  const inputs = model.inputs.map((port) => ({ ...port, shape: shapes.get(port.name) ?? port.shape }));
  return { ...model, inputs };
}

function checkedShape(name: string, given: unknown, shape: OnnxPort["shape"]): (number | string)[] {
  const isShape =
    Array.isArray(given) &&
    given.length <= MAX_AXES &&
    given.every((size) => size === null || (isCount(size) && size > 0));
  if (!isShape) {
    const expected = "a list of sizes, with null for an axis that stays open";
    throw new GruError("unsupported", `inputShapes.${name}: expected ${expected}, got ${describeShape(given)}`);
  }
  const sizes = given.map((size: number | null, i) => size ?? shape?.[i] ?? "");
  const isOwn =
    shape === null ||
    (shape.length === sizes.length && shape.every((size, i) => typeof size !== "number" || size === sizes[i]));
  if (isOwn) return sizes;
  throw new GruError(
    "shape-mismatch",
    `inputShapes.${name}: expected the file's [${shape.map((size) => size || "?").join(", ")}], got ${quote(given)}`,
  );
}

function describeShape(given: unknown): string {
  return Array.isArray(given) ? quote(given) : describeValue(given);
}

/** The states, from input to output. @throws GruError `unsupported` for names that the graph does not have */
export function statesOf({ inputs, outputs }: OnnxModel, states: GraphOptions["states"] = {}): Map<string, string> {
  const entries = entriesOf("states", states);
  for (const [input, output] of entries) {
    portOf("states", input, inputs);
    if (typeof output === "string" && outputs.some(({ name }) => name === output)) continue;
    const expected = `a graph output (${namesOf(outputs)})`;
    throw new GruError("unsupported", `states.${input}: expected ${expected}, got ${describeValue(output)}`);
  }
  return new Map(entries as [string, string][]);
}

function entriesOf<T>(option: string, given: Readonly<Record<string, T>>): [string, T][] {
  const kind = describeValue(given);
  if (kind === "an object") return Object.entries(given);
  throw new GruError("unsupported", `${option}: expected an object by the names of graph inputs, got ${kind}`);
}

function portOf(option: string, name: string, inputs: readonly OnnxPort[]): OnnxPort {
  const port = inputs.find((one) => one.name === name);
  if (port !== undefined) return port;
  throw new GruError(
    "unsupported",
    `${option}: expected names of graph inputs (${namesOf(inputs)}), got ${quote(name)}`,
  );
}

/** Limit of names in a message. */
const MAX_NAMES = 12;

function namesOf(ports: readonly OnnxPort[]): string {
  const names = ports.slice(0, MAX_NAMES).map(({ name }) => quote(name));
  return ports.length > MAX_NAMES ? `${names.join(", ")} ...` : names.join(", ");
}
