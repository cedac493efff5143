import { GruError } from "../errors.js";
import { defaultOf, type Field } from "../layers/field.js";
import { isStored, type Layer, type LayerTensor, layerType, scaleName, tensorsOf } from "../layers/index.js";
import type { Storage } from "../layers/layerType.js";
import { firstNonFinite } from "./finite.js";
import { isFloat16 } from "./float16.js";
import { describeNumber, describeValue, quoteText } from "./valueKind.js";

const STORAGES: readonly Storage[] = ["f32", "f16", "int8"];

/**
 * Checks the value of a layer's field, and completes it.
 *
 * @param name of the layer
 * @throws GruError `shape-mismatch` for a size that is not accepted, `unsupported` for any other value that is not
 */
export function checkField(name: string, key: string, field: Field, value: unknown): unknown {
  try {
    if (field.accepts(value)) return field.complete(value);
  } catch {
    // The message below says that the object cannot be read.
  }
  const { kind, expected } = field;
  const words =
    typeof expected === "string" ? expected : `one of ${expected.map((word) => JSON.stringify(word)).join(", ")}`;
  const isObject = kind === "activation" && describeValue(value) === "an object";
  const got = typeof expected === "string" ? describeNumbers(value) : describeValue(isObject ? nameOf(value) : value);
  throw new GruError(
    kind === "size" ? "shape-mismatch" : "unsupported",
    `layer "${name}": expected ${key} to be ${words}, got ${got}`,
  );
}

/**
 * The fields of a layer's type, of a layer as a caller or a file wrote it.
 *
 * @throws GruError as `checkField`, and `shape-mismatch` for fields that do not fit each other
 */
export function completeFields(spec: Pick<Layer, "type" | "name">): Record<string, unknown> {
  const { name } = spec;
  const room = layerType(spec);
  const given = spec as unknown as Readonly<Record<string, unknown>>;
  const fields: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(room.fields)) {
    fields[key] = checkField(name, key, field, given[key] === undefined ? defaultOf(field, fields) : given[key]);
  }
  const fault = room.fault?.(fields as unknown as Layer) ?? null;
  if (fault !== null) throw new GruError("shape-mismatch", `layer ${quoteText(name)}: ${fault}`);
  return fields;
}

/** Longest list that a message has in full. */
const MAX_LISTED = 8;

/** As `describeNumber`, a short list of numbers by its members. */
function describeNumbers(value: unknown): string {
  try {
    const isShort = Array.isArray(value) && value.length <= MAX_LISTED;
    if (isShort && value.every((each) => typeof each === "number")) {
      return `[${Array.from(value, describeNumber).join(", ")}]`;
    }
  } catch {
    // An object that cannot be read has a word of its own.
  }
  return describeNumber(value);
}

function nameOf(value: unknown): unknown {
  return (value as { name?: unknown }).name;
}

/**
 * Checks a layer's tensors.
 *
 * @throws GruError `unsupported` for an unknown storage, `shape-mismatch` for a tensor of the wrong size, `bad-file` for
 *   a weight that is not finite or that its storage cannot hold
 */
export function checkTensors(layer: Layer): void {
  const { name, storage } = layer;
  if (!STORAGES.includes(storage)) {
    const expected = STORAGES.map((word) => JSON.stringify(word)).join(", ");
    throw new GruError(
      "unsupported",
      `layer "${name}": expected storage to be one of ${expected}, got ${describeValue(storage)}`,
    );
  }
  for (const tensor of tensorsOf(layer)) {
    const { values, scale, shape } = tensor;
    if (values !== null || tensor.kind !== "vector") checkValues(`${name}.${tensor.name}`, values, shape);
    if (tensor.kind === "indices") checkIndices(`${name}.${tensor.name}`, values!, tensor.end!);
    if (scale !== null) checkValues(`${name}.${scaleName(tensor.name)}`, scale, shape.slice(0, -1));
    if (isStored(tensor)) checkStorage(layer, tensor);
  }
}

function checkValues(name: string, given: unknown, shape: readonly number[]): void {
  const kind = describeValue(given);
  if (!/^a Float32Array of \d/.test(kind)) {
    throw new GruError("shape-mismatch", `${name}: expected a Float32Array, got ${kind}`);
  }
  const values = given as Float32Array;
  const length = shape.reduce((product, size) => product * size, 1);
  if (values.length !== length) {
    throw new GruError(
      "shape-mismatch",
      `${name}: expected shape [${shape.join(", ")}], ${length} elements, got ${values.length}`,
    );
  }
  const at = firstNonFinite(values);
  if (at >= 0) {
    throw new GruError("bad-file", `${name}: expected finite weights, got ${values[at]} at element ${at}`);
  }
}

function checkIndices(name: string, values: Float32Array, end: number): void {
  const at = values.findIndex((value) => !(Number.isInteger(value) && value >= -1 && value < end));
  if (at < 0) return;
  throw new GruError(
    "bad-file",
    `${name}: expected whole numbers from -1 to ${end - 1}, got ${values[at]} at element ${at}`,
  );
}

/** Every device computes with the same numbers only if the storage can hold them. */
function checkStorage({ name, storage }: Layer, { name: tensor, values, scale }: LayerTensor): void {
  if ((storage === "int8") !== (scale !== null)) {
    const [expected, got] = storage === "int8" ? ["a scale for each row of", "none"] : ["no scale for", "one"];
    throw new GruError("bad-file", `${name}.${scaleName(tensor)}: expected ${expected} ${storage} weights, got ${got}`);
  }
  if (storage === "f32") return;
  const rowLength = scale === null ? 1 : values!.length / scale.length;
  const isHeld = (value: number, i: number) =>
    storage === "f16" ? isFloat16(value) : Math.abs(value / scale![Math.floor(i / rowLength)]!) < 127.5;
  const at = values!.findIndex((value, i) => value !== 0 && !isHeld(value, i));
  if (at < 0) return;
  throw new GruError(
    "bad-file",
    `${name}.${tensor}: expected weights that ${storage} can hold, got ${values![at]} at element ${at}; option dtype converts them`,
  );
}
