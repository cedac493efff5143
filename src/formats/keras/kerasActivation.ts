import { type ActivationSpec, type ElementFunction, isRowFunction, type RowFunction } from "../../layers/activation.js";
import type { Config } from "./config.js";

/** Our activations by Keras's names, with Keras's parameters. */
const ACTIVATIONS = new Map<string, ActivationSpec<ElementFunction | RowFunction>>([
  ["linear", "linear"],
  ["relu", "relu"],
  ["sigmoid", "sigmoid"],
  ["tanh", "tanh"],
  ["hard_sigmoid", { name: "hardSigmoid", alpha: 0.2, beta: 0.5 }],
  ["elu", { name: "elu", alpha: 1 }],
  ["leaky_relu", { name: "leakyRelu", alpha: 0.2 }],
  ["softsign", "softsign"],
  ["softplus", "softplus"],
  ["softmax", "softmax"],
  ["log_softmax", "logSoftmax"],
]);

/** relu6(x + 3) / 6 since Keras 3; 0.2 x + 0.5 clamped to [0, 1] before. */
const HARD_SIGMOID_KERAS_3: ActivationSpec = { name: "hardSigmoid", alpha: 1 / 6, beta: 0.5 };

/** TF.js keeps the caller's spelling, which may be camelCase. */
const SPELLINGS = new Map([
  ["hardSigmoid", "hard_sigmoid"],
  ["logSoftmax", "log_softmax"],
]);

/**
 * The activation that a field of a layer names.
 *
 * @param otherwise the default's name
 * @throws GruError `unsupported` for an activation that our dense layers do not have
 */
export function denseActivation(
  config: Config,
  field: string,
  otherwise: string,
  isKeras3: boolean,
): ActivationSpec<ElementFunction | RowFunction> {
  const given = config.get(field) ?? otherwise;
  const name = typeof given === "string" ? (SPELLINGS.get(given) ?? given) : "";
  if (name === "hard_sigmoid" && isKeras3) return HARD_SIGMOID_KERAS_3;
  const known = ACTIVATIONS.get(name);
  if (known === undefined) throw config.unsupported(field, `one of ${[...ACTIVATIONS.keys()].join(", ")}`);
  return known;
}

/** As `denseActivation`, for a recurrent layer: a function of one element. */
export function elementActivation(config: Config, field: string, otherwise: string, isKeras3: boolean): ActivationSpec {
  const activation = denseActivation(config, field, otherwise, isKeras3);
  if (isRowFunction(activationName(activation))) {
    throw config.unsupported(field, "a function of one element in a recurrent layer");
  }
  return activation as ActivationSpec;
}

/** The gates' activation. inner_activation is Keras 1's name. */
export function gateActivation(config: Config, otherwise: string, isKeras3: boolean): ActivationSpec {
  const field = config.has("inner_activation") ? "inner_activation" : "recurrent_activation";
  return elementActivation(config, field, otherwise, isKeras3);
}

/** An activation's name, without its parameters. */
export function activationName(
  activation: ActivationSpec<ElementFunction | RowFunction>,
): ElementFunction | RowFunction {
  return typeof activation === "string" ? activation : activation.name;
}

const BOUNDED: readonly string[] = ["sigmoid", "tanh", "hardSigmoid", "softsign", "softmax"];

/** Whether its values are in [-1, 1]. */
export function isBounded(activation: ActivationSpec<ElementFunction | RowFunction>): boolean {
  return BOUNDED.includes(activationName(activation));
}
