// Batch normalisations of a state_dict, as inference computes them: a factor and a bias for each feature.

import { GruError } from "../../errors.js";
import { listNames } from "../names.js";
import type { Tensor } from "../tensor.js";

const MEAN = ".running_mean";

/** PyTorch's usual number under the root: a state_dict does not have a module's own. */
const EPSILON = 1e-5;

/**
 * The tensors with `operand` and `bias` of a map, in place of a batch normalisation's `weight`, `bias`, `running_mean` and
 * `running_var`, and a note on them.
 *
 * @throws GruError `shape-mismatch`
 */
export function foldBatchNorms(tensors: ReadonlyMap<string, Tensor>): {
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
    else if (!folded.has(`${name}.operand`)) for (const [part, made] of fold(name, tensors)) folded.set(part, made);
  }
  const which = listNames(names.map((name) => `"${name}"`));
  return {
    tensors: folded,
    notes: [`Batch normalisation of inference, with eps ${EPSILON}, which is not in the file: ${which}.`],
  };
}

const PARTS = ["weight", "bias", "running_mean", "running_var"] as const;

/** weight (x - mean) / sqrt(var + eps) + bias, as operand x + bias. */
function fold(name: string, tensors: ReadonlyMap<string, Tensor>): [string, Tensor][] {
  const [weight, bias, mean, variance] = PARTS.map((part) => tensors.get(`${name}.${part}`));
  const size = mean!.values.length;
  for (const part of PARTS) {
    const tensor = tensors.get(`${name}.${part}`);
    if (tensor === undefined || tensor.shape.join() === String(size)) continue;
    const message = `${name}.${part}: expected shape [${size}], got [${tensor.shape.join(", ")}]`;
    throw new GruError("shape-mismatch", message);
  }
  const factor = Float64Array.from({ length: size }, (_, i) => {
    return (weight?.values[i] ?? 1) / Math.sqrt(variance!.values[i]! + EPSILON);
  });
  const vector = (values: (number: number, i: number) => number): Tensor => {
    return { shape: [size], values: Float32Array.from(factor, values), storage: "f32" };
  };
  return [
    [`${name}.operand`, vector((each) => each)],
    [`${name}.bias`, vector((each, i) => (bias?.values[i] ?? 0) - mean!.values[i]! * each)],
  ];
}
