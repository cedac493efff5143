// Random networks of all layer types: twin cases of wirings that nobody thought of.

import type { ElementFunction } from "../../src/layers/activation.js";
import { AGGREGATES } from "../../src/layers/aggregate.js";
import type { LayerSpec } from "../../src/layers/index.js";
import { REDUCTIONS } from "../../src/layers/reduce.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { randomConv } from "./convCases.js";
import { type CellType, randomArray, randomDense, randomRecurrent, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

/** Functions that are continuous, so that a rounding before them stays one. */
const FUNCTIONS: readonly ElementFunction[] = [
  "linear",
  "linear",
  "relu",
  "tanh",
  "sigmoid",
  "elu",
  "leakyRelu",
  "softsign",
  "hardSigmoid",
  "gelu",
  "silu",
  "hardSwish",
  "clip",
];
const OPERATIONS = [
  "identity",
  "identity",
  "identity",
  "identity",
  "add",
  "subtract",
  "multiply",
  "minimum",
  "maximum",
  "prelu",
] as const;
const CELLS = ["gru", "lstm", "rnn"] as const satisfies readonly CellType[];
const DIRECTIONS = ["forward", "forward", "reverse", "bidirectional"] as const;

/** A value that layers may read: the network's input or a layer's output. */
interface Value {
  readonly name: string;
  readonly size: number;
}

/** A network's layers so far, and where the next one's random choices come from. */
class Draft {
  readonly layers: LayerSpec[] = [];
  readonly #read = new Set<string>();
  readonly next: () => number;
  readonly values: Value[];
  /** Whether every layer must go step by step, as a carried value asks. */
  isStepwise = false;

  constructor(seed: number) {
    this.next = uniform(seed);
    this.values = [{ name: "input", size: this.whole(1, 12) }];
  }

  /** From `low` to `high`. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!;
  }

  /** One value or two; the newest as often as all others. */
  read(most = 2): { inputs: string[]; size: number } {
    const values = [this.next() < 0.5 ? this.values.at(-1)! : this.pick(this.values)];
    const other = this.pick(this.values);
    if (most > 1 && this.next() < 0.3 && !values.includes(other)) values.push(other);
    for (const { name } of values) this.#read.add(name);
    return { inputs: values.map(({ name }) => name), size: values.reduce((sum, { size }) => sum + size, 0) };
  }

  add(layer: LayerSpec, size: number): void {
    this.layers.push(layer);
    this.values.push({ name: layer.name!, size });
  }

  /** The layers that nothing reads, and now and then another one. */
  outputs(): string[] {
    return this.layers
      .filter(({ type }) => type !== "carry")
      .map(({ name }) => name!)
      .filter((name) => !this.#read.has(name) || this.next() < 0.15);
  }
}

/** How a layer of each type comes to a draft, by the type's name or what it does. */
const additions: Record<string, (draft: Draft, name: string) => void> = {
  recurrent(draft, name) {
    const { inputs, size } = draft.read();
    const hiddenSize = draft.whole(1, 9);
    const rows = draft.pick([1, 1, 2, 3].filter((each) => size % each === 0));
    const isAlongFrame = draft.next() < 0.15;
    const direction = draft.isStepwise && !isAlongFrame ? "forward" : draft.pick(DIRECTIONS);
    const frameSteps = isAlongFrame ? draft.pick([1, 2, 4].filter((each) => (size / rows) % each === 0)) : null;
    const inputSize = size / rows / (frameSteps ?? 1);
    const type = draft.pick(CELLS);
    const reset = type === "gru" ? { resetAfter: draft.next() < 0.5 } : {};
    const shape = {
      inputSize,
      hiddenSize,
      direction,
      rows,
      ...reset,
      ...(isAlongFrame ? { frameSteps: frameSteps! } : {}),
    };
    const limit = draft.next() < 0.2 ? { clip: 0.4 } : {};
    const layer = randomRecurrent(type, name, inputs, { ...shape, ...limit }, draft.next);
    const linear = type === "rnn" && draft.next() < 0.5 ? { activation: "linear", ...shrunk(layer) } : {};
    const width = hiddenSize * (direction === "bidirectional" ? 2 : 1);
    draft.add({ ...layer, ...linear } as LayerSpec, rows * (frameSteps ?? 1) * width);
  },
  dense(draft, name) {
    const { inputs, size } = draft.read();
    const groups = draft.pick([1, 1, 2, 3].filter((each) => size % each === 0));
    const outputSize = groups * draft.whole(1, 9);
    const activation = draft.next() < 0.1 ? "softmax" : draft.pick(FUNCTIONS);
    draft.add(randomDense(name, inputs, [size, outputSize], activation, draft.next, groups), outputSize);
  },
  conv(draft, name) {
    const { inputs, size } = draft.read();
    const channels = draft.pick([1, 2, 3, 4, size].filter((each) => size % each === 0));
    const length = size / channels;
    const groups = draft.pick([1, 1, 2, channels].filter((each) => channels % each === 0));
    const kernel = draft.whole(1, Math.min(3, length));
    const padding = draft.next() < 0.4 ? [draft.whole(0, 2), draft.whole(0, 2)] : [0, 0];
    const stride = draft.whole(1, 2);
    const shape = {
      inputShape: [channels, length],
      outputChannels: groups * draft.whole(1, 4),
      groups,
      kernelSize: [kernel],
      padding,
      stride: [stride],
      timeKernelSize: draft.whole(1, 3),
      timeDilation: draft.whole(1, 2),
      activation: draft.pick(FUNCTIONS),
    };
    const width = Math.floor((length + padding[0]! + padding[1]! - kernel) / stride) + 1;
    draft.add(randomConv(name, inputs, shape, draft.next), shape.outputChannels * width);
  },
  pool(draft, name) {
    const { inputs, size } = draft.read();
    const channels = draft.pick([1, 2, 3].filter((each) => size % each === 0));
    const length = size / channels;
    const kernel = draft.whole(1, Math.min(3, length));
    const stride = draft.whole(1, 2);
    const operation = draft.pick(["max", "average"] as const);
    const windows = { inputShape: [channels, length], kernelSize: [kernel], stride: [stride] };
    const time = { timeKernelSize: draft.whole(1, 3) };
    const width = Math.floor((length - kernel) / stride) + 1;
    draft.add({ type: "pool", name, inputs, operation, ...windows, ...time }, channels * width);
  },
  norm(draft, name) {
    const { inputs, size } = draft.read();
    const groups = draft.pick([1, 2, 3].filter((each) => size % each === 0));
    const center = draft.next() < 0.7;
    // An epsilon that keeps what is nearly constant from growing, and its roundings with it.
    const layer = { type: "norm", name, inputs, inputSize: size, groups, center, epsilon: 0.1 } as const;
    const tensors = { weight: randomArray(size, draft.next), bias: randomArray(size, draft.next) };
    draft.add(draft.next() < 0.7 ? { ...layer, ...tensors } : layer, size);
  },
  map(draft, name) {
    const operation = draft.pick(OPERATIONS);
    const { inputs, size } = draft.read(1);
    const isOfTwo = operation !== "identity" && inputs[0] !== "input" && draft.next() < 0.3;
    const operand = operation === "identity" || isOfTwo ? {} : { operand: randomArray(size, draft.next) };
    const more = {
      ...(draft.next() < 0.2 ? { bias: randomArray(size, draft.next) } : {}),
      ...(operation === "subtract" && draft.next() < 0.5 ? { operandFirst: true } : {}),
      activation: draft.pick(FUNCTIONS),
    };
    const both = isOfTwo ? [inputs[0]!, inputs[0]!] : inputs;
    draft.add({ type: "map", name, inputs: both, outputSize: size, operation, ...operand, ...more }, size);
  },
  reduce(draft, name) {
    const { inputs, size } = draft.read();
    const channels = draft.pick([1, 2, 3].filter((each) => size % each === 0));
    const axis = draft.whole(0, 1);
    const operation = draft.pick(REDUCTIONS);
    const inputShape = [channels, size / channels];
    const keepsShape = operation === "softmax" || operation === "logSoftmax";
    draft.add(
      { type: "reduce", name, inputs, inputShape, axes: [axis], operation },
      keepsShape ? size : inputShape[1 - axis]!,
    );
  },
  rearrange(draft, name) {
    const { inputs, size } = draft.read();
    const outputSize = draft.whole(1, 12);
    const indices = Float32Array.from({ length: outputSize }, () => draft.whole(-1, size - 1));
    const fill = draft.pick([0, 0, 0.5]);
    draft.add({ type: "rearrange", name, inputs, inputSize: size, outputSize, fill, indices }, outputSize);
  },
};

/** Summaries over time, which end what may read them. */
const summaries: ((draft: Draft, name: string, numSteps: number) => void)[] = [
  (draft, name) => {
    const { inputs, size } = draft.read();
    draft.add({ type: "last", name, inputs, inputSize: size }, size);
  },
  (draft, name) => {
    const { inputs, size } = draft.read();
    draft.add({ type: "aggregate", name, inputs, inputSize: size, operation: draft.pick(AGGREGATES) }, size);
  },
  (draft, name) => {
    const { inputs, size } = draft.read();
    if (size < 2) return draft.add({ type: "last", name, inputs, inputSize: size }, size);
    draft.add({ type: "attention", name, inputs, heads: 1, valueSize: size - 1 }, size - 1);
  },
  (draft, name, numSteps) => {
    const { inputs, size } = draft.read(1);
    draft.add({ type: "flatten", name, inputs, inputSize: size, sequenceLength: numSteps }, size * numSteps);
  },
];

/** Recurrent weights that make no state grow, whatever its function. */
function shrunk(layer: LayerSpec): object {
  const { recurrentWeight } = layer as { recurrentWeight: Float32Array };
  return { recurrentWeight: recurrentWeight.map((value) => 0.3 * value) };
}

/** Seeds of random networks. */
export function seedsFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** The twin case of a seed: two to eight layers, one to five rows, one to nine steps. */
export function anyTwin(seed: number): TwinCase {
  const draft = new Draft(seed);
  const [batchSize, sequenceLength] = [draft.whole(1, 5), draft.whole(1, 9)];
  const hasFlatten = draft.next() < 0.1; // it takes all steps
  const lengths = Array.from({ length: batchSize }, () => draft.whole(0, sequenceLength));
  const hasLengths = !hasFlatten && draft.next() < 0.4;
  return {
    id: `any-${seed}`,
    name: `the random network ${seed}`,
    batchSize,
    sequenceLength,
    ...(hasLengths ? { lengths } : {}),
    goal: 1e-5,
    network: () => anyNetwork(seed, sequenceLength, hasFlatten),
  };
}

function anyNetwork(seed: number, numSteps: number, hasFlatten: boolean): Network {
  const draft = new Draft(seed);
  const carried = !hasFlatten && draft.next() < 0.25 ? draft.whole(1, 6) : 0;
  draft.isStepwise = carried > 0;
  const { inputs: input, size: inputSize } = draft.read(1);
  draft.add(randomDense("first", input, [inputSize, 6], draft.pick(FUNCTIONS), draft.next), 6);
  if (carried > 0) draft.add({ type: "carry", name: "carried", size: carried, next: "fed" }, carried);
  for (let i = draft.whole(2, 7); i > 0; i--) draft.pick(Object.values(additions))(draft, `layer${i}`);
  if (carried > 0) {
    const { inputs, size } = draft.read();
    draft.add(randomDense("fed", inputs, [size, carried], "tanh", draft.next), carried);
  }
  const hasSummary = hasFlatten || draft.next() < 0.25;
  if (hasSummary) {
    const summary = hasFlatten ? summaries[3]! : draft.pick(summaries.slice(0, 3));
    summary(draft, "summary", numSteps);
    const { size } = draft.values.at(-1)!;
    draft.add(randomDense("head", ["summary"], [size, 3], "tanh", draft.next), 3);
  }
  let outputs = hasSummary ? ["head"] : draft.outputs().reverse();
  let layers = onlyRead(draft.layers, outputs);
  if (!layers.some(({ name }) => name === "first")) {
    // The summary read a carried value that no input reached.
    outputs = ["first"];
    layers = onlyRead(draft.layers, outputs);
  }
  const network = defineNetwork({ layers, outputs });
  const storage = draft.pick(["float32", "float32", "float32", "f16", "int8"] as const);
  return storage === "float32" ? network : withStorage(network, storage);
}

/** Without layers that lead to no output. */
function onlyRead(layers: readonly LayerSpec[], outputs: readonly string[]): LayerSpec[] {
  const needed = new Set(outputs);
  const isNeeded = ({ name }: LayerSpec) => needed.has(name!);
  for (let before = -1; before !== needed.size;) {
    before = needed.size;
    for (const layer of layers.filter(isNeeded)) {
      for (const name of layer.type === "carry" ? [layer.next] : (layer.inputs ?? [])) needed.add(name);
    }
  }
  return layers.filter(isNeeded);
}
