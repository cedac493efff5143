import { type ActivationSpec, type ElementFunction, isRowFunction, type RowFunction } from "../../layers/activation.js";
import { Config } from "./config.js";

/** A function of one element or of a whole row. */
export type KerasFunction = ActivationSpec<ElementFunction | RowFunction>;

/** Our activations by Keras's names, with Keras's parameters. */
const ACTIVATIONS = new Map<string, KerasFunction>([
  ["linear", "linear"],
  ["relu", "relu"],
  ["relu6", { name: "clip", alpha: 0, beta: 6 }],
  ["sigmoid", "sigmoid"],
  ["tanh", "tanh"],
  ["hard_sigmoid", { name: "hardSigmoid", alpha: 0.2, beta: 0.5 }],
  ["elu", { name: "elu", alpha: 1 }],
  ["celu", { name: "elu", alpha: 1 }],
  ["selu", "selu"],
  ["gelu", "gelu"],
  ["leaky_relu", { name: "leakyRelu", alpha: 0.2 }],
  ["softsign", "softsign"],
  ["softplus", "softplus"],
  ["exponential", "exp"],
  ["silu", "silu"],
  ["swish", "silu"],
  ["hard_silu", { name: "hardSwish", alpha: 1 / 6, beta: 0.5 }],
  ["hard_swish", { name: "hardSwish", alpha: 1 / 6, beta: 0.5 }],
  ["hard_tanh", { name: "clip", alpha: -1, beta: 1 }],
  ["mish", "mish"],
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
 * The activation that a field of a layer names; it may be a layer of its own, such as LeakyReLU.
 *
 * @param otherwise the default's name
 * @throws GruError `unsupported` for an activation that our dense layers do not have
 */
export function denseActivation(config: Config, field: string, otherwise: string, isKeras3: boolean): KerasFunction {
  const given = config.get(field) ?? otherwise;
  const name = typeof given === "string" ? (SPELLINGS.get(given) ?? given) : "";
  if (name === "hard_sigmoid" && isKeras3) return HARD_SIGMOID_KERAS_3;
  const known =
    ACTIVATIONS.get(name) ?? (typeof given === "object" ? ofObject(new Config(given, config.subject)) : null);
  if (known === null) throw config.unsupported(field, `one of ${[...ACTIVATIONS.keys()].join(", ")}`);
  return known;
}

/** The function of a layer given as an activation; null for another object. */
function ofObject(object: Config): KerasFunction | null {
  const className = object.get("class_name");
  const isLayer = typeof className === "string" && LAYER_FUNCTIONS.has(className);
  return isLayer ? LAYER_FUNCTIONS.get(className)!(new Config(object.get("config") ?? {}, object.subject)) : null;
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

/** The functions of Keras's activation layers without weights, by their class. */
export const LAYER_FUNCTIONS: ReadonlyMap<string, (config: Config) => KerasFunction> = new Map<
  string,
  (config: Config) => KerasFunction
>([
  ["ReLU", reluOf],
  ["LeakyReLU", (config) => ({ name: "leakyRelu", alpha: numberOf(config, ["negative_slope", "alpha"], 0.3) })],
  ["ELU", (config) => ({ name: "elu", alpha: numberOf(config, ["alpha"], 1) })],
  ["ThresholdedReLU", (config) => ({ name: "thresholdedRelu", alpha: numberOf(config, ["theta"], 1) })],
  ["Softmax", () => "softmax"],
]);

function reluOf(config: Config): KerasFunction {
  const slope = numberOf(config, ["negative_slope"], 0);
  const threshold = numberOf(config, ["threshold"], 0);
  const most = config.has("max_value") ? numberOf(config, ["max_value"], 0) : null;
  if (most === null && slope === 0) return threshold === 0 ? "relu" : { name: "thresholdedRelu", alpha: threshold };
  if (most === null && threshold === 0) return { name: "leakyRelu", alpha: slope };
  if (most !== null && slope === 0 && threshold === 0) return { name: "clip", alpha: 0, beta: most };
  throw config.unsupported(slope === 0 ? "threshold" : "negative_slope", "0 beside max_value or another of them");
}

/** A number under one of several names; some versions of Keras write it as an array, `{ type, value }`. */
function numberOf(config: Config, names: readonly string[], otherwise: number): number {
  const name = names.find((each) => config.has(each));
  if (name === undefined) return otherwise;
  const isArray = typeof config.get(name) === "object";
  return isArray ? config.object(name).number("value", otherwise) : config.number(name, otherwise);
}

/** An activation's name, without its parameters. */
export function activationName(activation: KerasFunction): ElementFunction | RowFunction {
  return typeof activation === "string" ? activation : activation.name;
}

const BOUNDED: readonly string[] = ["sigmoid", "tanh", "hardSigmoid", "softsign", "softmax"];

/** Whether its values are in [-1, 1]. */
export function isBounded(activation: KerasFunction): boolean {
  return BOUNDED.includes(activationName(activation));
}
