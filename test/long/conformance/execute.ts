// Runs a program: its GRUs, linear layers, embeddings and activations through the library, its shapes here.

import { GruError } from "webgru";
import { type Device, type ModelSource, openModel, type OpenModel, type Results } from "./device.js";
import { type Frame, givesState, takeFrame } from "./frame.js";
import { hasTextbook } from "./gruLayers.js";
import { compact } from "./mask.js";
import { NotRun } from "./notRun.js";
import { executeOnnx } from "./onnxModel.js";
import { giveOutput, joinLayers } from "./output.js";
import { type GreedyDecodeStep, namesMade, namesRead, type Program, type Step } from "./program.js";
import { type GruPart, nextSegment, type Segment } from "./segment.js";
import { changeShape } from "./shapeStep.js";
import { findInStateDict } from "./stateDict.js";
import { argmax, permute, type Tensor } from "./tensor.js";

/** The outputs of a program, or why it has none. */
export type Outcome = Done | Refused;

export interface Done {
  readonly kind: "done";
  /** Outputs by name; twice where streams could do it too: by `run`, then by pushes. */
  readonly results: readonly Readonly<Record<string, Tensor>>[];
  /** The library's input. */
  readonly sources: readonly string[];
}

export interface Refused {
  readonly kind: "not run" | "failed";
  readonly reason: string;
}

/** Runs a program on a device. Never rejects. */
export async function execute(program: Program, device: Device): Promise<Outcome> {
  try {
    if (program.onnx !== undefined) return await executeOnnx(program, program.onnx, device);
    const byRun = new Execution(program, device, false);
    const results = [await byRun.run()];
    if (byRun.couldStream) results.push(await new Execution(program, device, true).run());
    return { kind: "done", results, sources: [...byRun.sources] };
  } catch (error) {
    if (error instanceof NotRun) return { kind: "not run", reason: error.message };
    if (error instanceof GruError && error.code === "unsupported") return { kind: "not run", reason: error.message };
    return { kind: "failed", reason: String(error) };
  }
}

interface OpenSegment {
  readonly segment: Segment;
  readonly model: OpenModel;
  /** A layer's name in the model. */
  nameOf(layer: string): string;
}

class Execution {
  /** The library's input. */
  readonly sources = new Set<string>();
  /** Whether a stream could have run some part. */
  couldStream = false;
  readonly #program: Program;
  readonly #device: Device;
  readonly #byStream: boolean;
  readonly #tensors: Map<string, Tensor>;

  constructor(program: Program, device: Device, byStream: boolean) {
    this.#program = program;
    this.#device = device;
    this.#byStream = byStream;
    this.#tensors = new Map(Object.entries(program.inputs));
  }

