// Properties of every network: two ways to compute the same thing. Runs in Node and in the page; the cases come as
// plain data from test/cases/arbitrary.ts.

import { createModel, defineNetwork, type DeviceRequest, type GruLayer, type Network } from "webgru";
import { numDirections } from "../../src/layers/direction.js";
import { layerOutputSize } from "../../src/layers/index.js";
import { stateLength, stateOf } from "../../src/model/network.js";
import { gruLayers } from "../harness/gruLayers.js";
import { compare, type Comparison } from "../harness/compare.js";
import { type GruShape, randomArray, randomDense, randomGru, randomInput, uniform } from "./random.js";

/** A layer whose frames have so many rows, or steps, where the frame before can be parted so. */
export interface PropertyLayer extends Omit<GruShape, "inputSize" | "rows" | "frameSteps"> {
  readonly parts: number;
  readonly isAlongFrame: boolean;
}

/** A small stack of GRU layers, each reading the one before, and a request for it. */
export interface PropertyCase {
  readonly seed: number;
  readonly inputSize: number;
  readonly layers: readonly PropertyLayer[];
  /** A dense layer that reads the last GRU layer and the input, or none. */
  readonly head: "softmax" | "tanh" | null;
  readonly batchSize: number;
  readonly sequenceLength: number;
  /** [B], each from 0 to T; only the properties about lengths use them. */
  readonly lengths: readonly number[];
  /** Where to cut, from 0 (after the first) to 1 (before the last). */
  readonly cut: number;
}

/** Two answers that should be the same. Everything in them is [T, B, size] or a state. */
interface Pair {
  readonly actual: ArrayLike<number>;
  readonly expected: ArrayLike<number>;
  /** Zeros that nothing computes. */
  readonly isExact?: boolean;
}

type Property = (each: PropertyCase, device: DeviceRequest) => Promise<Pair[]>;

