// The classes of Keras's layers that can be read, and how. A class is never looked up by its name anywhere else.

import { readActivation } from "./activationLayers.js";
import { CELL_LAYERS } from "./cells.js";
import { readDense, readEmbedding } from "./denseLayers.js";
import type { LayerReader } from "./layerCall.js";
import { readMasking } from "./maskLayers.js";
import { readConcatenate, readMerge } from "./mergeLayers.js";
import { readRecurrent } from "./readRecurrent.js";

const readInput: LayerReader = ({ builder }) => builder.input;
const pass: LayerReader = ({ input }) => input;

/** Classes that change nothing in inference. */
const NOTHING = ["Dropout", "SpatialDropout1D"];

/** Layers that skip masked steps. */
export const RECURRENT_CLASSES: readonly string[] = [...CELL_LAYERS, "Bidirectional"];

/** The reader of each class. */
export const READERS: ReadonlyMap<string, LayerReader> = new Map<string, LayerReader>([
  ["InputLayer", readInput],
  ["Embedding", readEmbedding],
  ...RECURRENT_CLASSES.map((name) => [name, readRecurrent] as const),
  ["Dense", readDense],
  ["Activation", readActivation],
  ...NOTHING.map((name) => [name, pass] as const),
  ["Masking", readMasking],
  ["Concatenate", readConcatenate],
  ["Add", readMerge("sum")],
  ["Average", readMerge("ave")],
  ["Multiply", readMerge("mul")],
  ["NotEqual", pass], // Keras 3's form of the mask of an embedding
]);

/** Layers that give their input, and its mask, as they are. */
export const PASSING_CLASSES: readonly string[] = NOTHING;

/** Names of all classes that can be read, and of the wrapper and models around them. */
export const CLASS_NAMES: readonly string[] = [...READERS.keys(), "TimeDistributed", "Sequential", "Functional"];
