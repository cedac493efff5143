import { open, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { GruError, type Network, type NetworkDescription, parseModel } from "../index.js";
import { UsageError } from "./command.js";
import { Progress } from "./progress.js";

/** Bytes to read at once: few enough that Ctrl-C works between two reads. */
const CHUNK_BYTES = 2 ** 22;

/** Options of every command that reads a model. */
export const MODEL_OPTIONS = {
  description: { type: "string" },
  "linear-before-reset": { type: "boolean" },
  constant: { type: "string", multiple: true },
  "input-shape": { type: "string", multiple: true },
  state: { type: "string", multiple: true },
  part: { type: "string" },
} as const;

/** Help for `MODEL_OPTIONS`. */
export const MODEL_HELP = `  --description FILE  the layer list as JSON, where the file does not say how layers are wired
  --linear-before-reset
                      ONNX: reads every GRU with this attribute, which PyTorch's newer exporter leaves out
  --constant NAME=NUMBER
                      ONNX: the value of a graph input that is the same in every step; NUMBER,NUMBER for several
  --input-shape NAME=SIZE,SIZE
                      ONNX: the shape of a graph input that the file leaves open; ? for an axis that stays open
  --state INPUT=OUTPUT
                      ONNX: the graph output that is a state input's next value
  --part encoder|decoder
                      Keras: the part to read of a graph for training, where one layer begins with another's states`;

/** Values of `MODEL_OPTIONS`. */
export interface ModelValues {
  /** Path of the layer list, in JSON. */
  readonly description?: string | undefined;
  readonly "linear-before-reset"?: boolean | undefined;
  readonly constant?: readonly string[] | undefined;
  readonly "input-shape"?: readonly string[] | undefined;
  readonly state?: readonly string[] | undefined;
  readonly part?: string | undefined;
}

/** A model's file and its network. */
export interface ModelFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** The first bytes, for `describeSource`. */
  readonly start: Uint8Array;
  readonly network: Network;
}

/** Reads a model file, and the files that it names, from its folder. */
export async function readModel(path: string, values: ModelValues): Promise<ModelFile> {
  const bytes = await readBytes(path);
  const description = values.description === undefined ? undefined : await readDescription(values.description);
  const linearBeforeReset = values["linear-before-reset"];
  const constants = takeNumbers("constant", values.constant, takeNumber);
  const inputShapes = takeNumbers("input-shape", values["input-shape"], (text) =>
    text === "?" ? null : takeNumber(text),
  );
  const states = takeStates(values.state);
  const part = values.part as "encoder" | "decoder" | undefined; // parseModel checks it
  const files = (name: string) => readBytes(join(dirname(path), name));
  const start = bytes.slice(0, 4096);
  const network = await parseModel(
    bytes,
    { description, files, linearBeforeReset, constants, inputShapes, states, part },
    true,
  );
  return { path, sizeBytes: bytes.length, start, network };
}

/** Numbers by name, of options such as `--constant sr=16000`. @param take NaN where the text is no number */
function takeNumbers<T>(option: string, texts: readonly string[] | undefined, take: (text: string) => T) {
  const entries = texts?.map((text): [string, T[]] => {
    const end = text.lastIndexOf("=");
    const numbers = text
      .slice(end + 1)
      .split(",")
      .map(take);
    if (end > 0 && !numbers.some(Number.isNaN)) return [text.slice(0, end), numbers];
    throw new UsageError(`--${option}: expected NAME=NUMBER, or NAME=NUMBER,NUMBER, got ${text}`);
  });
  return entries && Object.fromEntries(entries);
}

/** Graph outputs by input, of `--state h=hn`. */
function takeStates(texts: readonly string[] | undefined): Record<string, string> | undefined {
  const entries = texts?.map((text): [string, string] => {
    const end = text.indexOf("=");
    if (end > 0) return [text.slice(0, end), text.slice(end + 1)];
    throw new UsageError(`--state: expected INPUT=OUTPUT, got ${text}`);
  });
  return entries && Object.fromEntries(entries);
}

const takeNumber = (text: string) => (text.trim() === "" ? NaN : Number(text));

/** The bytes of a file. */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path);
  try {
    const stats = await file.stat();
    const { size } = stats;
    // While a read waits for a pipe, Ctrl-C would not end the program.
    const isStream = stats.isFIFO() || stats.isSocket() || stats.isCharacterDevice();
    if (isStream) throw new GruError("bad-file", `${path}: expected a file, got a pipe or a device; save it first`);
    const bytes = new Uint8Array(size);
    const progress = new Progress(`reading ${path}`, size);
    for (let start = 0; start < size;) {
      const { bytesRead } = await file.read(bytes, start, Math.min(CHUNK_BYTES, size - start), start);
      if (bytesRead === 0) throw new GruError("bad-file", `${path}: expected ${size} bytes, got ${start}`);
      start += bytesRead;
      progress.at(start);
    }
    return bytes;
  } finally {
    await file.close();
  }
}

/** A layer list in JSON, which `parseModel` checks. */
export async function readDescription(path: string): Promise<NetworkDescription> {
  const text = await readFile(path, "utf8");
  try {
    return JSON.parse(text) as NetworkDescription;
  } catch (cause) {
    throw new GruError("bad-file", `${path}: expected a layer list in JSON, got ${String(cause)}`, { cause });
  }
}
