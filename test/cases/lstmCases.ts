// Twin cases of LSTM layers.

import type { Direction } from "../../src/layers/direction.js";
import type { Storage } from "../../src/layers/layerType.js";
import type { LstmSpec } from "../../src/layers/lstm.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { randomTensors, randomDense, randomEmbedding, uniform } from "./random.js";
import type { TwinCase } from "./twinCase.js";

interface LstmShape extends Pick<
  LstmSpec,
  | "inputSize"
  | "hiddenSize"
  | "direction"
  | "gateActivation"
  | "newActivation"
  | "outputActivation"
  | "clip"
  | "returnSequences"
> {
  readonly hasBias?: boolean;
}

/** An LSTM layer with PyTorch's initial range, 1 / sqrt(H). */
export function randomLstm(name: string, inputs: string[], shape: LstmShape, next: () => number): LstmSpec {
  const { hasBias = true, ...rest } = shape;
  return { type: "lstm", name, inputs, ...rest, ...randomTensors(shape, 4, next, hasBias) };
}

function oneLstm(seed: number, shape: LstmShape): Network {
  return defineNetwork({ layers: [randomLstm("lstm", ["input"], shape, uniform(seed))] });
}

function textLstm(seed: number): Network {
  const next = uniform(seed);
  return defineNetwork({
    layers: [
      randomEmbedding("embedding", [23, 6], next),
      randomLstm("first", ["embedding"], { inputSize: 6, hiddenSize: 10 }, next),
      randomLstm("second", ["first"], { inputSize: 10, hiddenSize: 7, hasBias: false }, next),
      randomDense("head", ["second"], [7, 23], "softmax", next),
    ],
  });
}

const DIRECTIONS = ["forward", "reverse", "bidirectional"] as const satisfies Direction[];

const sizes: TwinCase[] = [
  { inputSize: 1, hiddenSize: 1, batchSize: 1, sequenceLength: 1 },
  { inputSize: 3, hiddenSize: 1, batchSize: 5, sequenceLength: 12 },
  { inputSize: 4, hiddenSize: 7, batchSize: 17, sequenceLength: 33 },
  { inputSize: 17, hiddenSize: 33, batchSize: 1, sequenceLength: 1000 },
  { inputSize: 9, hiddenSize: 64, batchSize: 3, sequenceLength: 20 },
  { inputSize: 31, hiddenSize: 127, batchSize: 5, sequenceLength: 40 },
  { inputSize: 12, hiddenSize: 192, batchSize: 1, sequenceLength: 60 },
  { inputSize: 7, hiddenSize: 513, batchSize: 1, sequenceLength: 6 },
].map(({ batchSize, sequenceLength, ...shape }, i) => ({
  id: `lstm-i${shape.inputSize}-h${shape.hiddenSize}`,
  name: `lstm, I=${shape.inputSize} H=${shape.hiddenSize} B=${batchSize} T=${sequenceLength}`,
  batchSize,
  sequenceLength,
  network: () => oneLstm(700 + i, shape),
}));

const directions: TwinCase[] = DIRECTIONS.flatMap((direction, i): TwinCase[] => [
  {
    id: `lstm-${direction}`,
    name: `lstm, ${direction}, lengths`,
    batchSize: 4,
    sequenceLength: 9,
    lengths: [9, 0, 1, 4],
    network: () => oneLstm(720 + i, { inputSize: 5, hiddenSize: 7, direction }),
  },
  {
    id: `lstm-last-of-${direction}`,
    name: `lstm, ${direction}, only its last step, then a head, lengths`,
    batchSize: 3,
    sequenceLength: 8,
    lengths: [8, 3, 1],
    network: () => {
      const next = uniform(730 + i);
      const width = direction === "bidirectional" ? 12 : 6;
      const lstm = randomLstm(
        "lstm",
        ["input"],
        { inputSize: 4, hiddenSize: 6, direction, returnSequences: false },
        next,
      );
      return defineNetwork({ layers: [lstm, randomDense("head", ["lstm"], [width, 3], "tanh", next)] });
    },
  },
]);

/** The cell at the end of the second of two layers, alone and beside its last frame under a head. */
function lastCell(seed: number, direction: Direction): Network {
  const next = uniform(seed);
  const width = direction === "bidirectional" ? 10 : 5;
  const shape = { inputSize: 6, hiddenSize: 5, direction };
  const end = { type: "last", inputs: ["second"], inputSize: width, direction } as const;
  return defineNetwork({
    layers: [
      randomLstm("first", ["input"], { inputSize: 3, hiddenSize: 6 }, next),
      randomLstm("second", ["first"], shape, next),
      { ...end, name: "h" },
      { ...end, name: "cell", block: "c" },
      randomDense("head", ["h", "cell"], [2 * width, 3], "tanh", next),
    ],
    outputs: ["head", "cell"],
  });
}

