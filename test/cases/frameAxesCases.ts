// Twin cases of recurrent layers whose frames have rows that share the weights, or steps of their own.

import type { LayerSpec } from "../../src/layers/index.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { withStorage } from "../../src/model/quantize.js";
import {
  type CellType,
  randomArray,
  randomDense,
  randomRecurrent,
  type RecurrentShape,
  randomGru,
  uniform,
} from "./random.js";
import type { TwinCase } from "./twinCase.js";

const oneLayer = (seed: number, type: CellType, shape: RecurrentShape) => (): Network =>
  defineNetwork({ layers: [randomRecurrent(type, "layer", ["input"], shape, uniform(seed))] });

/** Every cell with rows along time, in every direction, with lengths. */
const rows: TwinCase[] = (
  [
    ["gru", { inputSize: 5, hiddenSize: 7, rows: 3 }],
    ["gru", { inputSize: 4, hiddenSize: 8, rows: 3, direction: "bidirectional", resetAfter: false }],
    ["gru", { inputSize: 3, hiddenSize: 5, rows: 2, direction: "reverse" }],
    ["lstm", { inputSize: 5, hiddenSize: 7, rows: 3, direction: "bidirectional" }],
    ["lstm", { inputSize: 6, hiddenSize: 4, rows: 5 }],
    ["rnn", { inputSize: 3, hiddenSize: 6, rows: 4, direction: "bidirectional" }],
  ] as const satisfies [CellType, RecurrentShape][]
).map(([type, shape], i) => ({
  id: `rows-${type}-${i}`,
  name: `rows of a ${type}, R=${shape.rows} H=${shape.hiddenSize}, ${(shape as RecurrentShape).direction ?? "forward"}, lengths`,
  batchSize: 4,
  sequenceLength: 9,
  lengths: [9, 0, 1, 4],
  network: oneLayer(1100 + i, type, shape),
}));

/** Every cell along the steps of a frame: one step, two, many; one row, three; every direction. */
const steps: TwinCase[] = (
  [
    ["gru", { inputSize: 5, hiddenSize: 7, frameSteps: 1 }],
    ["gru", { inputSize: 3, hiddenSize: 5, frameSteps: 2, rows: 3, direction: "reverse", resetAfter: false }],
    ["gru", { inputSize: 8, hiddenSize: 4, frameSteps: 33, direction: "bidirectional" }],
    ["gru", { inputSize: 3, hiddenSize: 9, frameSteps: 7, rows: 2, direction: "bidirectional", resetAfter: false }],
    ["lstm", { inputSize: 5, hiddenSize: 7, frameSteps: 4, rows: 3, direction: "bidirectional" }],
    ["lstm", { inputSize: 2, hiddenSize: 4, frameSteps: 33 }],
    ["rnn", { inputSize: 3, hiddenSize: 6, frameSteps: 5, rows: 2, direction: "reverse" }],
  ] as const satisfies [CellType, RecurrentShape][]
).map(([type, shape], i) => ({
  id: `steps-${type}-${i}`,
  name: `a ${type} along each frame, S=${shape.frameSteps} H=${shape.hiddenSize}, ${(shape as RecurrentShape).direction ?? "forward"}`,
  batchSize: 3,
  sequenceLength: 4,
  lengths: [2, 4, 0],
  network: oneLayer(1120 + i, type, shape),
}));

/** Every cell along frames of several steps that go on: one row, three; one chunk and several. */
const goingOn: TwinCase[] = (
  [
    ["gru", { inputSize: 5, hiddenSize: 7, frameSteps: 3 }],
    ["gru", { inputSize: 4, hiddenSize: 8, frameSteps: 2, rows: 3, resetAfter: false }],
    ["lstm", { inputSize: 5, hiddenSize: 6, frameSteps: 4, rows: 2 }],
    ["lstm", { inputSize: 3, hiddenSize: 8, frameSteps: 33 }],
    ["rnn", { inputSize: 3, hiddenSize: 5, frameSteps: 1, rows: 2 }],
  ] as const satisfies [CellType, RecurrentShape][]
).map(([type, shape], i) => ({
  id: `going-on-${type}-${i}`,
  name: `frames of a ${type} that go on, S=${shape.frameSteps} H=${shape.hiddenSize}, lengths`,
  batchSize: 4,
  sequenceLength: 7,
  lengths: [7, 0, 1, 4],
  network: oneLayer(1150 + i, type, { ...shape, keepsState: true }),
}));

/** A dual-path network: along each frame in both directions, then along time with a state for each row. */
function dualPath(seed: number, [cell, other]: [CellType, CellType]): Network {
  const next = uniform(seed);
  const frame = { frameSteps: 11, inputSize: 4, hiddenSize: 4, direction: "bidirectional" } as const;
  return defineNetwork({
    layers: [
      randomDense("front", ["input"], [9, 44], "tanh", next),
      randomRecurrent(cell, "intra", ["front"], frame, next),
      randomRecurrent(other, "inter", ["intra"], { rows: 11, inputSize: 8, hiddenSize: 8 }, next),
      randomGru("after", ["inter", "front"], { inputSize: 132, hiddenSize: 5 }, next),
      randomRecurrent("gru", "tail", ["inter"], { ...frame, inputSize: 8, hiddenSize: 3 }, next),
    ],
    outputs: ["tail", "after"],
  });
}

