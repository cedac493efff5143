import { GruError } from "../errors.js";
import type { NetworkDescription } from "../formats/description.js";
import { bytesIn, type ModelFiles } from "../formats/fileContents.js";
import { describedIn, parseModelFile } from "../formats/modelFile.js";
import { isSafetensors, parseSafetensors } from "../formats/safetensors.js";
import type { Network } from "../model/network.js";
import { describeValue } from "../model/valueKind.js";

/** A Keras model's configuration, as `model.to_json()` has it. */
export interface KerasArchitecture {
  readonly class_name: string;
  readonly config: unknown;
}

/** Options for files that do not say everything themselves. */
export interface ParseModelOptions {
  /**
   * The layer list. It takes precedence over the file's own. For an HDF5 file of Keras's weights alone also the architecture, which
   * is JSON.parse of `model.to_json()`.
   */
  readonly description?: NetworkDescription | KerasArchitecture | undefined;
  /** ONNX: `linear_before_reset` of every GRU, in place of the file's. PyTorch's newer exporter leaves it out. */
  readonly linearBeforeReset?: boolean | undefined;
  /** ONNX: values of graph inputs that are the same in every step, such as a sampling rate: `{ sr: 16000 }`. */
  readonly constants?: Readonly<Record<string, number | ArrayLike<number>>> | undefined;
  /** ONNX: shapes of graph inputs whose axes the file leaves open: `{ input: [1, 512] }`. Null leaves an axis open. */
  readonly inputShapes?: Readonly<Record<string, readonly (number | null)[]>> | undefined;
  /** ONNX: the graph output that is a state input's next value, by the input's name: `{ h: "hn" }`. */
  readonly states?: Readonly<Record<string, string>> | undefined;
  /**
   * Keras: which part to read of a graph for training, in which a recurrent layer, the decoder's, begins with the states of another,
   * the encoder's.
   */
  readonly part?: "encoder" | "decoder" | undefined;
  /**
   * The other files of a model in several files (TF.js, ONNX with external data), by name: a Map, an object, a list of Files,
   * or a function that fetches one.
   */
  readonly files?: ModelFiles | undefined;
}

/** The start of an object in JSON, perhaps after a byte order mark. */
const JSON_START = /^(\xef\xbb\xbf)?\s*{/;

/** The first byte of a ModelProto: the tag of its field 1, `ir_version`. */
const ONNX_START = 0x08;

/**
 * Reads a model file. The reader of another format than webgru's is fetched when a file needs it.
 *
 * @param source bytes in memory
 * @param mayKeep whether the weights may stay in the memory of `source` and of `files`, which halves the memory that loading
 *   takes: the caller must neither read nor change it afterwards
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`
 */
export async function parseModel(
  source: ArrayBufferLike | ArrayBufferView,
  options: ParseModelOptions = {},
  mayKeep = false,
): Promise<Network> {
  const bytes = bytesIn(source);
  if (bytes === null || bytes.length === 0) {
    const got = bytes === null ? describeValue(source) : "an empty file";
    throw new GruError("bad-file", `model: expected a model file, got ${got}`);
  }
  checkParseOptions(options);
  let refusal: GruError | null = null;
  try {
    const network = await parseBytes(bytes, options, mayKeep);
    if (network !== null) return network;
  } catch (error) {
    if (!(error instanceof GruError)) throw error;
    refusal = error; // the reader may be the wrong one: other formats begin with the same bytes
  }
  const otherFile = await import("../entries/otherFile.js").catch(() => null);
  throw (
    otherFile?.refuseOther(bytes, refusal) ??
    refusal ??
    new GruError("bad-file", `model: expected a model file, got ${bytes.length} other bytes`)
  );
}

function checkParseOptions({ description, linearBeforeReset, files, part }: ParseModelOptions): void {
  if (description !== undefined && describeValue(description) !== "an object") {
    refuse("description: expected an object with the layer list (JSON.parse gives it)", description);
  }
  if (linearBeforeReset !== undefined && typeof linearBeforeReset !== "boolean") {
    refuse("linearBeforeReset: expected true or false", linearBeforeReset);
  }
  if (part !== undefined && part !== "encoder" && part !== "decoder") {
    refuse('part: expected "encoder" or "decoder"', part);
  }
  if (files === null || !["undefined", "function", "object"].includes(typeof files)) {
    refuse("files: expected a Map by name, an object, a list of Files or a function", files);
  }
}

function refuse(expected: string, got: unknown): never {
  throw new GruError("unsupported", `${expected}, got ${describeValue(got)}`);
}

/** @returns null for a file that no reader recognises */
async function parseBytes(
  bytes: Uint8Array,
  { description: described, files, linearBeforeReset, constants, inputShapes, states, part }: ParseModelOptions,
  mayKeep: boolean,
): Promise<Network | null> {
  const description = described as NetworkDescription | undefined; // its reader checks it
  if (isSafetensors(bytes)) {
    const file = parseSafetensors(bytes, mayKeep);
    const network = parseModelFile(file, description);
    if (network !== null) return network;
    const { networkFromSafetensors } = await fetchReader(import("../entries/torch.js"));
    return networkFromSafetensors(file, describedIn(file, description));
  }
  if (bytes[0] === ONNX_START) {
    const { loadOnnx } = await fetchReader(import("../entries/onnx.js"));
    return loadOnnx(bytes, { description, files, linearBeforeReset, constants, inputShapes, states }, mayKeep);
  }
  const start = textOf(bytes.subarray(0, 300));
  if (/^(rnnoise-|DNNw)/.test(start) || isAudioJson(bytes, start)) {
    return (await fetchReader(import("../entries/audio.js"))).parseAudio(bytes);
  }
  // HDF5, JSON, or a zip whose first entry is one of Keras's.
  if (/^(\x89HDF|(\xef\xbb\xbf)?\s*{|PK.{28}(metadata|config|model\.weights)\.)/s.test(start)) {
    return (await fetchReader(import("../entries/keras.js"))).parseKeras(bytes, { description, files, part }, mayKeep);
  }
  // torch.save writes a zip with a folder, numpy.savez one of arrays.
  const firstEntry = start.startsWith("PK") ? start.slice(30, 30 + bytes[26]!) : "";
  if (firstEntry.endsWith(".npy"))
    return (await fetchReader(import("../entries/npz.js"))).parseNpz(bytes, description, mayKeep);
  if (firstEntry.includes("/") || start.startsWith("\x80")) {
    return (await fetchReader(import("../entries/torch.js"))).parseTorch(bytes, description, mayKeep);
  }
  return null;
}

/** Whether it is RTNeural's or GuitarML's JSON, by their keys, which may be anywhere; TF.js's has another at the same level. */
function isAudioJson(bytes: Uint8Array, start: string): boolean {
  if (!JSON_START.test(start)) return false;
  const text = new TextDecoder().decode(bytes);
  return /"(in_shape|model_data)"\s*:/.test(text) && !text.includes('"modelTopology"');
}

/** A format's reader, which is a file beside the main one. */
async function fetchReader<Reader>(reader: Promise<Reader>): Promise<Reader> {
  return reader.catch((cause: unknown) => {
    const message = `model: expected the reader of its format in the folder of webgru's main file, got ${String(cause)}`;
    throw new GruError("unsupported", message, { cause });
  });
}

/** Bytes as a text, one character for each byte. */
function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
