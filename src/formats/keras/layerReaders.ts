// The classes of Keras's layers that can be read, and how. A class is never looked up by its name anywhere else.

import { readActivation, readFunction, readPrelu } from "./activationLayers.js";
import { RECURRENT_CLASSES } from "./cells.js";
import { readConv, readDepthwise, readSeparable, readTransposed } from "./convLayers.js";
import { readDense } from "./denseLayers.js";
import { readEmbedding } from "./embeddingLayers.js";
import { LAYER_FUNCTIONS } from "./kerasActivation.js";
import type { LayerReader } from "./layerCall.js";
import { readMasking } from "./maskLayers.js";
import { readConcatenate, readMerge } from "./mergeLayers.js";
import { readCropping, readPadding, readUpSampling } from "./moveLayers.js";
import { readBatchNorm, readLayerNorm } from "./normLayers.js";
import { readPool } from "./poolLayers.js";
import { readRecurrent } from "./readRecurrent.js";
import { readGlobalPool } from "./summaryLayers.js";
import { readFlatten, readPermute, readReshape } from "./shapeLayers.js";

const readInput: LayerReader = ({ builder, name }) => builder.inputs.get(name)!;
const pass: LayerReader = ({ input }) => input;

/** Classes that change nothing in inference. */
const NOTHING = [
  "ActivityRegularization",
  "AlphaDropout",
  "Dropout",
  "GaussianDropout",
  "GaussianNoise",
  "Identity",
  "SpatialDropout1D",
  "SpatialDropout2D",
];

const CONVOLUTIONS: readonly (readonly [string, (numAxes: 1 | 2) => LayerReader])[] = [
  ["Conv#D", readConv],
  ["DepthwiseConv#D", readDepthwise],
  ["SeparableConv#D", readSeparable],
  ["Conv#DTranspose", readTransposed],
  ["MaxPooling#D", (numAxes) => readPool("max", numAxes)],
  ["AveragePooling#D", (numAxes) => readPool("average", numAxes)],
];

const ALONG_AXES: typeof CONVOLUTIONS = [
  ...CONVOLUTIONS,
  ["GlobalMaxPooling#D", (numAxes) => readGlobalPool("max", numAxes)],
  ["GlobalAveragePooling#D", (numAxes) => readGlobalPool("mean", numAxes)],
  ["ZeroPadding#D", readPadding],
  ["Cropping#D", readCropping],
  ["UpSampling#D", readUpSampling],
];

/** Both classes of a pattern: Conv1D and Conv2D. */
function both(pattern: string): [string, 1 | 2][] {
  return ([1, 2] as const).map((numAxes) => [pattern.replace("#", `${numAxes}`), numAxes]);
}

/** Classes whose windows may cover steps of zeros before and after a sequence. */
export const WINDOW_CLASSES: readonly string[] = CONVOLUTIONS.slice(0, 3).flatMap(([pattern]) =>
  both(pattern).map(([name]) => name),
);

/** The reader of each class. */
export const READERS: ReadonlyMap<string, LayerReader> = new Map<string, LayerReader>([
  ["InputLayer", readInput],
  ["Embedding", readEmbedding],
  ...RECURRENT_CLASSES.map((name) => [name, readRecurrent] as const),
  ["Dense", readDense],
  ["Activation", readActivation],
  ...[...LAYER_FUNCTIONS.keys()].map((name) => [name, readFunction] as const),
  ["PReLU", readPrelu],
  ...ALONG_AXES.flatMap(([pattern, read]) => both(pattern).map(([name, numAxes]) => [name, read(numAxes)] as const)),
  ["BatchNormalization", readBatchNorm],
  ["LayerNormalization", readLayerNorm],
  ["Flatten", readFlatten],
  ["Reshape", readReshape],
  ["Permute", readPermute],
  ...NOTHING.map((name) => [name, pass] as const),
  ["Masking", readMasking],
  ["Concatenate", readConcatenate],
  ["Add", readMerge("add")],
  ["Subtract", readMerge("subtract")],
  ["Multiply", readMerge("multiply")],
  ["Maximum", readMerge("maximum")],
  ["Minimum", readMerge("minimum")],
  ["Average", readMerge("add", { isMean: true })],
  ["NotEqual", pass], // Keras 3's form of the mask of an embedding
]);

/** Layers that give their input, and its mask, as they are. */
export const PASSING_CLASSES: readonly string[] = NOTHING;

/** Names of all classes that can be read, and of the wrapper and models around them. */
export const CLASS_NAMES: readonly string[] = [...READERS.keys(), "TimeDistributed", "Sequential", "Functional"];