  async run(): Promise<Record<string, Tensor>> {
    const { steps, outputs } = this.#program;
    for (let start = 0; start < steps.length;) {
      const rest = steps.slice(start);
      const segment = nextSegment(rest, this.#tensors, outputs);
      if (segment === null) await this.#runAlone(rest[0]!);
      else await this.#runSegment(segment, rest.slice(segment.numSteps));
      start += segment?.numSteps ?? 1;
    }
    return Object.fromEntries(outputs.map((name) => [name, this.#tensor(name)]));
  }

  #tensor(name: string): Tensor {
    const tensor = this.#tensors.get(name);
    if (tensor === undefined) throw new Error(`tensor "${name}": expected a step that makes it, got none`);
    return tensor;
  }

  async #runAlone(step: Step): Promise<void> {
    const [out] = namesMade(step);
    const tensor =
      step.op === "greedy_decode"
        ? await this.#decodeGreedily(step)
        : changeShape(
            step,
            namesRead(step).map((name) => this.#tensor(name)),
          );
    this.#tensors.set(out!, tensor);
  }

  /** @param later steps that follow it */
  async #runSegment(segment: Segment, later: readonly Step[]): Promise<void> {
    const opened = await this.#open(segment);
    const observed = new Set([...this.#program.outputs, ...later.flatMap(namesRead)]);
    const isStateSeen = segment.grus.some(({ step }) => step.h_n !== undefined && observed.has(step.h_n));
    try {
      await this.#advance(opened, isStateSeen);
    } finally {
      opened.model.dispose();
    }
  }

  async #open(segment: Segment): Promise<OpenSegment> {
    const { layers, input } = segment;
    const asked = [...new Set(segment.outputs.flatMap((output) => output.layers))];
    const outputs = asked.length > 0 ? asked : [layers.at(-1)!.name];
    const { stateDict } = this.#program;
    const found = stateDict === null ? null : findInStateDict(stateDict, layers, outputs);
    const source: ModelSource = found ?? { layers, outputs };
    if (found === null) {
      this.sources.add("network");
      if (segment.grus.some(({ step }) => hasTextbook(step))) this.sources.add("textbookGru");
    } else this.sources.add(found.description === null ? "state_dict" : "state_dict with a description");
    const nonFinite = !this.#tensor(input).data.every(Number.isFinite);
    const model = await openModel(source, this.#device, nonFinite);
    return { segment, model, nameOf: (layer) => found?.names.get(layer) ?? layer };
  }

  /** Runs a network once and keeps what it gives. */
  async #advance({ segment, model, nameOf }: OpenSegment, isStateSeen: boolean): Promise<void> {
    const step = segment.grus[0]?.step;
    const frame = takeFrame(segment, this.#tensor(segment.input));
    const lengths = step?.lengths === undefined ? null : [...this.#tensor(step.lengths).data];
    const compaction = step?.mask === undefined ? null : compact(frame, this.#tensor(step.mask), lengths);
    const state = this.#initialState(segment, frame, lengths);
    const isStreamable = this.#isStreamable(segment, frame) && state === null && !isStateSeen;
    this.couldStream ||= isStreamable;
    const { data, numSteps, batchSize } = compaction?.frame ?? frame;
    const ownLengths = compaction?.lengths ?? lengths;
    const results =
      isStreamable && this.#byStream
        ? await streamed(model, data, data.length / numSteps, batchSize)
        : await model.run(data, {
            batchSize,
            ...(ownLengths === null ? {} : { lengths: ownLengths }),
            ...(state === null ? {} : { initialState: state }),
          });
    for (const output of segment.outputs) {
      const sequence = joinLayers(output, nameOf, results.outputs, numSteps * batchSize);
      const tensor = giveOutput(output, { ...frame, numSteps }, sequence, compaction, frame.numSteps, step);
      this.#tensors.set(output.name, tensor);
    }
    if (results.finalState !== null) this.#keepStates(segment, frame, results.finalState);
  }

  #isStreamable({ layers, grus }: Segment, { numSteps }: Frame): boolean {
    const isForward = layers.every((layer) => layer.type !== "gru" || (layer.direction ?? "forward") === "forward");
    const isWhole = grus.every(({ step }) => step.lengths === undefined && step.mask === undefined);
    return this.#device !== "reference" && grus.length > 0 && isForward && isWhole && numSteps > 1;
  }

  /** States of every layer, [D, B, H] one after the other; null when all are zero by default. */
  #initialState({ grus }: Segment, { batchSize }: Frame, lengths: readonly number[] | null): Float64Array | null {
    if (grus.every(({ step }) => step.h0 === undefined)) return null;
    const parts = grus.map((gru) => {
      if (gru.step.h0 === undefined) return new Float64Array(stateSize(gru) * batchSize);
      const tensor = this.#tensor(gru.step.h0);
      const { data } = gru.step.h0_batch_first ? permute(tensor, [1, 0, 2]) : tensor;
      if (gru.step.zero_length !== "zero" || lengths === null) return data;
      // The library keeps the state of a row without steps, and here zeros are wanted.
      const { hiddenSize } = gru.last[0]!;
      return data.map((value, i) => (lengths[Math.floor(i / hiddenSize) % batchSize] === 0 ? 0 : value));
    });
    return Float64Array.from(parts.flatMap((part) => [...part]));
  }

  #keepStates({ grus }: Segment, frame: Frame, finalState: ArrayLike<number>): void {
    let start = 0;
    for (const gru of grus) {
      const end = start + stateSize(gru) * frame.batchSize;
      const data = Float64Array.from(Array.prototype.slice.call(finalState, start, end) as number[]);
      const { hiddenSize } = gru.last[0]!;
      const state = { shape: [data.length / (frame.batchSize * hiddenSize), frame.batchSize, hiddenSize], data };
      if (gru.step.h_n !== undefined) this.#tensors.set(gru.step.h_n, givesState(gru.step, frame, state));
      start = end;
    }
  }

  /** Tokens one by one, each fed back, with the network open all the while. */
  async #decodeGreedily(step: GreedyDecodeStep): Promise<Tensor> {
    const { table, cell, W, b = null, start, stop, max } = step;
    const { batch_first: _, y_layout: __, single_step: ___, ...plain } = cell;
    const state = this.#tensor(step.h0);
    const inner: Program = {
      inputs: { token: { shape: [1, 1], data: Float64Array.of(start) }, state },
      steps: [
        { op: "embedding", table, in: "token", out: "x" },
        { ...plain, op: "gru", x: "x", h0: "state", y: "y", h_n: "next" },
        { op: "linear", W, b, rows: true, in: "y", out: "logits" },
      ],
      outputs: ["logits", "next"],
      stateDict: this.#program.stateDict,
    };
    const decoder = new Execution(inner, this.#device, false);
    const opened = await decoder.#open(nextSegment(inner.steps, decoder.#tensors, inner.outputs)!);
    const tokens: number[] = [];
    try {
      while (tokens.length < max) {
        await decoder.#advance(opened, true);
        const token = argmax(decoder.#tensor("logits")).data[0]!;
        if (token === stop) break;
        tokens.push(token);
        decoder.#tensors.set("token", { shape: [1, 1], data: Float64Array.of(token) });
        decoder.#tensors.set("state", decoder.#tensor("next"));
      }
    } finally {
      opened.model.dispose();
    }
    decoder.sources.forEach((source) => this.sources.add(source));
    return { shape: [tokens.length], data: Float64Array.from(tokens) };
  }
}

/** The first step alone, then the others: a state that is lost between two pushes shows. */
async function streamed(
  model: OpenModel,
  data: Float64Array,
  stepLength: number,
  batchSize: number,
): Promise<Omit<Results, "finalState"> & { finalState: null }> {
  const outputs = await model.stream([data.subarray(0, stepLength), data.subarray(stepLength)], batchSize);
  return { outputs: outputs!, finalState: null };
}

/** Elements of one row's states. */
function stateSize({ layers }: GruPart): number {
  return layers.reduce((sum, layer) => sum + layer.hiddenSize * (layer.direction === "bidirectional" ? 2 : 1), 0);
}