const cells: TwinCase[] = DIRECTIONS.map((direction, i) => ({
  id: `lstm-cell-of-${direction}`,
  name: `lstm, ${direction}, its last cell, lengths`,
  batchSize: 5,
  sequenceLength: 9,
  lengths: [9, 0, 1, 4, 8],
  network: () => lastCell(780 + i, direction),
}));

const longCell: TwinCase = {
  id: "lstm-cell-chunks",
  name: "lstm, its last cell after more steps than one chunk, lengths",
  batchSize: 3,
  sequenceLength: 1100,
  lengths: [1100, 7, 1025],
  network: () => lastCell(783, "forward"),
};

const stack: TwinCase = {
  id: "lstm-stack",
  name: "lstm, three directions stacked under a head that reads two of them, lengths",
  batchSize: 3,
  sequenceLength: 12,
  lengths: [5, 12, 0],
  network: () => {
    const next = uniform(740);
    return defineNetwork({
      layers: [
        randomLstm("first", ["input"], { inputSize: 4, hiddenSize: 5 }, next),
        randomLstm("second", ["first"], { inputSize: 5, hiddenSize: 6, direction: "reverse" }, next),
        randomLstm("third", ["second"], { inputSize: 6, hiddenSize: 3, direction: "bidirectional" }, next),
        randomDense("head", ["third", "first"], [11, 4], "tanh", next),
      ],
    });
  },
};

/** The gates' function, the new value's, the output's, and the clip: each differs from the others. */
const activations: TwinCase[] = (
  [
    ["hardSigmoid", "softsign", "elu", undefined],
    ["sigmoid", "tanh", "relu", undefined],
    ["sigmoid", "tanh", "tanh", 0.3],
    [{ name: "affine", alpha: 0.4, beta: 0.3 }, "leakyRelu", { name: "scaledTanh", alpha: 0.8, beta: 1.3 }, 0.5],
  ] as const
).map(([gateActivation, newActivation, outputActivation, clip], i) => ({
  id: `lstm-activations-${i}`,
  name: `lstm, other activations and clip, ${i}`,
  batchSize: 2,
  sequenceLength: 7,
  network: () =>
    oneLstm(750 + i, {
      inputSize: 3,
      hiddenSize: 5,
      gateActivation,
      newActivation,
      outputActivation,
      ...(clip === undefined ? {} : { clip }),
    }),
}));

/** Biases so large that every gate is at one of its ends, and cells that grow with each step. */
const saturated: TwinCase = {
  id: "lstm-saturated",
  name: "lstm, gates far into saturation",
  batchSize: 2,
  sequenceLength: 9,
  network: () => {
    const lstm = randomLstm("lstm", ["input"], { inputSize: 3, hiddenSize: 7 }, uniform(760));
    const bias = lstm.bias!.map((value, row) => value + [200, -200, 1000, -1000, 0][row % 5]!);
    return defineNetwork({ layers: [{ ...lstm, bias }] });
  },
};

const storages: TwinCase[] = (["f16", "int8"] as const satisfies Storage[]).flatMap((storage) => [
  {
    id: `lstm-${storage}-text`,
    name: `lstm, ${storage}, a text model`,
    batchSize: 3,
    sequenceLength: 20,
    network: () => withStorage(textLstm(770), storage),
  },
  {
    id: `lstm-${storage}-h33`,
    name: `lstm, ${storage}, bidirectional, H=33, lengths`,
    batchSize: 3,
    sequenceLength: 30,
    lengths: [30, 1, 17],
    network: () => withStorage(oneLstm(771, { inputSize: 9, hiddenSize: 33, direction: "bidirectional" }), storage),
  },
]);

export const lstmCases: readonly TwinCase[] = [
  ...sizes,
  ...directions,
  ...cells,
  longCell,
  stack,
  ...activations,
  saturated,
  ...storages,
  {
    id: "lstm-few",
    name: "lstm, bidirectional, few steps of few rows",
    batchSize: 2,
    sequenceLength: 3,
    lengths: [3, 2],
    network: () => oneLstm(782, { inputSize: 6, hiddenSize: 9, direction: "bidirectional" }),
  },
  {
    id: "lstm-text",
    name: "lstm, the last step of a text model",
    batchSize: 5,
    sequenceLength: 13,
    returnSequences: false,
    network: () => textLstm(780),
  },
  {
    id: "lstm-chunks",
    name: "lstm, rows that end in different chunks",
    batchSize: 3,
    sequenceLength: 1030,
    lengths: [1030, 3, 1025],
    network: () => oneLstm(781, { inputSize: 2, hiddenSize: 5 }),
  },
];
