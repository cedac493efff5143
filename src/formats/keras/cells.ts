// The classes of Keras's recurrent layers, and their cells.

import type { CellPart, PartReader } from "./cellPart.js";
import type { Config } from "./config.js";
import { readCudnnGru, readCudnnLstm } from "./cudnnPart.js";
import { readGruPart } from "./gruPart.js";
import type { NamedTensor } from "./kerasModel.js";
import { readLstmPart } from "./lstmPart.js";
import { readRnnPart } from "./rnnPart.js";

/** How a layer, or its cell, is read, by the layer's class. */
const READERS: ReadonlyMap<string, PartReader> = new Map<string, PartReader>([
  ["GRU", readGruPart],
  ["LSTM", readLstmPart],
  ["SimpleRNN", readRnnPart],
  ["CuDNNGRU", readCudnnGru],
  ["CuDNNLSTM", readCudnnLstm],
]);

/** Classes of layers; RNN is one of a cell. */
export const CELL_LAYERS: readonly string[] = [...READERS.keys(), "RNN"];

/** Classes of layers with a state, which skip masked steps. */
export const RECURRENT_CLASSES: readonly string[] = [...CELL_LAYERS, "Bidirectional"];

const CELLS = ["GRUCell", "LSTMCell", "SimpleRNNCell"];

/** A recurrent layer's class and arguments. */
export interface RecurrentConfig {
  readonly className: string;
  readonly config: Config;
}

/** The layer in a field of a wrapper. @throws GruError `unsupported` for another class */
export function innerLayer(config: Config, field: string): RecurrentConfig {
  return { className: config.object(field).text("class_name"), config: config.inner(field, ...CELL_LAYERS) };
}

/** Reads one direction of a layer. @throws GruError `bad-file`, `shape-mismatch`, `unsupported` */
export function readPart(
  { className, config }: RecurrentConfig,
  tensors: readonly NamedTensor[],
  isKeras3: boolean,
): { part: CellPart; subject: string } {
  if (className !== "RNN") return { part: READERS.get(className)!(config, tensors, isKeras3), subject: config.subject };
  const cell = config.inner("cell", ...CELLS);
  const name = config.object("cell").text("class_name").replace(/Cell$/, "");
  return { part: READERS.get(name)!(cell, tensors, isKeras3), subject: cell.subject };
}
