import type { ActivationSpec, ElementFunction, RowFunction } from "webgru";
import { NotRun } from "./notRun.js";
import type { ForeignActivation } from "./program.js";

/** The library's names by the other frameworks', in lower case and without underscores. */
const NAMES: Readonly<Record<string, ElementFunction | RowFunction>> = {
  linear: "linear",
  identity: "linear",
  relu: "relu",
  sigmoid: "sigmoid",
  tanh: "tanh",
  affine: "affine",
  leakyrelu: "leakyRelu",
  thresholdedrelu: "thresholdedRelu",
  scaledtanh: "scaledTanh",
  hardsigmoid: "hardSigmoid",
  elu: "elu",
  softsign: "softsign",
  softplus: "softplus",
  softmax: "softmax",
  logsoftmax: "logSoftmax",
};

/** @throws NotRun for one that the library has not */
export function denseActivation(foreign: ForeignActivation): ActivationSpec<ElementFunction | RowFunction> {
  const { name, alpha, beta } = typeof foreign === "string" ? { name: foreign } : foreign;
  const known = NAMES[name.toLowerCase().replaceAll("_", "")];
  if (known === undefined) throw new NotRun(`the library has no activation ${name}`);
  return {
    name: known,
    ...(typeof alpha === "number" ? { alpha } : {}),
    ...(typeof beta === "number" ? { beta } : {}),
  };
}

/** As `denseActivation`, for a gate: a function of one element. */
export function gateActivation(foreign: ForeignActivation): ActivationSpec {
  const activation = denseActivation(foreign);
  const name = typeof activation === "string" ? activation : activation.name;
  if (name === "softmax" || name === "logSoftmax") throw new NotRun(`the library has no ${name} inside a GRU`);
  return activation as ActivationSpec;
}

/** Whether f(-a) = 1 - f(a): what it takes to turn an update gate round. */
export function isComplementary(foreign: ForeignActivation): boolean {
  const activation = gateActivation(foreign);
  if (typeof activation === "string") return activation === "sigmoid";
  return activation.name === "sigmoid" || (activation.name === "hardSigmoid" && (activation.beta ?? 0.5) === 0.5);
}
