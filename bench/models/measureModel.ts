// Runs where the engines run: in the bench page, or in Node.

import type * as webgru from "webgru";
import type { GruModel, State } from "webgru";
import type { OnnxNetwork } from "../../src/entries/onnx.js";
import { uniform } from "../../test/cases/random.js";
import { time } from "../clock.js";
import type { Ort } from "../contenders/onnxruntime.js";
import { interleave, type Lane } from "../lanes.js";
import { OrtModel } from "./ortModel.js";
import type { RealModel } from "./realModel.js";

/** The bytes of a file of that name. */
export type ModelFiles = (name: string) => Promise<Uint8Array>;

/** The library, however it was loaded. */
type Library = Pick<typeof webgru, "loadModel">;

/** Engines that take turns. The first of ONNX Runtime's says what is right. */
export interface ModelEngines {
  readonly library: Library;
  /** The first is timed; the others are held to the same outputs alone. */
  readonly devices: readonly ("cpu" | "webgpu")[];
  readonly orts: readonly { readonly name: string; readonly ort: Ort; readonly provider: "cpu" | "wasm" }[];
}

export interface ModelEffort {
  /** Frames, or those of all sequences, whose outputs are compared. */
  readonly numFrames: number;
  /** Rounds in which the engines take turns, of so many us each. */
  readonly numRounds: number;
  readonly roundUs: number;
}

/** A line of the table. */
export interface ModelRow {
  readonly name: string;
  readonly origin: string;
  /** Ending of the file that webgru loads. */
  readonly format: string;
  /** "3 gru, 2 dense" */
  readonly layers: string;
  /** Frames of what is timed: 1 of a push, T of a run. */
  readonly framesAtOnce: number;
  readonly numFrames: number;
  /** Largest difference from ONNX Runtime, as a share of max(1, |value|), by device. */
  readonly errors: Readonly<Record<string, number>>;
  /** The best round, us of each push or run, by engine. */
  readonly timesUs: Readonly<Record<string, number>>;
}

/** Compares a model's outputs with ONNX Runtime's, then times both in turns. */
export async function measureModel(
  model: RealModel,
  files: ModelFiles,
  { library, devices, orts }: ModelEngines,
  effort: ModelEffort,
): Promise<ModelRow> {
  const framesAtOnce = model.isStream ? 1 : model.inputShape[1]!;
  const numInputs = Math.ceil(effort.numFrames / framesAtOnce);
  const inputs = makeInputs(model, numInputs);
  const peers = await Promise.all(orts.map(({ ort, provider }) => OrtModel.create(ort, provider, model, files)));
  const expected: Record<string, Float32Array>[] = [];
  for (const input of inputs) expected.push(await peers[0]!.run(input));

  const errors: Record<string, number> = {};
  const models: GruModel[] = [];
  for (const device of devices) {
    const own = await library.loadModel(await files(model.file), { device, ...model.loadOptions });
    models.push(own);
    const { results, state } = await runAll(own, model, inputs);
    const states = expectedStates(own, peers[0]!, model);
    errors[device] = Math.max(
      largestError(results, expected),
      largestError([graphStates(own, state)], states === null ? [] : [states]),
    );
  }
  const [own] = models;
  const lanes = [ownLane(own!, model, inputs), ...peers.map((peer) => peerLane(peer, inputs))];
  const times = await interleave(
    lanes.map((lane) => sized(lane, effort.roundUs)),
    2,
    effort.numRounds,
  );
  const names = [`webgru/${devices[0]}`, ...orts.map(({ name }) => name)];
  const best = times.map((rounds) => Math.min(...rounds.flat()));
  const row: ModelRow = {
    name: model.name,
    origin: model.origin,
    format: model.file.replace(/^.*(?=\.)/, ""),
    layers: countLayers(own!),
    framesAtOnce,
    numFrames: numInputs * framesAtOnce,
    errors,
    timesUs: Object.fromEntries(names.map((name, i) => [name, best[i]!])),
  };
  for (const each of models) each.dispose();
  for (const peer of peers) await peer.release();
  return row;
}

