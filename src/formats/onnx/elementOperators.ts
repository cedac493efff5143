// Functions of one element.

import { type ActivationSpec, ELEMENT_FUNCTIONS } from "../../layers/activation.js";
import type { Call, Operator } from "./call.js";
import { demand } from "./refusal.js";
import { activated, columnsFor, scaled } from "./signals.js";
import { sourceSignal, type Value, widthOf } from "./value.js";

/** A function that also constants are put through. @param name of a layer's function, if there is one */
function evaluated(name: string, compute: (x: number) => number): Operator {
  const known = ELEMENT_FUNCTIONS.find((own) => own === name);
  return (call) => {
    const { axes, content } = call.input(0);
    if (content.kind !== "constant") {
      demand(known !== undefined, "no layer of webgru computes this operator");
      return [activate(call, known)];
    }
    const values = Float64Array.from(content.values, compute);
    return [{ axes, content: { ...content, values, isFloat16: false } }];
  };
}

function element(activation: (call: Call) => ActivationSpec): Operator {
  return (call) => [activate(call, activation(call))];
}

/** |x| is the larger of x and -x. */
function absolute(call: Call): Value[] {
  const { axes, content } = call.input(0);
  if (content.kind === "constant") {
    return [{ axes, content: { ...content, values: Float64Array.from(content.values, Math.abs), isFloat16: false } }];
  }
  const { wiring, layerName } = call;
  const signal = call.signal(0).content;
  const outputSize = widthOf(signal);
  const negative = scaled(signal, new Float64Array(outputSize).fill(-1), wiring, layerName);
  const columns = new Int32Array(2 * outputSize);
  columns.set(columnsFor(signal, wiring, layerName));
  columns.set(columnsFor(negative, wiring, layerName), outputSize);
  const source = wiring.addLayer(layerName, columns, outputSize, { type: "map", outputSize, operation: "maximum" });
  wiring.absolutes.set(source, columns.subarray(0, outputSize));
  return [{ axes, content: sourceSignal(source, signal.step, signal.isReversed) }];
}

function activate(call: Call, activation: ActivationSpec): Value {
  const { axes, content } = call.signal(0);
  return { axes, content: activated(content, activation, call.wiring, call.layerName) };
}

export const elementOperators: Readonly<Record<string, Operator>> = {
  Relu: element(() => "relu"),
  Sigmoid: element(() => "sigmoid"),
  Tanh: element(() => "tanh"),
  LeakyRelu: element((call) => ({ name: "leakyRelu", alpha: call.float("alpha", 0.01) })),
  ThresholdedRelu: element((call) => ({ name: "thresholdedRelu", alpha: call.float("alpha", 1) })),
  HardSigmoid: element((call) => ({
    name: "hardSigmoid",
    alpha: call.float("alpha", 0.2),
    beta: call.float("beta", 0.5),
  })),
  Elu: element((call) => ({ name: "elu", alpha: call.float("alpha", 1) })),
  Softsign: element(() => "softsign"),
  Softplus: element(() => "softplus"),
  Sqrt: evaluated("sqrt", Math.sqrt),
  Reciprocal: evaluated("reciprocal", (x) => 1 / x),
  Exp: evaluated("exp", Math.exp),
  Log: evaluated("log", Math.log),
  Abs: absolute,
};
