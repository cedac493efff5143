import { renameSync, rmSync, writeFileSync } from "node:fs";
import { writeOnnx } from "../entries/onnxWriter.js";
import { writeSafetensors } from "../entries/safetensors.js";
import { cleanups, defineCommand, EXIT, takeChoice, UsageError } from "./command.js";
import { MODEL_HELP, MODEL_OPTIONS, readModel } from "./readModel.js";
import { count, print } from "./stdout.js";

/** `webgru convert FILE -o OUT` */
export const convert = defineCommand({
  name: "convert",
  usage: "FILE -o OUT",
  summary: "writes a model file of any format as webgru's own safetensors, or as ONNX",
  help: `  -o, --output OUT    the file to write; OUT.onnx is an ONNX model; an interruption leaves no partial file
  --dtype DTYPE       f32, f16 or int8; the file's own when absent; an ONNX model has f32
  --streaming         ONNX: states are inputs and outputs, to be fed back: gru.h from gru.h_out
${MODEL_HELP}`,
  options: {
    ...MODEL_OPTIONS,
    output: { type: "string", short: "o" },
    dtype: { type: "string" },
    streaming: { type: "boolean" },
  },
  numPositionals: 1,
  async run({ positionals: [path], values }) {
    const { output, dtype, streaming = false } = values;
    if (output === undefined) throw new UsageError("expected -o and a file to write, got none");
    const storage = dtype === undefined ? {} : { dtype: takeChoice("dtype", dtype, ["f32", "f16", "int8"]) };
    const isOnnx = output.endsWith(".onnx");
    if (isOnnx && dtype !== undefined && dtype !== "f32")
      throw new UsageError(`--dtype: expected f32 of an ONNX model, got ${dtype}`);
    if (streaming && !isOnnx) throw new UsageError(`--streaming: expected -o and a file .onnx, got ${output}`);
    const { network, sizeBytes } = await readModel(path!, values);
    const bytes = isOnnx ? writeOnnx(network, { streaming }) : writeSafetensors(network, storage);
    writeWhole(output, bytes);
    await print(
      `${output}: ${count(bytes.length)} bytes, from ${count(sizeBytes)}`,
      ...network.notes.map((note) => `note: ${note}`),
    );
    return EXIT.fine;
  },
});

/** Writes a file. An interruption leaves the earlier file, or none: the bytes go to another file, which is then renamed. */
function writeWhole(path: string, bytes: Uint8Array): void {
  const part = `${path}.${process.pid}.part`;
  const remove = () => rmSync(part, { force: true });
  cleanups.add(remove);
  try {
    writeFileSync(part, bytes);
    renameSync(part, path);
  } finally {
    remove();
    cleanups.delete(remove);
  }
}
