// Activations of torch.nn as parts of a whole module, with their parameters.

import { GruError } from "../../errors.js";
import type { ActivationEntry } from "../activationEntry.js";
import { quote } from "../quote.js";
import type { Link } from "./moduleChain.js";

type Activation = ActivationEntry["activation"];

/** A number of a module. */
type NumberOf = (name: string, fallback: number) => number;

/** By the class; the parameters' names and defaults are PyTorch's. */
const ACTIVATIONS: Readonly<Record<string, (number: NumberOf, attributes: Link["attributes"]) => Activation>> = {
  ReLU: () => "relu",
  ReLU6: () => ({ name: "clip", alpha: 0, beta: 6 }),
  LeakyReLU: (number) => ({ name: "leakyRelu", alpha: number("negative_slope", 0.01) }),
  ELU: (number) => ({ name: "elu", alpha: number("alpha", 1) }),
  SELU: () => "selu",
  GELU: (_, attributes) => (attributes.get("approximate") === "tanh" ? "geluTanh" : "gelu"),
  SiLU: () => "silu",
  Mish: () => "mish",
  Hardswish: () => "hardSwish",
  Hardsigmoid: () => ({ name: "hardSigmoid", alpha: 1 / 6, beta: 0.5 }),
  Hardtanh: (number) => ({ name: "clip", alpha: number("min_val", -1), beta: number("max_val", 1) }),
  Sigmoid: () => "sigmoid",
  Tanh: () => "tanh",
  Softsign: () => "softsign",
  Softmax: () => "softmax",
  LogSoftmax: () => "logSoftmax",
};

/** The activation that a part is; null for another part. @throws GruError `bad-file` for a parameter that is no number */
export function activationOf({ path, className, attributes }: Link): Activation | null {
  const make = Object.hasOwn(ACTIVATIONS, className) ? ACTIVATIONS[className]! : isPlainSoftplus(className, attributes);
  return make?.((name, fallback) => numberOf({ path, attributes }, name, fallback), attributes) ?? null;
}

/** Ours has no factor, and needs no threshold: beyond PyTorch's 20 the two differ by less than 3e-9. */
function isPlainSoftplus(className: string, attributes: Link["attributes"]): (() => Activation) | undefined {
  const isPlain = (attributes.get("beta") ?? 1) === 1 && (attributes.get("threshold") ?? 20) === 20;
  return className === "Softplus" && isPlain ? () => "softplus" : undefined;
}

/** A number among a part's attributes. @throws GruError `bad-file` for another value */
export function numberOf(
  { path, attributes }: Pick<Link, "path" | "attributes">,
  name: string,
  fallback: number,
): number {
  const value = attributes.get(name) ?? fallback;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new GruError("bad-file", `${path}.${name}: expected a finite number, got ${quote(value)}`);
}
