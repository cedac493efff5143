// The cases that run beside the float64 reference, on every device. Tests in Node pick them by id; the page makes the networks.

import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { LastSpec } from "../../src/layers/last.js";
import type { Storage } from "../../src/layers/layerType.js";
import type { Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import { activationCases } from "./activationCases.js";
import { carryCases } from "./carryCases.js";
import { convCases } from "./convCases.js";
import { frameAxesCases } from "./frameAxesCases.js";
import { denseCases } from "./denseCases.js";
import { generationCases } from "./generationCases.js";
import { lstmCases } from "./lstmCases.js";
import { mapCases } from "./mapCases.js";
import { normCases } from "./normCases.js";
import { poolCases } from "./poolCases.js";
import { rearrangeCases } from "./rearrangeCases.js";
import { reduceCases } from "./reduceCases.js";
import { rnnCases } from "./rnnCases.js";
import {
  type GruShape,
  oneGru,
  randomDense,
  randomEmbedding,
  randomGru,
  randomMixed,
  randomStack,
  randomTextModel,
  uniform,
} from "./random.js";
import { summaryCases } from "./summaryCases.js";
import { topKCases } from "./topKCases.js";
import type { TwinCase } from "./twinCase.js";
import { WHOLE_NETWORK_NAMES, WHOLE_NETWORKS } from "./wholeNetworks.js";

/** Every size of the goal at least once: one and three layers, both reset forms, H, B and T. */
const sizes: TwinCase[] = [
  { inputSize: 1, hiddenSizes: [1], resetAfter: true, batchSize: 1, sequenceLength: 1 },
  { inputSize: 3, hiddenSizes: [3], resetAfter: false, batchSize: 5, sequenceLength: 2 },
  { inputSize: 4, hiddenSizes: [7], resetAfter: true, batchSize: 17, sequenceLength: 33 },
  { inputSize: 2, hiddenSizes: [7, 3, 1], resetAfter: false, batchSize: 5, sequenceLength: 50 },
  { inputSize: 17, hiddenSizes: [33], resetAfter: true, batchSize: 1, sequenceLength: 1000 },
  { inputSize: 5, hiddenSizes: [33], resetAfter: false, batchSize: 1, sequenceLength: 1000 },
  { inputSize: 8, hiddenSizes: [64, 33, 7], resetAfter: true, batchSize: 5, sequenceLength: 100 },
  { inputSize: 9, hiddenSizes: [64], resetAfter: false, batchSize: 17, sequenceLength: 20 },
  { inputSize: 31, hiddenSizes: [127], resetAfter: true, batchSize: 5, sequenceLength: 40 },
  { inputSize: 6, hiddenSizes: [127], resetAfter: false, batchSize: 1, sequenceLength: 77 },
  { inputSize: 64, hiddenSizes: [192], resetAfter: true, batchSize: 1, sequenceLength: 150 },
  { inputSize: 12, hiddenSizes: [192], resetAfter: false, batchSize: 1, sequenceLength: 60 },
  { inputSize: 40, hiddenSizes: [256, 64, 256], resetAfter: true, batchSize: 1, sequenceLength: 65 },
  { inputSize: 16, hiddenSizes: [256], resetAfter: false, batchSize: 5, sequenceLength: 10 },
  { inputSize: 7, hiddenSizes: [513], resetAfter: true, batchSize: 1, sequenceLength: 20 },
  { inputSize: 10, hiddenSizes: [513], resetAfter: false, batchSize: 1, sequenceLength: 9 },
].map(({ batchSize, sequenceLength, ...shape }, i) => ({
  id: `i${shape.inputSize}-h${shape.hiddenSizes.join("-")}`,
  name: `I=${shape.inputSize} H=${shape.hiddenSizes.join(",")} B=${batchSize} T=${sequenceLength}, reset ${shape.resetAfter ? "after" : "before"}`,
  batchSize,
  sequenceLength,
  network: () => randomStack({ seed: 1000 + i, ...shape }),
}));

const heads: TwinCase[] = (["linear", "relu", "sigmoid", "tanh", "softmax", "logSoftmax"] as const).map(
  (activation) => ({
    id: `head-${activation}`,
    name: `concatenations, no biases, mixed resets and a ${activation} head`,
    batchSize: 3,
    sequenceLength: 11,
    // 70 outputs: more than one workgroup of the softmax, and not a multiple of four.
    network: () => randomMixed(7, activation, 70),
  }),
);

const text: TwinCase = {
  id: "text",
  name: "an embedding, two layers and a softmax",
  batchSize: 5,
  sequenceLength: 40,
  network: () => randomTextModel(9, 53),
};

/** Every direction, both reset forms, with and without lengths (0, 1, some, all), alone and in a stack. */
const directions: TwinCase[] = (["reverse", "bidirectional"] as const).flatMap((direction) =>
  [true, false].flatMap((resetAfter) => {
    const cell = { resetAfter, direction } as const;
    const reset = resetAfter ? "after" : "before";
    const which = `${direction}, reset ${reset}`;
    const id = `${direction}-${reset}`;
    const alone = () => oneGru(21, { inputSize: 5, hiddenSize: 7, ...cell });
    return [
      { id, name: which, batchSize: 4, sequenceLength: 9, network: alone },
      {
        id: `${id}-lengths`,
        name: `${which}, lengths`,
        batchSize: 4,
        sequenceLength: 9,
        lengths: [9, 0, 1, 4],
        network: alone,
      },
      {
        id: `${id}-h130`,
        name: `${which}, H=130`,
        batchSize: 1,
        sequenceLength: 70,
        network: () => oneGru(22, { inputSize: 3, hiddenSize: 130, ...cell }),
      },
      {
        id: `${id}-stack`,
        name: `forward, ${which} and bidirectional stacked under a head, lengths`,
        batchSize: 3,
        sequenceLength: 12,
        lengths: [5, 12, 0],
        network: () => stackOfDirections(23, cell),
      },
    ];
  }),
);

const forwardLengths: TwinCase[] = [
  {
    id: "lengths-chunks",
    name: "forward, lengths, more steps than one chunk",
    batchSize: 3,
    sequenceLength: 1500,
    lengths: [1400, 3, 1025],
    network: () => oneGru(24, { inputSize: 2, hiddenSize: 5 }),
  },
  {
    id: "bidirectional-submits",
    name: "bidirectional, more arithmetic than one submit",
    batchSize: 2,
    sequenceLength: 150,
    network: () => oneGru(25, { inputSize: 200, hiddenSize: 100, direction: "bidirectional" }),
  },
  {
    // Where a dispatch makes many steps, the second one begins at an odd step.
    id: "lone-row-submits",
    name: "a lone row, more arithmetic than one submit",
    batchSize: 1,
    sequenceLength: 600,
    network: () => oneGru(26, { inputSize: 3, hiddenSize: 125 }),
  },
  {
    // Mesa's software driver ends every loop of a dispatch after 65 535 iterations in all.
    id: "bidirectional-dispatches",
    name: "bidirectional, more steps than a dispatch may have",
    batchSize: 1,
    sequenceLength: 30_000,
    network: () => oneGru(27, { inputSize: 2, hiddenSize: 4, direction: "bidirectional" }),
  },
];

/** Only the last step, asked for by the call or by a layer, with lengths and across chunks. */
const lastSteps: TwinCase[] = [
  {
    id: "last-after-dense",
    name: "the last frame of a dense layer, lengths, of which only the last step is asked for",
    batchSize: 3,
    sequenceLength: 1100,
    lengths: [1100, 3, 1],
    returnSequences: false,
    network: () => {
      const next = uniform(34);
      const gru = randomGru("gru", ["input"], { inputSize: 3, hiddenSize: 7 }, next);
      const dense = randomDense("dense", ["gru"], [7, 5], "tanh", next);
      const last: LastSpec = { type: "last", name: "last", inputs: ["dense"], inputSize: 5, direction: "reverse" };
      return defineNetwork({ layers: [gru, dense, last, randomDense("head", ["last"], [5, 2], "linear", next)] });
    },
  },
  {
    id: "last-text",
    name: "the last step of a text model",
    batchSize: 5,
    sequenceLength: 13,
    returnSequences: false,
    network: text.network,
  },
  {
    id: "last-mixed",
    name: "the last step of concatenations, lengths",
    batchSize: 4,
    sequenceLength: 1100,
    lengths: [1100, 7, 1, 1024],
    returnSequences: false,
    network: () => randomMixed(31, "softmax", 5),
  },
  {
    id: "last-bidirectional",
    name: "the last step of a bidirectional layer",
    batchSize: 3,
    sequenceLength: 6,
    lengths: [6, 2, 0],
    returnSequences: false,
    network: () => oneGru(32, { inputSize: 4, hiddenSize: 6, direction: "bidirectional" }),
  },
  {
    id: "last-chunks",
    name: "the last step of rows that end in different chunks",
    batchSize: 3,
    sequenceLength: 1030,
    lengths: [1030, 3, 1024],
    returnSequences: false,
    network: () => oneGru(34, { inputSize: 1, hiddenSize: 2 }),
  },
  ...(["forward", "reverse", "bidirectional"] as const).map((direction): TwinCase => ({
    id: `last-of-${direction}`,
    name: `a ${direction} layer that gives only its last step, then a head, lengths`,
    batchSize: 3,
    sequenceLength: 8,
    lengths: [8, 3, 1],
    network: () => lastStepClassifier(33, { inputSize: 4, hiddenSize: 6, direction, returnSequences: false }),
  })),
];

/** Layers of one size that could advance side by side, in every storage, chunks and the states of rows that end early. */
const stacks: TwinCase[] = (["after", "before"] as const).flatMap((reset): TwinCase[] => [
  {
    id: `stack-three-${reset}`,
    name: `a stack of three, reset ${reset}, lengths`,
    batchSize: 4,
    sequenceLength: 11,
    lengths: [11, 2, 0, 1],
    network: () => randomStack({ seed: 61, inputSize: 5, hiddenSizes: [9, 9, 9], resetAfter: reset === "after" }),
  },
  {
    id: `stack-smaller-${reset}`,
    name: `a stack of two and a smaller layer, reset ${reset}`,
    batchSize: 2,
    sequenceLength: 30,
    network: () => randomStack({ seed: 62, inputSize: 3, hiddenSizes: [34, 34, 7], resetAfter: reset === "after" }),
  },
  {
    id: `stack-int8-${reset}`,
    name: `int8, a stack of two, reset ${reset}`,
    batchSize: 1,
    sequenceLength: 9,
    network: () =>
      withStorage(
        randomStack({ seed: 63, inputSize: 6, hiddenSizes: [10, 10], resetAfter: reset === "after" }),
        "int8",
      ),
  },
]);

/** Streamed steps: few of them, of networks whose steps one dispatch can make. */
const fewSteps: TwinCase[] = WHOLE_NETWORK_NAMES.map((name) => ({
  id: `network-${name}`,
  name: `three steps of a whole network: ${name}`,
  batchSize: 3,
  sequenceLength: 3,
  lengths: [3, 0, 2],
  network: WHOLE_NETWORKS[name],
}));

/** Converted twice: what int8 left behind must not reach the others. */
const reconverted: TwinCase[] = (["f32", "f16"] as const).map((storage) => ({
  id: `${storage}-from-int8`,
  name: `${storage} made from int8`,
  batchSize: 2,
  sequenceLength: 6,
  network: () => withStorage(withStorage(randomTextModel(84, 21), "int8"), storage),
}));

const storages: TwinCase[] = (["f16", "int8"] as const).flatMap((storage: Storage) => [
  {
    id: `${storage}-text`,
    name: `${storage}, a text model`,
    batchSize: 3,
    sequenceLength: 20,
    network: () => withStorage(randomTextModel(81, 37), storage),
  },
  {
    id: `${storage}-mixed`,
    name: `${storage}, concatenations`,
    batchSize: 1,
    sequenceLength: 9,
    network: () => withStorage(randomMixed(82, "linear", 6), storage),
  },
  {
    id: `${storage}-h33`,
    name: `${storage}, bidirectional, H=33`,
    batchSize: 2,
    sequenceLength: 30,
    network: () => withStorage(oneGru(83, { inputSize: 9, hiddenSize: 33, direction: "bidirectional" }), storage),
  },
  {
    id: `${storage}-h70`,
    name: `${storage}, bidirectional, H=70, lengths`,
    batchSize: 3,
    sequenceLength: 90,
    lengths: [90, 1, 33],
    network: () => withStorage(oneGru(85, { inputSize: 5, hiddenSize: 70, direction: "bidirectional" }), storage),
  },
]);

/** RNNoise's shape: dense, then GRUs that read each other and the input, relu for n, two heads. */
const manyOutputs: TwinCase = {
  id: "rnnoise",
  name: "a net shaped like RNNoise, with two named outputs",
  batchSize: 3,
  sequenceLength: 20,
  network: () => {
    const next = uniform(90);
    const relu = { newActivation: "relu" } as const;
    return defineNetwork({
      layers: [
        randomDense("input_dense", ["input"], [10, 6], "tanh", next),
        randomGru("vad_gru", ["input_dense"], { inputSize: 6, hiddenSize: 5, resetAfter: false, ...relu }, next),
        randomGru(
          "noise_gru",
          ["vad_gru", "input_dense", "input"],
          { inputSize: 21, hiddenSize: 8, resetAfter: false, ...relu },
          next,
        ),
        randomGru(
          "denoise_gru",
          ["vad_gru", "noise_gru", "input"],
          { inputSize: 23, hiddenSize: 9, resetAfter: false, ...relu },
          next,
        ),
        randomDense("gains", ["denoise_gru"], [9, 7], "sigmoid", next),
        randomDense("vad", ["vad_gru"], [5, 1], "sigmoid", next),
      ],
      outputs: ["gains", "vad"],
    });
  },
};

const large: TwinCase[] = [
  {
    // 66 002 rows; WebGPU's default for a dimension of a dispatch is 65 535.
    id: "many-rows",
    name: "more rows than one dispatch may have",
    batchSize: 33_001,
    sequenceLength: 2,
    network: () => {
      const next = uniform(94);
      return defineNetwork({
        layers: [
          randomEmbedding("embedding", [9, 3], next),
          randomGru("gru", ["embedding"], { inputSize: 3, hiddenSize: 2 }, next),
          randomDense("head", ["gru", "embedding"], [5, 3], "sigmoid", next),
        ],
      });
    },
  },
  {
    id: "i4096",
    name: "I=4096",
    batchSize: 1,
    sequenceLength: 2,
    network: () => oneGru(95, { inputSize: 4096, hiddenSize: 3 }),
  },
  {
    id: "b4096",
    name: "B=4096",
    batchSize: 4096,
    sequenceLength: 2,
    network: () => oneGru(96, { inputSize: 2, hiddenSize: 3 }),
  },
  {
    id: "h4096",
    name: "H=4096",
    batchSize: 1,
    sequenceLength: 1,
    network: () => oneGru(97, { inputSize: 1, hiddenSize: 4096 }),
  },
  {
    id: "t100000",
    name: "T=100000",
    batchSize: 1,
    sequenceLength: 100_000,
    network: () => oneGru(98, { inputSize: 2, hiddenSize: 4 }),
  },
];

export const twinCases: readonly TwinCase[] = [
  ...stacks,
  ...fewSteps,
  ...sizes,
  ...heads,
  text,
  ...directions,
  ...forwardLengths,
  ...lastSteps,
  ...activationCases,
  ...storages,
  ...reconverted,
  manyOutputs,
  ...denseCases,
  ...generationCases,
  ...lstmCases,
  ...carryCases,
  ...convCases,
  ...mapCases,
  ...normCases,
  ...poolCases,
  ...rearrangeCases,
  ...reduceCases,
  ...rnnCases,
  ...frameAxesCases,
  ...summaryCases,
  ...topKCases,
  ...large,
];

/** The cases of these ids, in this order. */
export function casesOf(ids: readonly string[]): TwinCase[] {
  return ids.map(twinCase);
}

/** The case of an id. */
export function twinCase(id: string): TwinCase {
  const found = twinCases.find((each) => each.id === id);
  if (found === undefined) throw new Error(`twin cases: there is none of the id "${id}"`);
  return found;
}

function stackOfDirections(seed: number, cell: Pick<GruShape, "direction" | "resetAfter">): Network {
  const next = uniform(seed);
  const width = cell.direction === "bidirectional" ? 12 : 6;
  return defineNetwork({
    layers: [
      randomGru("first", ["input"], { inputSize: 4, hiddenSize: 5 }, next),
      randomGru("second", ["first"], { inputSize: 5, hiddenSize: 6, ...cell }, next),
      randomGru("third", ["second"], { inputSize: width, hiddenSize: 3, direction: "bidirectional" }, next),
      randomDense("head", ["third", "first"], [11, 4], "tanh", next),
    ],
  });
}

function lastStepClassifier(seed: number, shape: GruShape): Network {
  const next = uniform(seed);
  const width = shape.direction === "bidirectional" ? 2 * shape.hiddenSize : shape.hiddenSize;
  return defineNetwork({
    layers: [
      randomEmbedding("embedding", [20, shape.inputSize], next),
      randomGru("gru", ["embedding"], shape, next),
      randomDense("hidden", ["gru"], [width, 5], "relu", next),
      randomDense("classes", ["hidden", "gru"], [width + 5, 3], "softmax", next),
    ],
  });
}