/** By names that finish the sentence "it ...". */
export const properties = {
  "changes nothing by splitting a batch": async (each, device) => {
    const { network, model, request, batchSize, input, initialState } = await setUp(each, device);
    const first = Math.ceil(each.cut * (batchSize - 1)) || 1;
    const whole = await model.run(input, request);
    const pairs: Pair[] = [];
    for (const rows of [range(0, first), range(first, batchSize)].filter(({ length }) => length > 0)) {
      const part = await model.run(takeRows(input, each.inputSize, batchSize, rows), {
        batchSize: rows.length,
        initialState: takeStateRows(network, initialState, batchSize, rows),
      });
      pairs.push(
        { actual: part.output, expected: takeRows(whole.output, model.outputSize, batchSize, rows) },
        { actual: part.finalState, expected: takeStateRows(network, whole.finalState, batchSize, rows) },
      );
    }
    model.dispose();
    return pairs;
  },

  "changes nothing by splitting time, with the state carried over": async (each, device) => {
    const { model, request, batchSize, input } = await setUp(forwardOnly(each), device);
    const numSteps = Math.ceil(each.cut * (each.sequenceLength - 1)) || 1;
    const whole = await model.run(input, request);
    const cut = numSteps * batchSize * each.inputSize;
    const parts = [await model.run(input.slice(0, cut), request)];
    if (cut < input.length) {
      parts.push(await model.run(input.slice(cut), { batchSize, initialState: parts[0]!.finalState }));
    }
    model.dispose();
    return [
      { actual: parts.flatMap(({ output }) => [...output]), expected: whole.output },
      { actual: parts.at(-1)!.finalState, expected: whole.finalState },
    ];
  },

  "permutes its outputs with the rows": async (each, device) => {
    const { network, model, request, batchSize, input, initialState } = await setUp(each, device);
    const rows = range(0, batchSize).map((row) => batchSize - 1 - row);
    rows.push(...rows.splice(0, Math.floor(each.cut * batchSize)));
    const whole = await model.run(input, { ...request, lengths: each.lengths });
    const permuted = await model.run(takeRows(input, each.inputSize, batchSize, rows), {
      batchSize,
      lengths: rows.map((row) => each.lengths[row]!),
      initialState: takeStateRows(network, initialState, batchSize, rows),
    });
    model.dispose();
    return [
      { actual: permuted.output, expected: takeRows(whole.output, model.outputSize, batchSize, rows) },
      { actual: permuted.finalState, expected: takeStateRows(network, whole.finalState, batchSize, rows) },
    ];
  },

  "gives a padded row what it gives the row alone, and zeros past its length": async (each, device) => {
    const { network, model, request, batchSize, input, initialState } = await setUp(each, device);
    const padded = await model.run(input, { ...request, lengths: each.lengths });
    const pairs: Pair[] = [];
    for (const [row, length] of each.lengths.entries()) {
      const output = takeRows(padded.output, model.outputSize, batchSize, [row]);
      const state = takeStateRows(network, initialState, batchSize, [row]);
      const rowInput = takeRows(input, each.inputSize, batchSize, [row]).slice(0, length * each.inputSize);
      const alone = length === 0 ? null : await model.run(rowInput, { initialState: state });
      const end = length * model.outputSize;
      pairs.push({
        actual: takeStateRows(network, padded.finalState, batchSize, [row]),
        expected: alone?.finalState ?? state,
      });
      if (alone !== null) pairs.push({ actual: output.slice(0, end), expected: alone.output });
      if (end < output.length) {
        pairs.push({ actual: output.slice(end), expected: new Float32Array(output.length - end), isExact: true });
      }
    }
    model.dispose();
    return pairs;
  },

  "keeps the state where the update gate is one": async (each, device) => {
    const { model, request, input, initialState } = await setUp(each, device, (network) => ({
      ...network,
      layers: network.layers.map((layer) => (layer.type === "gru" ? withUpdateOne(layer) : layer)),
    }));
    const { finalState } = await model.run(input, request);
    model.dispose();
    return [{ actual: finalState, expected: initialState }];
  },

  "gives in reverse what it gives forward for the reversed sequence": async (each, device) => {
    const oneWay = mapLayers(each, (layer) => ({
      direction: layer.direction === "forward" ? "forward" : "reverse",
      isAlongFrame: false,
    }));
    const turned = mapLayers(oneWay, (layer) => ({ direction: layer.direction === "forward" ? "reverse" : "forward" }));
    const { model, request, batchSize, input } = await setUp(oneWay, device);
    const other = await setUp(turned, device);
    const { lengths } = each;
    const expected = await model.run(input, { ...request, lengths });
    const reversed = await other.model.run(reverseTime(input, each.inputSize, batchSize, lengths), {
      ...request,
      lengths,
    });
    model.dispose();
    other.model.dispose();
    return [
      { actual: reverseTime(reversed.output, model.outputSize, batchSize, lengths), expected: expected.output },
      { actual: reversed.finalState, expected: expected.finalState },
    ];
  },

  "gives in both directions what two layers give, one forward, one reverse": async (each, device) => {
    const single = {
      ...each,
      layers: [{ ...each.layers[0]!, direction: "bidirectional" as const, parts: 1 }],
      head: null,
    };
    const { model, request, input } = await setUp(single, device);
    const two = await setUp(single, device, (network) => {
      const layer = gruLayers(network)[0]!;
      return defineNetwork({
        layers: [oneDirection(layer, 0), oneDirection(layer, 1)],
        outputs: ["forward", "reverse"],
      });
    });
    const both = await model.run(input, { ...request, lengths: each.lengths });
    const beside = await two.model.run(input, { ...request, lengths: each.lengths });
    const { hiddenSize } = single.layers[0]!;
    const { forward, reverse } = beside.outputs;
    const joined = Array.from(both.output, (_, i) => {
      const [row, column] = [Math.floor(i / (2 * hiddenSize)), i % (2 * hiddenSize)];
      return column < hiddenSize
        ? forward![row * hiddenSize + column]!
        : reverse![row * hiddenSize + column - hiddenSize]!;
    });
    model.dispose();
    two.model.dispose();
    return [
      { actual: both.output, expected: joined },
      { actual: both.finalState, expected: beside.finalState },
    ];
  },

  "gives in T pushes of a stream what one run gives": async (each, device) => {
    const { model, batchSize, input } = await setUp(forwardOnly(each), device);
    const { output } = await model.run(input, { batchSize });
    const stream = model.createStream({ batchSize });
    const pushed: number[] = [];
    const stepElements = batchSize * each.inputSize;
    for (let start = 0; start < input.length; start += stepElements) {
      pushed.push(...(await stream.push(input.slice(start, start + stepElements))));
    }
    model.dispose();
    return [{ actual: pushed, expected: output }];
  },
} satisfies Record<string, Property>;

export type PropertyName = keyof typeof properties;

export const propertyNames = Object.keys(properties) as PropertyName[];

/** The same network, input and lengths on two devices. */
export async function compareDevices(
  each: PropertyCase,
  device: DeviceRequest,
  other: DeviceRequest,
  tolerance: number,
): Promise<Comparison> {
  const { model, request, input } = await setUp(each, device);
  const second = await setUp(each, other);
  const actual = await model.run(input, { ...request, lengths: each.lengths });
  const expected = await second.model.run(input, { ...request, lengths: each.lengths });
  model.dispose();
  second.model.dispose();
  return worstOf(
    [
      { actual: actual.output, expected: expected.output },
      { actual: actual.finalState, expected: expected.finalState },
    ],
    tolerance,
  );
}

/** Whether a property holds for a case. @param tolerance absolute; 0 for bit for bit */
export async function checkProperty(
  name: PropertyName,
  each: PropertyCase,
  device: DeviceRequest,
  tolerance: number,
): Promise<Comparison> {
  return worstOf(await properties[name](each, device), tolerance);
}