export const frameAxesCases: readonly TwinCase[] = [
  ...rows,
  ...steps,
  ...goingOn,
  {
    id: "going-on-submits",
    name: "frames of an lstm that go on, S=2 H=65, more arithmetic than one submit, from a state of its own",
    batchSize: 2,
    sequenceLength: 150,
    network: () => {
      const next = uniform(1160);
      const shape = { inputSize: 70, hiddenSize: 65, frameSteps: 2, rows: 3, keepsState: true };
      const layer = randomRecurrent("lstm", "layer", ["input"], shape, next);
      const own = { initialState: randomArray(195, next), initialCell: randomArray(195, next) };
      return defineNetwork({ layers: [{ ...layer, ...own } as LayerSpec] });
    },
  },
  {
    id: "rows-long",
    name: "rows of a gru, R=33 H=16, more steps than one chunk, in place",
    batchSize: 1,
    sequenceLength: 70,
    network: oneLayer(1140, "gru", { inputSize: 16, hiddenSize: 16, rows: 33 }),
  },
  {
    id: "rows-submits",
    name: "rows of an lstm, R=3 H=65, more arithmetic than one submit",
    batchSize: 2,
    sequenceLength: 300,
    network: oneLayer(1149, "lstm", { inputSize: 70, hiddenSize: 65, rows: 3 }),
  },
  {
    id: "steps-many",
    name: "a gru along each frame, more frames than go together",
    batchSize: 5,
    sequenceLength: 30,
    network: oneLayer(1141, "gru", { inputSize: 3, hiddenSize: 6, frameSteps: 33, direction: "bidirectional" }),
  },
  {
    id: "steps-split",
    name: "an lstm along each frame, S=410 H=130, more steps than one dispatch has",
    batchSize: 1,
    sequenceLength: 2,
    network: oneLayer(1148, "lstm", { inputSize: 5, hiddenSize: 130, frameSteps: 410, direction: "bidirectional" }),
  },
  {
    id: "frame-axes-gates",
    name: "rows of an lstm and of a gru, other gates and a clip",
    batchSize: 2,
    sequenceLength: 5,
    network: () => {
      const next = uniform(1142);
      const gates = { clip: 0.4, gateActivation: "hardSigmoid" } as const;
      const first = randomRecurrent(
        "lstm",
        "first",
        ["input"],
        { inputSize: 3, hiddenSize: 5, rows: 2, ...gates },
        next,
      );
      const second = { inputSize: 5, hiddenSize: 3, frameSteps: 2, ...gates };
      return defineNetwork({ layers: [first, randomRecurrent("gru", "second", ["first"], second, next)] });
    },
  },
  {
    id: "dual-path",
    name: "a dual-path network of GRUs",
    batchSize: 2,
    sequenceLength: 6,
    network: () => dualPath(1143, ["gru", "gru"]),
  },
  {
    id: "dual-path-last",
    name: "the last step of a dual-path network",
    batchSize: 3,
    sequenceLength: 6,
    lengths: [6, 2, 1],
    returnSequences: false,
    network: () => dualPath(1144, ["rnn", "lstm"]),
  },
  ...(["f16", "int8"] as const).map((storage) => ({
    id: `dual-path-${storage}`,
    name: `a dual-path network in ${storage}`,
    batchSize: 2,
    sequenceLength: 3,
    network: () => withStorage(dualPath(1145, ["lstm", "gru"]), storage),
  })),
  {
    id: "rows-last",
    name: "the last step of rows in both directions, and of frames",
    batchSize: 3,
    sequenceLength: 5,
    lengths: [5, 1, 3],
    network: () => {
      const next = uniform(1147);
      const both = { rows: 3, direction: "bidirectional", returnSequences: false } as const;
      const frames = { frameSteps: 3, direction: "reverse", returnSequences: false } as const;
      const layers = [
        randomRecurrent("gru", "rows", ["input"], { inputSize: 2, hiddenSize: 3, ...both }, next),
        randomRecurrent("lstm", "frames", ["input"], { inputSize: 2, hiddenSize: 4, ...frames }, next),
        randomDense("head", ["rows", "frames"], [30, 4], "tanh", next),
      ];
      return defineNetwork({ layers, outputs: ["head", "rows", "frames"] });
    },
  },
  {
    id: "frame-axes-initial",
    name: "rows and frames that begin with states of their own",
    batchSize: 2,
    sequenceLength: 4,
    network: () => {
      const next = uniform(1146);
      const inRows = randomRecurrent("gru", "rows", ["input"], { inputSize: 3, hiddenSize: 5, rows: 2 }, next);
      const along = { inputSize: 5, hiddenSize: 3, frameSteps: 2, direction: "bidirectional" } as const;
      const inFrames = randomRecurrent("rnn", "frames", ["rows"], along, next);
      return defineNetwork({
        layers: [
          { ...inRows, initialState: randomArray(10, next) } as LayerSpec,
          { ...inFrames, initialState: randomArray(6, next) } as LayerSpec,
        ],
      });
    },
  },
];
