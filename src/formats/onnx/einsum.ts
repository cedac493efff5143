// Einsum where it is a product of features with constant matrices: of one axis, or of one for each element of others, as in
// "btgi,gih->btgh", a grouped linear layer.

import { quote } from "../quote.js";
import type { Call, Operator } from "./call.js";
import { times } from "./matrixOperators.js";
import { demand } from "./refusal.js";
import { permuted } from "./shapeOperators.js";
import type { Signal, Value } from "./value.js";

export const einsumOperators: Readonly<Record<string, Operator>> = { Einsum: einsum };

function einsum(call: Call): Value[] {
  const equation = call.string("equation", "");
  const [left, right, output] = lettersOf(equation);
  const isFirst = call.input(0).content.kind === "signal";
  const [value, matrix] = [call.signal(isFirst ? 0 : 1), call.input(isFirst ? 1 : 0)];
  const [own, other] = isFirst ? [left, right] : [right, left];
  demand(
    own.length === value.axes.length && other.length === matrix.axes.length,
    `its equation ${quote(equation)} is for other axes`,
  );
  const groups = own.filter((letter) => other.includes(letter) && output.includes(letter));
  const summed = own.filter((letter) => other.includes(letter) && !output.includes(letter));
  const made = other.filter((letter) => !own.includes(letter));
  const kept = own.filter((letter) => !other.includes(letter));
  const given = [...kept, ...groups, ...made];
  const isProduct =
    summed.length === 1 &&
    made.length === 1 &&
    given.length === output.length &&
    given.every((one) => output.includes(one));
  demand(isProduct, `its equation ${quote(equation)} is no product of features with constant matrices`);
  const features = permuted(call, value, places([...kept, ...groups, ...summed], own)) as Value<Signal>;
  const matrices = permuted(call, matrix, places([...groups, ...summed, ...made], other));
  // A row of its own for each group's matrix.
  const rows = { ...features, axes: [...features.axes.slice(0, -1), 1, features.axes.at(-1)!] };
  const { axes, content } = times(call, groups.length > 0 ? rows : features, matrices, false, 1);
  const product = { axes: groups.length > 0 ? [...axes.slice(0, -2), axes.at(-1)!] : axes, content };
  return [permuted(call, product, places(output, given))];
}

function places(letters: readonly string[], of: readonly string[]): number[] {
  return letters.map((letter) => of.indexOf(letter));
}

/** The letters of two inputs and of the output, each of which has a letter once. */
function lettersOf(equation: string): [left: string[], right: string[], output: string[]] {
  const match = /^([a-zA-Z]+),([a-zA-Z]+)->([a-zA-Z]+)$/.exec(equation.replaceAll(" ", ""));
  const parts = (match?.slice(1) ?? []).map((letters) => [...letters]);
  const isPlain = parts.length === 3 && parts.every((letters) => new Set(letters).size === letters.length);
  demand(isPlain, `its equation is ${quote(equation)}, and not one of two inputs such as "bi,ij->bj"`);
  return parts as [string[], string[], string[]];
}