function worstOf(pairs: readonly Pair[], tolerance: number): Comparison {
  // Layers along each frame have no state to compare.
  const comparisons = pairs
    .filter(({ actual, expected }) => actual.length + expected.length > 0)
    .map(({ actual, expected, isExact }) => compare(actual, expected, { atol: isExact ? 0 : tolerance, rtol: 0 }));
  const worst = comparisons.find(({ isClose }) => !isClose) ?? comparisons.sort((a, b) => b.maxError - a.maxError)[0];
  return worst ?? { isClose: true, maxError: 0, worst: "nothing to compare" };
}

/** The model of a case, with a random input and state. @param change of the network before it goes to the device */
async function setUp(each: PropertyCase, device: DeviceRequest, change = (network: Network): Network => network) {
  const { seed, batchSize, sequenceLength } = each;
  const network = change(makeNetwork(each));
  const input = randomInput(network, batchSize * sequenceLength, seed + 1);
  const initialState = randomArray(stateLength(network, batchSize), uniform(seed + 2));
  const model = await createModel(network, { device });
  return { network, model, request: { batchSize, initialState }, batchSize, input, initialState };
}

/** The network of a case. */
export function makeNetwork({ seed, inputSize, layers, head }: PropertyCase): Network {
  const next = uniform(seed);
  const stack: GruLayer[] = [];
  for (const [i, { parts: wanted, isAlongFrame, ...shape }] of layers.entries()) {
    const before = stack.at(-1);
    const size = before === undefined ? inputSize : layerOutputSize(before);
    const parts = size % wanted === 0 ? wanted : 1;
    const axes = parts > 1 && isAlongFrame ? { frameSteps: parts } : { rows: parts };
    const name = before?.name ?? "input";
    stack.push(randomGru(`gru${i}`, [name], { ...shape, ...axes, inputSize: size / parts }, next));
  }
  if (head === null) return defineNetwork({ layers: stack });
  const last = stack.at(-1)!;
  const dense = randomDense("head", [last.name, "input"], [layerOutputSize(last) + inputSize, 3], head, next);
  return defineNetwork({ layers: [...stack, dense] });
}

function mapLayers(each: PropertyCase, change: (layer: PropertyLayer) => Partial<PropertyLayer>): PropertyCase {
  return { ...each, layers: each.layers.map((layer) => ({ ...layer, ...change(layer) })) };
}

function forwardOnly(each: PropertyCase): PropertyCase {
  return mapLayers(each, () => ({ direction: "forward" }));
}

/** So large a bias that the update gate is one, whichever bounded activation it has. */
function withUpdateOne(layer: GruLayer): GruLayer {
  const { hiddenSize } = layer;
  const bias = layer.bias?.slice() ?? new Float32Array(numDirections(layer) * 3 * hiddenSize);
  for (let d = 0; d < numDirections(layer); d++) bias.fill(1e4, (3 * d + 1) * hiddenSize, (3 * d + 2) * hiddenSize);
  return { ...layer, bias, clip: null };
}

/** One direction of a bidirectional layer, as a layer of its own that reads the input. */
function oneDirection(layer: GruLayer, d: 0 | 1): GruLayer {
  const direction = (["forward", "reverse"] as const)[d];
  const half = (values: Float32Array) => values.slice((d * values.length) / 2, ((d + 1) * values.length) / 2);
  return {
    ...layer,
    name: direction,
    direction,
    weight: half(layer.weight),
    recurrentWeight: half(layer.recurrentWeight),
    bias: layer.bias && half(layer.bias),
    recurrentBias: layer.recurrentBias && half(layer.recurrentBias),
  };
}

function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, i) => start + i);
}

/** Rows of a [T, B, size], in the order asked for. */
function takeRows(values: Float32Array, size: number, batchSize: number, rows: readonly number[]): Float32Array {
  const taken = new Float32Array((values.length / batchSize) * rows.length);
  for (let at = 0, step = 0; at < taken.length; step++) {
    for (const row of rows) {
      const start = (step * batchSize + row) * size;
      taken.set(values.subarray(start, start + size), at);
      at += size;
    }
  }
  return taken;
}

/** Rows of a state, which is [D, B, size] of each layer. */
function takeStateRows(
  network: Network,
  state: Float32Array,
  batchSize: number,
  rows: readonly number[],
): Float32Array {
  let start = 0;
  const parts = stateOf(network).map(({ numDirections: directions, size }) => {
    const part = state.subarray(start, start + directions * batchSize * size);
    start += part.length;
    return [...takeRows(part, size, batchSize, rows)];
  });
  return Float32Array.from(parts.flat());
}

/** Turns each row of a [T, B, size] round, up to its length. */
function reverseTime(values: Float32Array, size: number, batchSize: number, lengths: readonly number[]): Float32Array {
  const reversed = values.slice();
  for (const [row, length] of lengths.entries()) {
    for (let step = 0; step < length; step++) {
      const start = ((length - 1 - step) * batchSize + row) * size;
      reversed.set(values.subarray(start, start + size), (step * batchSize + row) * size);
    }
  }
  return reversed;
}
