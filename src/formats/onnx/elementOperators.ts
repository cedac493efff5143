// Functions of one element.

import type { ActivationSpec, ElementFunction } from "../../layers/activation.js";
import { broadcast } from "./arithmeticOperators.js";
import type { Call, Operator } from "./call.js";
import { ofBoth, withNumbers } from "./maps.js";
import { demand } from "./refusal.js";
import { activated } from "./signals.js";
import { type Constant, type Signal, type Value, widthOf } from "./value.js";

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
  HardSwish: element(() => "hardSwish"),
  Elu: element((call) => ({ name: "elu", alpha: call.float("alpha", 1) })),
  Selu: element((call) => ({
    name: "selu",
    alpha: call.float("alpha", 1.67326319217681884765625),
    beta: call.float("gamma", 1.05070102214813232421875),
  })),
  Softsign: element(() => "softsign"),
  Softplus: element(() => "softplus"),
  Gelu: element((call) => (call.string("approximate", "none") === "tanh" ? "geluTanh" : "gelu")),
  Mish: element(() => "mish"),
  Erf: element(() => "erf"),
  Swish: element((call) => ({ name: "silu", alpha: call.float("alpha", 1) })),
  Sqrt: evaluated("sqrt", Math.sqrt),
  Reciprocal: evaluated("reciprocal", (x) => 1 / x),
  Exp: evaluated("exp", Math.exp),
  Log: evaluated("log", Math.log),
  Abs: evaluated("abs", Math.abs),
  Sign: evaluated("sign", Math.sign),
  Floor: evaluated("floor", Math.floor),
  Clip: clip,
  PRelu: parametricRelu,
};

/** A function that constants are put through, too. */
function evaluated(name: ElementFunction, compute: (x: number) => number): Operator {
  return (call) => {
    const { axes, content } = call.input(0);
    if (content.kind !== "constant") return [activate(call, name)];
    const values = Float64Array.from(content.values, compute);
    return [{ axes, content: { ...content, values, isFloat16: false } }];
  };
}

function element(activation: (call: Call) => ActivationSpec): Operator {
  return (call) => [activate(call, activation(call))];
}

function activate(call: Call, activation: ActivationSpec): Value<Signal> {
  const { axes, content } = call.signal(0);
  return { axes, content: activated(content, activation, call.wiring, call.layerName) };
}

/** Limited on both sides, or on one. */
function clip(call: Call): Value[] {
  const bound = (i: number, attribute: string) =>
    call.optional(i) === null ? call.float(attribute, NaN) : call.constant(i, attribute).content.values[0]!;
  const [low, high] = [bound(1, "min"), bound(2, "max")];
  const value = call.signal(0);
  // Exporters write the largest float32 for none.
  const [hasLow, hasHigh] = [low, high].map((limit) => Math.abs(limit) < 3e38);
  if (low === 0 && !hasHigh) return [activate(call, "relu")];
  if (hasLow && hasHigh) {
    demand(low <= high, `its bounds are ${low} and ${high}`);
    return [activate(call, { name: "clip", alpha: low, beta: high })];
  }
  if (!hasLow && !hasHigh) return [value];
  const limits = new Float64Array(widthOf(value.content)).fill(hasLow ? low : high);
  return [{ ...value, content: withNumbers(call, hasLow ? "maximum" : "minimum", value.content, limits) }];
}

/** x, slope * x where it is negative. */
function parametricRelu(call: Call): Value[] {
  if (call.input(1).content.kind === "signal") {
    const { axes, a, b } = broadcast(call, call.signal(0), call.input(1));
    return [{ axes, content: ofBoth(call, "prelu", a.content as Signal, b.content as Signal) }];
  }
  const { values } = call.constant(1, "slope").content;
  const [alpha] = values;
  if (alpha !== undefined && values.every((value) => value === alpha))
    return [activate(call, { name: "leakyRelu", alpha })];
  const { axes, a, b } = broadcast(call, call.signal(0), call.input(1));
  const slopes = Float64Array.from((b.content as Constant).values);
  return [{ axes, content: withNumbers(call, "prelu", a.content as Signal, slopes) }];
}
