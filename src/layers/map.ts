import type { Activation, ActivationSpec } from "./activation.js";
import { activation, choice, size } from "./field.js";
import { activate } from "./float64.js";
import type { LayerBase, LayerType, Optional } from "./layerType.js";

/** Operations of a map. The order is their number in shaders/map.wgsl and cpu/wasm/map.ts. */
export const OPERATIONS = [
  "identity", // a
  "add", // a + b
  "subtract", // a - b
  "multiply", // a * b
  "divide", // a / b
  "power", // a^b
  "minimum", // the smaller of a and b
  "maximum", // the larger of a and b
  "prelu", // a, b * a where a is negative
] as const;

/** Name of an operation of a map. */
export type MapOperation = (typeof OPERATIONS)[number];

/**
 * A function of each feature by itself, or of each two at the same place of two halves of the input.
 *
 *   y = activation(operation(a, b) + bias)
 *
 * a is the input, and b the operand; without an operand the input is a and b, one after the other.
 */
export interface MapLayer extends LayerBase {
  readonly type: "map";
  /** N, features of a */
  readonly outputSize: number;
  readonly operation: MapOperation;
  /** operation(b, a) in place of operation(a, b) */
  readonly operandFirst: boolean;
  readonly activation: Activation;
  /** b [N], the same for every frame; null where the input has it; an identity has none */
  readonly operand: Float32Array | null;
  /** [N]; null means none */
  readonly bias: Float32Array | null;
}

/** The identity, linear, no operand, no bias, unless it says otherwise. */
export type MapSpec = Optional<
  Omit<MapLayer, "activation"> & { readonly activation?: ActivationSpec },
  "inputs" | "storage" | "operation" | "operandFirst" | "operand" | "bias"
>;

export const map: LayerType<MapLayer, MapSpec> = {
  type: "map",
  time: () => "frame",
  readsIndex: false,
  fields: {
    outputSize: size,
    operation: choice(OPERATIONS),
    operandFirst: choice([false, true], (isFirst) => (isFirst ? "operand first" : "")),
    activation: activation("linear"),
  },
  fault: ({ operation, operandFirst }) =>
    operation === "identity" && operandFirst ? "expected operandFirst to be false of an identity, got true" : null,
  tensors: ({ outputSize }) => [
    { name: "operand", shape: [outputSize], kind: "vector" },
    { name: "bias", shape: [outputSize], kind: "vector" },
  ],
  inputSize: (layer) => (readsBoth(layer) ? 2 : 1) * layer.outputSize,
  outputSize: ({ outputSize }) => outputSize,
};

/** Whether the input is a and b, rather than a alone. */
export function readsBoth({ operation, operand }: MapLayer): boolean {
  return operation !== "identity" && operand === null;
}

/** Each frame, in float64. @param steps each [N], or [2 N] of a and b @returns each [N] */
export function mapEquation(layer: MapLayer, steps: readonly Float64Array[]): Float64Array[] {
  const { outputSize, operation, operandFirst, operand, bias, activation: f } = layer;
  return steps.map((x) =>
    Float64Array.from({ length: outputSize }, (_, i) => {
      const a = x[i]!;
      const b = operand === null ? x[outputSize + i]! : operand[i]!;
      const y = operandFirst ? operate(operation, b, a) : operate(operation, a, b);
      return activate(f, y + (bias?.[i] ?? 0));
    }),
  );
}

function operate(operation: MapOperation, a: number, b: number): number {
  switch (operation) {
    case "identity":
      return a;
    case "add":
      return a + b;
    case "subtract":
      return a - b;
    case "multiply":
      return a * b;
    case "divide":
      return a / b;
    case "power":
      return a ** b;
    case "minimum":
      return Math.min(a, b);
    case "maximum":
      return Math.max(a, b);
    case "prelu":
      return a < 0 ? b * a : a;
  }
}
