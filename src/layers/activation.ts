// Activations, with ONNX's names in our spelling and ONNX's default parameters.
// https://onnx.ai/onnx/operators/onnx__GRU.html

/** Functions of one element. The order is their number in shaders/lib/activations.wgsl. */
export const ELEMENT_FUNCTIONS = [
  "linear", // x
  "relu", // max(0, x)
  "sigmoid", // 1 / (1 + exp(-x))
  "tanh",
  "affine", // alpha * x + beta
  "leakyRelu", // x, alpha * x where negative
  "thresholdedRelu", // x where above alpha, else 0
  "scaledTanh", // alpha * tanh(beta * x)
  "hardSigmoid", // alpha * x + beta, between 0 and 1
  "elu", // x, alpha * (exp(x) - 1) where negative
  "softsign", // x / (1 + |x|)
  "softplus", // log(1 + exp(x))
  "square", // x^2
  "abs",
  "sqrt",
  "exp",
  "log",
  "reciprocal", // 1 / x
  "erf",
  "gelu", // x (1 + erf(x / sqrt(2))) / 2
  "geluTanh", // x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
  "silu", // x * sigmoid(alpha * x)
  "mish", // x * tanh(softplus(x))
  "hardSwish", // x * (alpha * x + beta), which is between 0 and 1
  "selu", // beta * x, beta * alpha * (exp(x) - 1) where negative
  "clip", // x, between alpha and beta
  "sign", // -1, 0 or 1
  "floor",
] as const;

/** Name of a function of one element. */
export type ElementFunction = (typeof ELEMENT_FUNCTIONS)[number];

/** Functions of a whole row. */
export const ROW_FUNCTIONS = ["softmax", "logSoftmax"] as const;

/** Name of a function of a whole row. */
export type RowFunction = (typeof ROW_FUNCTIONS)[number];

/** Whether a function is one of a whole row. */
export function isRowFunction(name: ElementFunction | RowFunction): name is RowFunction {
  return name === "softmax" || name === "logSoftmax";
}

/** A function and its parameters. Parameters that it does not use have no meaning. */
export interface Activation<Name extends string = ElementFunction> {
  readonly name: Name;
  readonly alpha: number;
  readonly beta: number;
}

/** An activation as a caller may write it: a name, or a name with parameters. */
export type ActivationSpec<Name extends string = ElementFunction> =
  | Name
  | { readonly name: Name; readonly alpha?: number; readonly beta?: number };

const DEFAULT_PARAMETERS: ReadonlyMap<string, readonly [alpha: number, beta: number]> = new Map([
  ["leakyRelu", [0.01, 0]],
  ["scaledTanh", [1, 1]],
  ["hardSigmoid", [0.2, 0.5]],
  ["hardSwish", [1 / 6, 0.5]],
  ["selu", [1.6732632423543772, 1.0507009873554805]],
  ["clip", [-1, 1]],
]);

/** The activation with all parameters: ONNX's defaults where the caller gave none. */
export function completeActivation<Name extends string>(spec: ActivationSpec<Name>): Activation<Name> {
  const { name, alpha, beta } = typeof spec === "string" ? { name: spec } : spec;
  const [defaultAlpha, defaultBeta] = DEFAULT_PARAMETERS.get(name) ?? [1, 0];
  return { name, alpha: alpha ?? defaultAlpha, beta: beta ?? defaultBeta };
}

/** Name and parameters, for labels: `hardSigmoid(0.2, 0.5)`, `tanh`. */
export function describeActivation({ name, alpha, beta }: Activation<string>): string {
  const [defaultAlpha, defaultBeta] = DEFAULT_PARAMETERS.get(name) ?? [1, 0];
  return alpha === defaultAlpha && beta === defaultBeta ? name : `${name}(${alpha}, ${beta})`;
}

/** x itself. */
export const LINEAR = completeActivation<ElementFunction>("linear");
