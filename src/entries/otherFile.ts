// Messages for files that are not models, or models that webgru does not read: the kind of file, by its first bytes, and the way
// out. The main file fetches this one when it meets such a file.

import { GruError, type GruErrorCode } from "../errors.js";
import { TORCH_NAME } from "../formats/modelFile.js";
import { MAX_NESTED, numNested } from "../formats/nesting.js";
import { quote } from "../formats/quote.js";
import { quoteText } from "../model/valueKind.js";

/** The first bytes of a kind of file, its name, and what to do. `$1` is the match of the first group. */
type Kind = readonly [begins: RegExp | readonly string[], what: string, wayOut: string];

const EXPORT = "load the PyTorch, Keras or ONNX model that it was made of";
const UNPACK = "unpack it first";
const PICKLED = "only Python can read it: save a network's weights by torch.save, safetensors or numpy.savez";

/** Files that are not models, or packed ones. */
const NO_MODELS: readonly Kind[] = [
  [
    /^version https:\/\/git-lfs[^]*?(?:size (\d+))?\s*$/,
    "a Git LFS pointer, which stands for a file of $1 bytes",
    "run `git lfs pull` where it is served from, or take the file from its download address",
  ],
  [
    /^\s*(?:<!doctype html|<html|<head|<body)/i,
    "a page in HTML",
    "is the URL right? Servers of apps give their page for any",
  ],
  [
    ["\x1f\x8b"],
    "bytes compressed by gzip",
    "unpack them (gunzip), or have the server say Content-Encoding: gzip; a page can pass new Response(" +
      'response.body.pipeThrough(new DecompressionStream("gzip")))',
  ],
  [["x\x01", "x\x5e", "x\x9c", "x\xda"], "bytes compressed by zlib, perhaps a joblib pickle", PICKLED],
  [/^ZF0x/, "an old joblib pickle", PICKLED],
  [/^BZh/, "bytes compressed by bzip2", UNPACK],
  [["\xfd7zXZ", "\x5d\0\0"], "bytes compressed by xz", UNPACK],
  [["\x28\xb5\x2f\xfd"], "bytes compressed by zstd", UNPACK],
  [["\x04\x22\x4d\x18"], "bytes compressed by lz4", UNPACK],
  [/^(?:7z\xbc\xaf|Rar!)/, "an archive", UNPACK],
  [/^[^]{257}ustar/, "a tar archive", UNPACK],
  [["PK\x05\x06"], "an empty zip archive", UNPACK],
  [
    ["%PDF", "\x89PNG", "\xff\xd8\xff", "GIF8", "RIFF", "\x7fELF"],
    "a document, a picture, a sound or a program",
    "is the path right?",
  ],
];

