// Batch normalisations of a state_dict, as inference computes them: a factor and a bias for each feature.

import { GruError } from "../../errors.js";
import { listNames } from "../names.js";
import type { Tensor } from "../tensor.js";

const MEAN = ".running_mean";

/** PyTorch's usual number under the root: a state_dict does not have a module's own. */
export const EPSILON = 1e-5;

/**
 * The tensors with `operand` and `bias` of a map, in place of a batch normalisation's `weight`, `bias`, `running_mean` and
 * `running_var`, and a note on them.
 *
 * @param epsilons the numbers under the roots of modules that the file has whole, by name
 * @throws GruError `shape-mismatch`
 */
export function foldBatchNorms(
  tensors: ReadonlyMap<string, Tensor>,
  epsilons: ReadonlyMap<string, number> = new Map(),
): {
  tensors: ReadonlyMap<string, Tensor>;
  notes: readonly string[];
} {
  const names = [...tensors.keys()]
    .filter((key) => key.endsWith(MEAN) && tensors.has(key.replace(/mean$/, "var")))
    .map((key) => key.slice(0, -MEAN.length));
  if (names.length === 0) return { tensors, notes: [] };
  const parts = new Map<string, string>(names.flatMap((name) => PARTS.map((part) => [`${name}.${part}`, name])));
  const folded = new Map<string, Tensor>();
  for (const [key, tensor] of tensors) {
    const name = parts.get(key);
    if (name === undefined) folded.set(key, tensor);
    else if (!folded.has(`${name}.operand`))
      for (const [part, made] of fold(name, tensors, epsilons.get(name) ?? EPSILON)) folded.set(part, made);
  }
  const guessed = names.filter((name) => !epsilons.has(name));
  const which = listNames(guessed.map((name) => `"${name}"`));
  const note = `Batch normalisation of inference, with eps ${EPSILON}, which is not in the file: ${which}.`;
  return { tensors: folded, notes: guessed.length === 0 ? [] : [note] };
}

const PARTS = ["weight", "bias", "running_mean", "running_var"] as const;

/** weight (x - mean) / sqrt(var + eps) + bias, as operand x + bias. */
function fold(name: string, tensors: ReadonlyMap<string, Tensor>, epsilon: number): [string, Tensor][] {
  const [weight, bias, mean, variance] = PARTS.map((part) => tensors.get(`${name}.${part}`));
  const size = mean!.values.length;
  for (const part of PARTS) {
    const tensor = tensors.get(`${name}.${part}`);
    if (tensor === undefined || tensor.shape.join() === String(size)) continue;
    const message = `${name}.${part}: expected shape [${size}], got [${tensor.shape.join(", ")}]`;
    throw new GruError("shape-mismatch", message);
  }
  const factor = Float64Array.from({ length: size }, (_, i) => {
    return (weight?.values[i] ?? 1) / Math.sqrt(variance!.values[i]! + epsilon);
  });
  const vector = (values: (number: number, i: number) => number): Tensor => {
    return { shape: [size], values: Float32Array.from(factor, values), storage: "f32" };
  };
  return [
    [`${name}.operand`, vector((each) => each)],
    [`${name}.bias`, vector((each, i) => (bias?.values[i] ?? 0) - mean!.values[i]! * each)],
  ];
}