/** Seeded numbers, louder and softer in turn. @returns each a frame, or a sequence */
function makeInputs({ inputShape, scale = 1 }: RealModel, numInputs: number): Float32Array[] {
  const next = uniform(1700);
  const length = inputShape.reduce((product, size) => product * size, 1);
  return Array.from({ length: numInputs }, (_, i) => {
    const loudness = scale * (0.55 + 0.45 * Math.sin(i / 9));
    return Float32Array.from({ length }, () => loudness * (2 * next() - 1));
  });
}

/** The outputs of each input, by name: of one stream, or of runs; and the state in which a stream ends. */
async function runAll(own: GruModel, { isStream }: RealModel, inputs: readonly Float32Array[]) {
  const results: Readonly<Record<string, Float32Array>>[] = [];
  const stream = isStream ? own.createStream() : null;
  for (const input of inputs)
    results.push(stream === null ? (await own.run(input)).outputs : await stream.pushNamed(input));
  const state = stream === null ? {} : await stream.state();
  stream?.dispose();
  return { results, state };
}

/** States of the graph that are states of the network, by the name of the output that gives them. */
function graphStates(own: GruModel, state: State): Record<string, Float32Array> {
  const { graph } = own.network as OnnxNetwork;
  const all = Float32Array.from(Object.values(state).flatMap((block) => [...block]));
  const ports = graph?.outputs.filter((port) => port.as === "finalState") ?? [];
  return Object.fromEntries(ports.map(({ name, units }) => [name, Float32Array.from(units, (unit) => all[unit]!)]));
}

/** The same of ONNX Runtime; null where it runs another graph. */
function expectedStates(own: GruModel, peer: OrtModel, { ortFile }: RealModel): Record<string, Float32Array> | null {
  if (ortFile !== undefined || !("graph" in own.network)) return null;
  return peer.states;
}

function largestError(
  actual: readonly Readonly<Record<string, Float32Array>>[],
  expected: readonly Readonly<Record<string, Float32Array>>[],
): number {
  let largest = 0;
  expected.forEach((outputs, i) => {
    for (const [name, values] of Object.entries(outputs)) {
      const got = actual[i]![name];
      if (got?.length !== values.length) {
        throw new Error(
          `${name}: expected ${values.length} numbers, got ${got?.length ?? Object.keys(actual[i]!).join()}`,
        );
      }
      values.forEach((value, k) => {
        const error = Math.abs(got[k]! - value) / Math.max(1, Math.abs(value));
        largest = Number.isNaN(error) ? NaN : Math.max(largest, error);
      });
    }
  });
  return largest;
}

/** Makes the next `count` pushes or runs. */
type Work = (count: number) => Promise<void>;

function ownLane(own: GruModel, { isStream }: RealModel, inputs: readonly Float32Array[]): Work {
  const stream = isStream ? own.createStream() : null;
  let next = 0;
  return async (count) => {
    for (let i = 0; i < count; i++) {
      const input = inputs[next++ % inputs.length]!;
      if (stream === null) await own.run(input, { returnState: false });
      else await stream.push(input);
    }
  };
}

function peerLane(peer: OrtModel, inputs: readonly Float32Array[]): Work {
  let next = 0;
  return async (count) => {
    for (let i = 0; i < count; i++) await peer.run(inputs[next++ % inputs.length]!);
  };
}

/** Work of about a round's time in each turn. */
function sized(work: Work, roundUs: number): Lane {
  let count = 1;
  return async () => {
    const { timeUs } = await time(() => work(count));
    const eachUs = timeUs / count;
    count = Math.max(1, Math.round(roundUs / eachUs));
    return [eachUs];
  };
}

/** "3 gru, 2 dense", in the order in which they come. */
function countLayers({ network }: GruModel): string {
  const counts = new Map<string, number>();
  for (const { type } of network.layers) counts.set(type, (counts.get(type) ?? 0) + 1);
  return [...counts].map(([type, count]) => `${count} ${type}`).join(", ");
}
