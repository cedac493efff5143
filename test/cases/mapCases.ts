// Twin cases of maps.

import type { MapOperation, MapSpec } from "../../src/layers/map.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { randomArray, randomDense, randomGru, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

const SIZE = 37;

/** A map of the layers `inputs`, with a bias and, unless it is of both, an operand. */
function randomMap(
  name: string,
  inputs: string[],
  operation: MapOperation,
  next: () => number,
  more: Partial<MapSpec> = {},
): MapSpec {
  const outputSize = more.outputSize ?? SIZE;
  const operand = operation === "identity" ? {} : { operand: randomArray(outputSize, next, 2) };
  const bias = randomArray(outputSize, next);
  return { type: "map", name, inputs, outputSize, operation, ...operand, bias, ...more };
}

const OPERATIONS = ["add", "subtract", "multiply", "divide", "minimum", "maximum", "prelu"] as const;

const bent = { name: "leakyRelu", alpha: 0.3 } as const;

/** Away from zero, where a quotient would be any number. */
function divisors(values: Float32Array): Float32Array {
  return values.map((value) => value + Math.sign(value) * 0.5);
}

/** Of a layer and a vector, either way, and of two layers, by every operation. */
const operations: TwinCase[] = OPERATIONS.map((operation, i) => ({
  id: `map-${operation}`,
  name: `${operation} of a layer and a vector, and of two layers`,
  batchSize: 3,
  sequenceLength: 5,
  network: () => {
    const next = uniform(940 + i);
    const [left, right] = ["left", "right"].map((name) => {
      const dense = randomDense(name, ["input"], [5, SIZE], "linear", next);
      return operation === "divide" ? { ...dense, bias: divisors(dense.bias!).map((value) => 8 * value) } : dense;
    });
    const vector = divisors(randomArray(SIZE, next, 2));
    return defineNetwork({
      layers: [
        left!,
        right!,
        randomMap("vector", ["left"], operation, next, { operand: vector, activation: "tanh" }),
        randomMap("first", ["left"], operation, next, { operandFirst: true, activation: bent }),
        randomMap("both", ["left", "right"], operation, next, { operand: null }),
        randomMap("turned", ["left", "right"], operation, next, { operand: null, bias: null, operandFirst: true }),
      ],
      outputs: ["vector", "first", "both", "turned"],
    });
  },
}));

/** Whole, half and other exponents. */
const POWERS = [2, 0.5, -0.5, 3, -1, 0, 1, 1.7, -2.3, 0.3, 21, 18, 17];

export const mapCases: readonly TwinCase[] = [
  ...operations,
  {
    id: "map-power",
    name: "power, with every kind of exponent",
    batchSize: 2,
    sequenceLength: 5,
    network: () => {
      const next = uniform(950);
      // Of numbers without an error of their own, which a power would make larger.
      const positive = randomMap("positive", ["input"], "maximum", next, {
        operand: randomArray(39, next).map((value) => 0.5 + value / 4),
        bias: null,
        outputSize: 39,
      });
      const operand = Float32Array.from({ length: 39 }, (_, i) => POWERS[i % 13]!);
      const power = (name: string, input: string, more: Partial<MapSpec>) =>
        randomMap(name, [input], "power", next, { outputSize: 39, bias: null, ...more });
      return defineNetwork({
        layers: [
          positive,
          power("of_positive", "positive", { operand }),
          power("of_any", "input", { operand: operand.map(Math.trunc) }),
          power("of_base", "input", { operand: randomArray(39, next).map((value) => 1.5 + value), operandFirst: true }),
          power("squares", "input", { operand: operand.map(() => 2) }),
          power("roots", "positive", { operand: operand.map(() => 0.5) }),
        ],
        outputs: ["of_positive", "of_any", "of_base", "squares", "roots"],
      });
    },
  },
  {
    id: "map-identity",
    name: "a bias alone, and halves of one layer added up, of the last step",
    batchSize: 3,
    sequenceLength: 6,
    returnSequences: false,
    network: () => {
      const next = uniform(951);
      const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 66 }, next);
      const halves: MapSpec = { type: "map", name: "halves", inputs: ["gru"], outputSize: 33, operation: "subtract" };
      const both = randomMap("both", ["halves", "gru", "input"], "multiply", next, { outputSize: 51, operand: null });
      const biased = randomMap("biased", ["both"], "identity", next, { outputSize: 51, activation: "softsign" });
      return defineNetwork({ layers: [gru, halves, both, biased], outputs: ["biased", "halves"] });
    },
  },
];
