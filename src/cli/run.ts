import { createReadStream } from "node:fs";
import { createModel, GruError, type GruModel, type GruStream } from "../index.js";
import { fewestIndices, sequencesOf } from "../model/network.js";
import { readNpz } from "../entries/npz.js";
import { breathe, defineCommand, EXIT, takeChoice, UsageError } from "./command.js";
import { linesOf, seemsDecimalComma, shortest } from "./lines.js";
import { MODEL_HELP, MODEL_OPTIONS, readBytes, readModel } from "./readModel.js";
import { printableJson } from "./printable.js";
import { write } from "./stdout.js";
import { type Asked, Table, TABLE_HELP, TABLE_OPTIONS, type TableValues } from "./table.js";

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
${TABLE_HELP}
${MODEL_HELP}

A line is one step: numbers separated by commas, tabs or spaces, or an array in JSON. It is answered at once, in its own form.
Where a model makes a step of several of the input, by strides along time, as many lines have one answer.
An empty line sets the state to zero, for the next sequence; its answer is an empty line.`,
  options: {
    ...MODEL_OPTIONS,
    ...TABLE_OPTIONS,
    input: { type: "string", default: "-" },
    named: { type: "boolean", default: false },
    device: { type: "string", default: "auto" },
  },
  numPositionals: 1,
  async run({ positionals: [path], values }) {
    const device = takeChoice("device", values.device, ["auto", "webgpu", "cpu"]);
    const { network } = await readModel(path!, values);
    const model = await createModel(network, { device });
    const predictor = new LinePredictor(model, values.named, values);
    if (values.input.endsWith(".npz")) await predictor.answerArray(await readBytes(values.input));
    else {
      const source = values.input === "-" ? process.stdin : createReadStream(values.input);
      for await (const lines of linesOf(source)) await predictor.answer(lines);
      predictor.end();
    }
    model.dispose();
    return EXIT.fine;
  },
});

/** Steps to push together. */
interface Pending {
  readonly asked: Asked[];
  readonly values: number[];
}

/** Answers lines with a stream of a model. */
class LinePredictor {
  readonly #model: GruModel;
  readonly #stream: GruStream;
  readonly #isNamed: boolean;
  readonly #maxSteps: number;
  /** Lines that wait for those with which they have an answer. */
  #pending: Pending = { asked: [], values: [] };
  readonly #table: Table;
  #numLines = 0;

  constructor(model: GruModel, isNamed: boolean, values: TableValues) {
    const [main] = model.outputNames;
    const { outputSize } = model;
    const names = Array.from({ length: outputSize }, (_, i) => (outputSize === 1 ? main! : `${main}_${i + 1}`));
    this.#table = new Table(values, names);
    if (isNamed && this.#table.isAsked) throw new UsageError("--named: expected no option about tables beside it");
    this.#model = model;
    this.#stream = model.createStream();
    this.#isNamed = isNamed;
    const sequences = sequencesOf(model.network.layers);
    // An output that has only the last step of a push answers one line.
    const { framesPerStep } = model;
    const isEach = model.outputNames.every((name) => sequences.has(name));
    this.#maxSteps = isEach ? framesPerStep * Math.ceil(MAX_STEPS / framesPerStep) : framesPerStep;
  }

  /** Answers lines. For a wrong line it throws, after the answers of all lines before. */
  async answer(lines: readonly string[]): Promise<void> {
    try {
      for (const line of lines) {
        this.#numLines++;
        const header = this.#table.header(line);
        if (header !== null) {
          await write(`${header}\n`);
          continue;
        }
        const parsed = this.#table.parse(line, this.#numLines);
        if (parsed === null) {
          await this.#flush();
          this.end();
          await this.#stream.reset();
          await write("\n");
          continue;
        }
        this.#check(parsed.values, line);
        this.#pending.asked.push({ form: parsed.form, text: line });
        for (const value of parsed.values) this.#pending.values.push(value);
        if (this.#pending.asked.length === this.#maxSteps) await this.#flush();
      }
    } finally {
      await this.#flush();
    }
  }

  /** @throws GruError `shape-mismatch` where lines are left that have no answer */
  end(): void {
    const numLeft = this.#pending.asked.length;
    if (numLeft === 0) return;
    const expected = `expected a multiple of ${this.#model.framesPerStep} lines, of which this model makes a step`;
    throw new GruError("shape-mismatch", `line ${this.#numLines}: ${expected}, got ${numLeft} more`);
  }

  /** Pushes the lines that have an answer together. */
  async #flush(): Promise<void> {
    const { asked, values } = this.#pending;
    const numSteps = asked.length - (asked.length % this.#model.framesPerStep);
    const length = numSteps * this.#model.inputSize;
    this.#pending = { asked: asked.slice(numSteps), values: values.slice(length) };
    await this.#push(values.slice(0, length), asked.slice(0, numSteps));
  }

  /** Answers the steps of a .npz file. */
  async answerArray(bytes: Uint8Array): Promise<void> {
    if (this.#table.isAsked)
      throw new UsageError("--input: expected lines for the options about tables, got a .npz file");
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
      const asked = Array.from({ length: values.length / inputSize }, () => ({ form: "csv", text: "" }) as const);
      await this.#push(values, asked);
    }
  }

  #check(values: readonly number[], line: string): void {
    const { inputSize, network } = this.#model;
    const at = `line ${this.#numLines}`;
    if (values.length !== inputSize) {
      const unit = network.inputType === "indices" ? "index" : "numbers";
      const hint = seemsDecimalComma(line) ? "; are these decimal commas? Then say --decimal-comma" : "";
      throw new GruError("shape-mismatch", `${at}: expected ${inputSize} ${unit}, got ${values.length}${hint}`);
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

  /** Pushes steps, [T, 1, I], and writes a line for each `framesPerStep` of them, in the form of the last. */
  async #push(values: ArrayLike<number>, asked: readonly Asked[]): Promise<void> {
    if (asked.length === 0) return;
    const outputs = await this.#stream.pushNamed(values);
    const [main] = this.#model.outputNames;
    const { framesPerStep } = this.#model;
    const ends = asked.filter((_, i) => (i + 1) % framesPerStep === 0);
    const rowOf = (name: string, step: number) => {
      const output = outputs[name]!;
      const size = output.length / ends.length;
      return output.subarray(step * size, (step + 1) * size);
    };
    const lines = ends.map((line, step) => {
      if (!this.#isNamed) return this.#table.answer(line, rowOf(main!, step));
      const fields = this.#model.outputNames.map(
        (name) => `${printableJson(name)}:[${[...rowOf(name, step)].map(shortest).join(",")}]`,
      );
      return `{${fields.join(",")}}`;
    });
    await write(lines.map((line) => `${line}\n`).join(""));
    await breathe();
  }
}
