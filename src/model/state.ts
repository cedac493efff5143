// A state as callers have it: numbers by the name of their block, or all in one array.

import { GruError } from "../errors.js";
import type { NonFinite } from "./checkInput.js";
import { checkOptions } from "./checkOptions.js";
import { firstNonFinite } from "./finite.js";
import { eachRowOfState, initialStateOf, type Network, stateLength, stateOf } from "./network.js";
import { copyNumbers, describeLength, lengthOf } from "./takeNumbers.js";
import { describeValue, quoteText } from "./valueKind.js";

/** A state by block, "<layer>.<block>": [D, B, size] of each; views of one buffer. */
export type State = Readonly<Record<string, Float32Array>>;

/**
 * A state to begin with: [D, B, size] by block, or [D, size] for all rows alike; blocks that are left out begin as they do
 * without. Or all blocks in one array, [D, B, size] of each, one after the other.
 */
export type InitialState = ArrayLike<number> | Readonly<Record<string, ArrayLike<number>>>;

/** [D, size] of each block of state, by its name. */
export function stateShapes(
  network: Network,
): Readonly<Record<string, readonly [numDirections: number, size: number]>> {
  return Object.fromEntries(
    stateOf(network).map(({ path, numDirections, size }) => [path, [numDirections, size] as const]),
  );
}

/** Names the blocks of a state, [D, B, size] of each, one after the other. */
export function nameState(network: Network, state: Float32Array, batchSize: number): State {
  const named: Record<string, Float32Array> = {};
  for (const { path, start, numDirections, size } of stateOf(network)) {
    named[path] = state.subarray(batchSize * start, batchSize * (start + numDirections * size));
  }
  return named;
}

/** The state of each row, [D, size] of each block, of a state of all rows, [D, B, size] of each. */
export function splitState(network: Network, state: Float32Array, batchSize: number): Float32Array[] {
  const rows = Array.from({ length: batchSize }, () => new Float32Array(stateLength(network, 1)));
  eachRowOfState(stateOf(network), batchSize, (row, start, length, at) =>
    rows[row]!.set(state.subarray(at, at + length), start),
  );
  return rows;
}

/** The reverse of `splitState`. */
export function joinState(network: Network, rows: readonly Float32Array[]): Float32Array {
  const state = new Float32Array(stateLength(network, rows.length));
  eachRowOfState(stateOf(network), rows.length, (row, start, length, at) =>
    state.set(rows[row]!.subarray(start, start + length), at),
  );
  return state;
}

/**
 * Checks a state given by the caller, and copies it.
 *
 * @returns [D, B, size] of each block of state, one after the other
 * @throws GruError `shape-mismatch`, `bad-input`; `unsupported` for the name of no block
 */
export function takeState(
  network: Network,
  given: InitialState,
  batchSize: number,
  nonFinite: NonFinite,
): Float32Array {
  if (isNamed(given)) return takeBlocks(network, given, batchSize, nonFinite);
  const expected = stateLength(network, batchSize);
  const what = "[D, B, H] of each layer with a state";
  return takeNumbers("initialState", given, [expected], what, nonFinite);
}

function isNamed(given: InitialState): given is Readonly<Record<string, ArrayLike<number>>> {
  try {
    return describeValue(given) === "an object" && !("length" in given);
  } catch {
    return false;
  }
}

function takeBlocks(
  network: Network,
  given: Readonly<Record<string, ArrayLike<number>>>,
  batchSize: number,
  nonFinite: NonFinite,
): Float32Array {
  const blocks = stateOf(network);
  const names = blocks.map(({ path }) => path);
  const taken = checkOptions(
    given,
    names.length > 0 ? names : ["no name, since no layer keeps a state"],
    "initialState",
  );
  const own = initialStateOf(network);
  const rows = Array.from({ length: batchSize }, () => own?.slice() ?? new Float32Array(stateLength(network, 1)));
  for (const [i, { numDirections, size, start }] of blocks.entries()) {
    const values = taken[names[i]!];
    if (values === undefined) continue;
    const rowLength = numDirections * size;
    const shape = `[${numDirections}, ${batchSize}, ${size}]`;
    const numbers = takeNumbers(
      `initialState ${quoteText(names[i]!)}`,
      values,
      [batchSize * rowLength, rowLength],
      batchSize === 1 ? shape : `${shape}, or ${rowLength} for all rows alike`,
      nonFinite,
    );
    const isShared = numbers.length === rowLength;
    eachRowOfState([{ numDirections, size, start: 0 }], batchSize, (row, from, length, at) => {
      const first = isShared ? from : at;
      rows[row]!.set(numbers.subarray(first, first + length), start + from);
    });
  }
  return joinState(network, rows);
}

/** @param lengths that are accepted; the first is named in messages, with `shape` in words */
function takeNumbers(
  what: string,
  values: ArrayLike<number>,
  lengths: readonly number[],
  shape: string,
  nonFinite: NonFinite,
): Float32Array {
  const length = lengthOf(values, what);
  if (!lengths.includes(length)) {
    const got = describeLength(values, length);
    throw new GruError("shape-mismatch", `${what}: expected ${lengths[0]} elements, ${shape}, got ${got}`);
  }
  const numbers = copyNumbers(values, length, what);
  const copy = new Float32Array(numbers);
  const at = nonFinite === "allow" ? -1 : firstNonFinite(copy);
  if (at < 0) return copy;
  throw new GruError("bad-input", `${what}: expected finite float32 numbers, got ${numbers[at]} at element ${at}`);
}
