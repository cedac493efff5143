import { createReadStream } from "node:fs";
import { createModel, GruError, type GruModel, type GruStream } from "../index.js";
import { fewestIndices, sequenceNames } from "../model/network.js";
import { readNpz } from "../entries/npz.js";
import { breathe, defineCommand, EXIT, takeChoice } from "./command.js";
import { formatLine, type LineForm, linesOf, parseLine, shortest } from "./lines.js";
import { MODEL_HELP, MODEL_OPTIONS, readBytes, readModel } from "./readModel.js";
import { printableJson } from "./printable.js";
import { write } from "./stdout.js";

/** Most steps to push at once: enough to keep the device busy, and a short wait. */
const MAX_STEPS = 256;

/** `webgru run FILE` */
export const run = defineCommand({
  name: "run",
  usage: "FILE [--input FILE]",
  summary: "predicts: a line of numbers in, a line out, with the state kept from line to line",
  help: `  --input FILE        .csv, NDJSON, .npz (its array "input", or its only one, [T, I] or indices [T]), or - for standard input,
                      the default
  --named             every output, as one JSON object a line
  --device DEVICE     auto, webgpu or cpu
${MODEL_HELP}

A line is one step: numbers separated by commas, tabs or spaces, or an array in JSON. It is answered at once, in its own form.
An empty line sets the state to zero, for the next sequence; its answer is an empty line.`,
  options: {
    ...MODEL_OPTIONS,
    input: { type: "string", default: "-" },
    named: { type: "boolean", default: false },
    device: { type: "string", default: "auto" },
  },
  numPositionals: 1,
  async run({ positionals: [path], values }) {
    const device = takeChoice("device", values.device, ["auto", "webgpu", "cpu"]);
    const { network } = await readModel(path!, values);
    const model = await createModel(network, { device });
    const predictor = new LinePredictor(model, values.named);
    if (values.input.endsWith(".npz")) await predictor.answerArray(await readBytes(values.input));
    else {
      const source = values.input === "-" ? process.stdin : createReadStream(values.input);
      for await (const lines of linesOf(source)) await predictor.answer(lines);
    }
    model.dispose();
    return EXIT.fine;
  },
});

/** Steps to push together. */
interface Pending {
  readonly forms: LineForm[];
  readonly values: number[];
}

/** Answers lines with a stream of a model. */
class LinePredictor {
  readonly #model: GruModel;
  readonly #stream: GruStream;
  readonly #isNamed: boolean;
  readonly #maxSteps: number;
  #numLines = 0;

  constructor(model: GruModel, isNamed: boolean) {
    this.#model = model;
    this.#stream = model.createStream();
    this.#isNamed = isNamed;
    const sequences = sequenceNames(model.network.layers);
    // An output that has only the last step of a push answers one line.
    this.#maxSteps = model.outputNames.every((name) => sequences.has(name)) ? MAX_STEPS : 1;
  }

  /** Answers lines. For a wrong line it throws, after the answers of all lines before. */
  async answer(lines: readonly string[]): Promise<void> {
    let pending: Pending = { forms: [], values: [] };
    const flush = async () => {
      const { forms, values } = pending;
      pending = { forms: [], values: [] };
      await this.#push(values, forms);
    };
    try {
      for (const line of lines) {
        const parsed = parseLine(line, ++this.#numLines);
        if (parsed === null) {
          await flush();
          await this.#stream.reset();
          await write("\n");
          continue;
        }
        this.#check(parsed.values);
        pending.forms.push(parsed.form);
        for (const value of parsed.values) pending.values.push(value);
        if (pending.forms.length === this.#maxSteps) await flush();
      }
    } finally {
      await flush();
    }
  }

  /** Answers the steps of a .npz file. */
  async answerArray(bytes: Uint8Array): Promise<void> {
    const arrays = readNpz(bytes);
    const array = arrays.get("input") ?? (arrays.size === 1 ? [...arrays.values()][0] : undefined);
    if (array === undefined) {
      throw new GruError(
        "bad-file",
        `npz: expected an array "input", or one alone, got ${[...arrays.keys()].join(", ")}`,
      );
    }
    const { inputSize } = this.#model;
    const numSteps = array.values.length / inputSize;
    if (!Number.isInteger(numSteps) || (array.shape[0] ?? 0) !== numSteps) {
      const expected = this.#model.network.inputType === "indices" ? "[T]" : `[T, ${inputSize}]`;
      throw new GruError("shape-mismatch", `npz: expected shape ${expected}, got [${array.shape.join(", ")}]`);
    }
    for (let step = 0; step < numSteps; step += this.#maxSteps) {
      const values = array.values.subarray(step * inputSize, (step + this.#maxSteps) * inputSize);
      const forms = Array.from({ length: values.length / inputSize }, () => "csv" as const);
      await this.#push(values, forms);
    }
  }

  #check(values: readonly number[]): void {
    const { inputSize, network } = this.#model;
    const at = `line ${this.#numLines}`;
    if (values.length !== inputSize) {
      const unit = network.inputType === "indices" ? "index" : "numbers";
      throw new GruError("shape-mismatch", `${at}: expected ${inputSize} ${unit}, got ${values.length}`);
    }
    if (network.inputType === "features") {
      const bad = values.find((value) => !Number.isFinite(Math.fround(value)));
      if (bad !== undefined) throw new GruError("bad-input", `${at}: expected finite float32 numbers, got ${bad}`);
      return;
    }
    const { numIndices: end } = fewestIndices(network)!;
    const [index] = values as [number];
    if (Number.isInteger(index) && index >= 0 && index < end) return;
    throw new GruError("bad-input", `${at}: expected an index in [0, ${end}), got ${index}`);
  }

  /** Pushes steps, [T, 1, I], and writes a line for each. */
  async #push(values: ArrayLike<number>, forms: readonly LineForm[]): Promise<void> {
    if (forms.length === 0) return;
    const outputs = await this.#stream.pushNamed(values);
    const [main] = this.#model.outputNames;
    const rowOf = (name: string, step: number) => {
      const output = outputs[name]!;
      const size = output.length / forms.length;
      return output.subarray(step * size, (step + 1) * size);
    };
    const lines = forms.map((form, step) => {
      if (!this.#isNamed) return formatLine(rowOf(main!, step), form);
      const fields = this.#model.outputNames.map(
        (name) => `${printableJson(name)}:[${[...rowOf(name, step)].map(shortest).join(",")}]`,
      );
      return `{${fields.join(",")}}`;
    });
    await write(lines.map((line) => `${line}\n`).join(""));
    await breathe();
  }
}
