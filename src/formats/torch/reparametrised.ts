// Weights that a state_dict has in parts, from which PyTorch makes them at each call: of torch.nn.utils.weight_norm, spectral_norm
// and prune, and of torch.nn.utils.parametrizations.

import { GruError } from "../../errors.js";
import { listNames } from "../names.js";
import { numElements, type Tensor } from "../tensor.js";

/** A way to write a weight in parts. */
interface Form {
  /** For notes. */
  readonly name: string;
  /** The names of its parts, by the module's path and the weight's own name. */
  parts(path: string, weight: string): readonly string[];
  /** @throws GruError `shape-mismatch` */
  join(name: string, parts: readonly Tensor[]): Float32Array;
}

/** A form is known by all of its parts: two have a `weight_v`. */
const FORMS: readonly Form[] = [
  { name: "weight_norm", parts: (path, weight) => [`${path}${weight}_v`, `${path}${weight}_g`], join: normalised },
  { name: "weight_norm", parts: (path, weight) => original(path, weight, "original1", "original0"), join: normalised },
  {
    name: "spectral_norm",
    parts: (path, weight) => [`${path}${weight}_orig`, `${path}${weight}_u`, `${path}${weight}_v`],
    join: divided,
  },
  {
    name: "spectral_norm",
    parts: (path, weight) => original(path, weight, "original", "0._u", "0._v"),
    join: divided,
  },
  { name: "prune", parts: (path, weight) => [`${path}${weight}_orig`, `${path}${weight}_mask`], join: masked },
];

function original(path: string, weight: string, ...names: readonly string[]): string[] {
  return names.map((name) => `${path}parametrizations.${weight}.${name}`);
}

/** A part that only one form has: its module's path and the weight's name. */
const PART =
  /^(?<path>(?:.*\.)?)(?:parametrizations\.(?<newer>[^.]+)\.(?:original\d?|\d+\..*)|(?<older>(?:weight|bias)[^.]*)_(?:g|v|u|orig|mask))$/;

/** The tensors of a state_dict with all weights in one part, and a note on those that were not. */
export function plainWeights(tensors: ReadonlyMap<string, Tensor>): {
  tensors: ReadonlyMap<string, Tensor>;
  notes: readonly string[];
} {
  if (![...tensors.keys()].some((name) => PART.test(name))) return { tensors, notes: [] };
  const plain = new Map<string, Tensor>();
  const joined = new Map<Tensor, { parts: readonly Tensor[]; tensor: Tensor }>();
  const names = new Map<string, string[]>();
  for (const [key, tensor] of tensors) {
    const { path = "", newer, older } = PART.exec(key)?.groups ?? {};
    const weight = newer ?? older;
    const form = FORMS.find((each) => each.parts(path, weight ?? "").every((part) => tensors.has(part)));
    if (newer !== undefined && form === undefined) throw unknown(key);
    if (weight === undefined || form === undefined) {
      plain.set(key, tensor);
      continue;
    }
    if (plain.has(path + weight)) continue;
    const parts = form.parts(path, weight).map((part) => tensors.get(part)!);
    const name = path + weight;
    plain.set(name, joinOnce(name, form, parts, joined));
    names.set(form.name, [...(names.get(form.name) ?? []), name]);
  }
  return { tensors: plain, notes: [...names].map(([form, all]) => `Made of the parts of ${form}: ${listNames(all)}.`) };
}

/** One weight for one tensor of the file, however many names it has: a file costs no more memory than a few times its size. */
function joinOnce(
  name: string,
  form: Form,
  parts: readonly Tensor[],
  joined: Map<Tensor, { parts: readonly Tensor[]; tensor: Tensor }>,
): Tensor {
  const [first] = parts as [Tensor];
  const known = joined.get(first);
  if (known !== undefined) {
    if (parts.every((part, i) => part === known.parts[i])) return known.tensor;
    throw new GruError("unsupported", `${name}: expected a tensor of its own, got one that another weight is made of`);
  }
  const tensor: Tensor = { shape: first.shape, values: form.join(name, parts), storage: "f32" };
  joined.set(first, { parts, tensor });
  return tensor;
}

function unknown(key: string): GruError {
  const expected = "a weight, or all parts of one by weight_norm, spectral_norm or prune";
  const wayOut =
    "save it plain: torch.nn.utils.parametrize.remove_parametrizations, or remove_weight_norm, before torch.save";
  return new GruError("unsupported", `${key}: expected ${expected}, got some other part; ${wayOut}`);
}

/** w = g v / |v|, with a norm for each number of g: of a row in most, of all where g is one number. */
function normalised(name: string, [v, g]: readonly Tensor[]): Float32Array {
  const { shape, values } = v!;
  const strides = broadcastStrides(name, g!.shape, shape);
  const at = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) at[i] = placeOf(i, shape, strides);
  const squares = new Float64Array(g!.values.length);
  values.forEach((value, i) => (squares[at[i]!]! += value * value));
  return values.map((value, i) => (value * g!.values[at[i]!]!) / Math.sqrt(squares[at[i]!]!));
}

/** Strides of a tensor of ones and the other's sizes. @throws GruError `shape-mismatch` */
function broadcastStrides(name: string, own: readonly number[], shape: readonly number[]): number[] {
  const isAlike = own.length === shape.length && own.every((size, axis) => size === 1 || size === shape[axis]);
  if (!isAlike && numElements(own) !== 1) {
    const got = `[${own.join(", ")}] for [${shape.join(", ")}]`;
    throw new GruError("shape-mismatch", `${name}: expected a norm's factor for each row or each column, got ${got}`);
  }
  return shape.map((_, axis) => (!isAlike || own[axis] === 1 ? 0 : numElements(own.slice(axis + 1))));
}

function placeOf(index: number, shape: readonly number[], strides: readonly number[]): number {
  let place = 0;
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    const size = shape[axis]!;
    place += (rest % size) * strides[axis]!;
    rest = Math.floor(rest / size);
  }
  return place;
}

/** w / (u . W v), where W has a row for each number of the first axis. */
function divided(name: string, [w, u, v]: readonly Tensor[]): Float32Array {
  const { shape, values } = w!;
  const [rows = 0] = shape;
  const columns = rows === 0 ? 0 : values.length / rows;
  if (u!.values.length !== rows || v!.values.length !== columns) {
    const got = `${u!.values.length} and ${v!.values.length}`;
    throw new GruError("shape-mismatch", `${name}: expected vectors of ${rows} and ${columns} numbers, got ${got}`);
  }
  const sigma = u!.values.reduce((sum, each, row) => {
    let product = 0;
    for (let i = 0; i < columns; i++) product += values[row * columns + i]! * v!.values[i]!;
    return sum + each * product;
  }, 0);
  return values.map((value) => value / sigma);
}

function masked(name: string, [w, mask]: readonly Tensor[]): Float32Array {
  const got = mask!.shape.join(", ");
  if (got !== w!.shape.join(", ")) {
    throw new GruError("shape-mismatch", `${name}: expected a mask of shape [${w!.shape.join(", ")}], got [${got}]`);
  }
  return w!.values.map((value, i) => value * mask!.values[i]!);
}