/** Models of other frameworks. */
const MODELS: readonly Kind[] = [
  [
    /^[^]{4}TFL3/,
    "a TensorFlow Lite (LiteRT) model",
    "load the Keras .h5 or .keras, or the ONNX model, that it was converted from",
  ],
  [/^[^]{4}ORTM/, "ONNX Runtime's own format (.ort)", "load the .onnx file that it was converted from"],
  [/^(?:GGUF|lmgg|tjgg|fmgg)/, "a GGUF or GGML file", EXPORT],
  [
    ["\0".repeat(20)],
    "zeros, as PaddlePaddle's parameters begin",
    "convert the model by paddle2onnx; a file of zeros was not written whole",
  ],
  [/^7767517\s/, "an ncnn network", EXPORT],
  [/^<\?xml[^]*?<net\b/, "OpenVINO's description of a network", EXPORT],
  [/^<\?xml[^]*?<Error>[^]*?<Code>(\w+)/, "a storage server's error $1", "is the URL right, and may the page read it?"],
  [/^\s*<[?!\w]/, "a page in XML or HTML", "is the URL right?"],
  [/^\x93NUMPY/, "one NumPy array (.npy)", "save all arrays in one file by numpy.savez(path, **arrays)"],
  [/^MATLAB/, "a MATLAB file", EXPORT],
  [
    /^(?:\(?[dl]p\d+\n|\(?c[\w.]+\n\w+\n|\((?:dp|lp|i)[\w.]*\n)/,
    "a pickle of protocol 0",
    "save it by torch.save, or with protocol 2 or later",
  ],
  [/^\x80[^]*?(joblib|sklearn|xgboost|lightgbm|pandas)\b/, "a pickle of $1's", PICKLED],
];

/** Kinds of JSON files, by keys that they have; the first match counts. */
const JSON_KINDS: readonly (readonly [keys: readonly string[], what: string, wayOut: string])[] = [
  [["weight_map"], "the list of the parts of a safetensors model", "load a model of one part"],
  [
    ["class_name", "config"],
    "the layers of a Keras model without its weights",
    'save the whole by model.save("model.keras")',
  ],
  [
    ["format", "modelTopology"],
    "a TF.js graph model",
    "convert the Keras model by tensorflowjs_converter --output_format=tfjs_layers_model, or load it itself",
  ],
  [["layers"], "a list of layers", "webgru's own is an option, description, beside a file of weights"],
  [
    ["architectures"],
    "a Hugging Face configuration",
    "the weights are in another file beside it, model.safetensors say",
  ],
];

/** Keys of a server's answer that says why there is no file. */
const ANSWER_NAMES = ["error", "errors", "Error", "message", "Message", "detail"];

/** Bytes of the start to match: a pickle's names come early. */
const MAX_START = 4096;
/** Largest JSON file to parse for its keys; TF.js's and RTNeural's models are smaller. */
const MAX_JSON_BYTES = 2 ** 23;
const MAX_NAMES = 8;

/**
 * An error that names the kind of a file.
 *
 * @param refusal the error of the reader that tried the file; null if no reader did
 * @returns null if the reader's error says more
 */
export function refuseOther(bytes: Uint8Array, refusal: GruError | null): GruError | null {
  const start = String.fromCharCode(...bytes.subarray(0, MAX_START));
  if (start[8] === "{" && refusal !== null) return null; // safetensors: the 8 bytes before are a length, of any value
  const none = match(NO_MODELS, start);
  if (none !== null) return refuse("bad-file", ...none);
  const other = match(MODELS, start) ?? describeProtobuf(bytes) ?? describeJson(bytes, start);
  if (other !== null) return refuse("unsupported", ...other);
  return refusal === null ? refuse("bad-file", describeBytes(bytes, start)) : null;
}

function refuse(code: GruErrorCode, what: string, wayOut?: string): GruError {
  return new GruError(code, `model: expected a model file, got ${what}${wayOut === undefined ? "" : `; ${wayOut}`}`);
}

type Described = readonly [what: string, wayOut: string];

function match(kinds: readonly Kind[], start: string): Described | null {
  for (const [begins, what, wayOut] of kinds) {
    const found = begins instanceof RegExp ? begins.exec(start) : begins.some((text) => start.startsWith(text)) && [];
    if (found) return [what.replace("$1", found[1] ?? "some"), wayOut];
  }
  return null;
}

/** Other models in protobuf, by the numbers of their fields. */
function describeProtobuf(bytes: Uint8Array): Described | null {
  const fields = fieldsOf(bytes);
  const [first] = fields;
  if (first === undefined) return null;
  const has = (number: number) => fields.some((field) => field.number === number);
  if (first.number === 1 && first.bytes !== null) {
    const inner = fieldsOf(first.bytes);
    const numbers = inner.map(({ number }) => number).join();
    // NodeDef: a name, an operator. BlockDesc: an index, a parent, variables.
    if (inner[0]?.bytes === null) {
      return numbers.startsWith("1,2,3") ? ["a PaddlePaddle program", "convert it by paddle2onnx"] : null;
    }
    const wayOut = "save the Keras model by model.save, or convert this one by tf2onnx";
    return /^1,2(,[3-6])*$/.test(numbers) ? ["a TensorFlow graph (a frozen GraphDef, say)", wayOut] : null;
  }
  // An ONNX model begins with a version too; its graph is field 7.
  if (first.number !== 1 || has(7)) return null;
  // The fields of a Core ML model from 200 on are its kinds: apple/coremltools, mlmodel/format/Model.proto
  if (fields.some(({ number }) => number >= 200)) return ["a Core ML model", EXPORT];
  const isSavedModel = fields.length > 1 && fields.slice(1).every(({ number }) => number === 2) && bytes[1] === 1;
  return isSavedModel
    ? ["a TensorFlow SavedModel", 'save the Keras model by model.save("model.keras"), or convert this one by tf2onnx']
    : null;
}

interface ProtobufField {
  readonly number: number;
  /** Null for a number. */
  readonly bytes: Uint8Array | null;
}

/** Fields to read: a Core ML model has four; a graph repeats one field many times. */
const MAX_FIELDS = 16;

/** The first fields of a protobuf message; arbitrary fields for other bytes. */
function fieldsOf(message: Uint8Array): ProtobufField[] {
  const fields: ProtobufField[] = [];
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      value += (message[at]! & 127) * factor;
      if (message[at++]! < 128) return value;
    }
    return Number.NaN;
  };
  while (fields.length < MAX_FIELDS && at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) varint();
    else at += FIXED_BYTES.get(tag % 8) ?? 0;
    if (tag % 8 !== LENGTH_DELIMITED) fields.push({ number, bytes: null });
    else {
      const length = varint();
      fields.push({ number, bytes: message.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

/** The wire type of a length followed by bytes. */
const LENGTH_DELIMITED = 2;
/** Sizes in bytes of the wire types of fixed size. */
const FIXED_BYTES = new Map([
  [1, 8],
  [5, 4],
]);

function describeJson(bytes: Uint8Array, start: string): Described | null {
  if (!/^(\xef\xbb\xbf)?\s*[[{]/.test(start) || bytes.length > MAX_JSON_BYTES) return null;
  const text = new TextDecoder().decode(bytes);
  if (numNested(text) > MAX_NESTED) return null; // parsing it could overflow the stack
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const names = Object.keys(json as object);
  const isGraph = (json as { format?: unknown }).format === "graph-model";
  const known = JSON_KINDS.find(([keys]) => keys.every((key) => names.includes(key)));
  if (names.includes("modelTopology") && !isGraph) return null;
  if (names.includes("in_shape") || names.includes("model_data")) return null; // its reader's error says more
  if (known !== undefined) return [known[1], known[2]];
  if (names.some((name) => TORCH_NAME.test(name))) {
    return ["a PyTorch state_dict as JSON", "save it by torch.save or safetensors.torch.save_file"];
  }
  if (!Array.isArray(json) && names.some((name) => ANSWER_NAMES.includes(name))) {
    return [`a server's answer in JSON, ${quote(json)}`, "is the URL right, and may the file be read?"];
  }
  const keys = names.slice(0, MAX_NAMES).map(quoteText).join(", ");
  const rest = names.length > MAX_NAMES ? ` and ${names.length - MAX_NAMES} more` : "";
  const what = Array.isArray(json) ? "a list in JSON" : `JSON with the keys ${keys || "of none"}${rest}`;
  return [what, "the only JSON that is a model is TF.js's model.json, with modelTopology and weightsManifest"];
}

function describeBytes(bytes: Uint8Array, start: string): string {
  const size = `${bytes.length} bytes`;
  if (start.startsWith("PK\x03\x04")) {
    const name = start.slice(30, 30 + start.charCodeAt(26));
    return `a zip archive that begins with ${quoteText(name)}; unpack it, or is it another program's model?`;
  }
  const text = new TextDecoder().decode(bytes.subarray(0, 200));
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\s]*$/u.test(text) && !text.includes("\ufffd")) {
    return `text of ${size} that begins ${quoteText(text.trim())}`;
  }
  const hex = [...bytes.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${size} that begin ${hex}`;
}
