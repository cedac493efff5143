// Runs where the engines run: in the bench page, or in Node.

import type * as webgru from "webgru";
import type { GruModel, State } from "webgru";
import type { OnnxNetwork } from "../../src/entries/onnx.js";
import { countTypes } from "../../src/model/describeLayer.js";
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

type Device = "cpu" | "webgpu";

/** Engines that take turns. The first of ONNX Runtime's says what is right. */
export interface ModelEngines {
  readonly library: Library;
  /** The first is timed; the others are held to the same outputs and states alone. */
  readonly devices: readonly Device[];
  readonly orts: readonly { readonly name: string; readonly ort: Ort; readonly provider: "cpu" | "wasm" }[];
}

export interface ModelEffort {
  /** Frames, or those of all sequences, whose outputs are compared. */
  readonly numFrames: number;
  /** Seconds after which a device compares no more: a software adapter takes long for some models. */
  readonly maxSeconds: number;
  /** Rounds in which the engines take turns, of so many us each; 0 for outputs alone. */
  readonly numRounds: number;
  readonly roundUs: number;
}

/** The largest differences from ONNX Runtime, as shares of max(1, |value|). */
export interface ModelErrors {
  readonly outputs: number;
  /** Of the states after the last frame; null where the engines do not have the same ones. */
  readonly states: number | null;
  readonly numFrames: number;
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
  readonly errors: Readonly<Partial<Record<Device, ModelErrors>>>;
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
  const inputs = makeInputs(model, Math.ceil(effort.numFrames / framesAtOnce));
  const peers = await Promise.all(orts.map(({ ort, provider }) => OrtModel.create(ort, provider, model, files)));
  const errors: Partial<Record<Device, ModelErrors>> = {};
  const models: GruModel[] = [];
  for (const device of devices) {
    const own = await library.loadModel(await files(model.file), { device, ...model.loadOptions });
    models.push(own);
    const atOnce = device === "webgpu" && model.isStream ? FRAMES_AT_ONCE : 1;
    const { outputs, states, numInputs } = await compareModel(own, peers[0]!, model, batchesOf(inputs, atOnce), effort);
    errors[device] = { outputs, states, numFrames: numInputs * framesAtOnce };
  }
  const [own] = models;
  const lanes =
    effort.numRounds === 0 ? [] : [ownLane(own!, model, inputs), ...peers.map((peer) => peerLane(peer, inputs))];
  const times = await interleave(
    lanes.map((lane) => sized(lane, effort.roundUs)),
    2,
    effort.numRounds,
  );
  const names = [`webgru/${devices[0]}`, ...orts.map(({ name }) => name)];
  const row: ModelRow = {
    name: model.name,
    origin: model.origin,
    format: model.file.replace(/^.*(?=\.)/, ""),
    layers: countTypes(own!.network.layers),
    framesAtOnce,
    errors,
    timesUs: Object.fromEntries(times.map((rounds, i) => [names[i]!, Math.min(...rounds.flat())])),
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

/** Frames of one push on WebGPU, where the outputs alone count: a software adapter takes long for a push. */
const FRAMES_AT_ONCE = 20;

function batchesOf(inputs: readonly Float32Array[], size: number): Float32Array[][] {
  return Array.from({ length: Math.ceil(inputs.length / size) }, (_, i) => inputs.slice(i * size, (i + 1) * size));
}

/** Runs both from their first states, until the inputs or the seconds are over, and finds the largest differences. */
async function compareModel(
  own: GruModel,
  peer: OrtModel,
  model: RealModel,
  batches: readonly (readonly Float32Array[])[],
  { maxSeconds }: ModelEffort,
) {
  const stream = model.isStream ? own.createStream() : null;
  const end = performance.now() + 1000 * maxSeconds;
  let outputs = 0;
  let numInputs = 0;
  peer.reset();
  for (const batch of batches) {
    if (numInputs > 0 && performance.now() > end) break;
    const input = Float32Array.from(batch.flatMap((one) => [...one]));
    const given = stream === null ? (await own.run(input)).outputs : await stream.pushNamed(input);
    for (const [i, one] of batch.entries()) {
      const ofOne = Object.entries(given).map(([name, values]) => {
        const size = values.length / batch.length;
        return [name, values.subarray(i * size, (i + 1) * size)] as const;
      });
      outputs = larger(outputs, largestError(Object.fromEntries(ofOne), await peer.run(one)));
    }
    numInputs += batch.length;
  }
  const states = stream === null ? null : statesError(own, await stream.state(), peer, model);
  stream?.dispose();
  return { outputs, states, numInputs };
}

/** The error of the states that a graph carries; null where ONNX Runtime runs another graph, or there are none. */
function statesError(own: GruModel, state: State, peer: OrtModel, { ortFile }: RealModel): number | null {
  const { graph } = own.network as Partial<OnnxNetwork>;
  if (ortFile !== undefined || graph === undefined) return null;
  const all = Float32Array.from(Object.values(state).flatMap((block) => [...block]));
  const ports = graph.outputs.filter((port) => port.as === "finalState");
  if (ports.length === 0) return null;
  const given = ports.map(({ name, units }) => [name, Float32Array.from(units, (unit) => all[unit]!)] as const);
  return largestError(Object.fromEntries(given), peer.states);
}

type Values = Readonly<Record<string, Float32Array>>;

function largestError(actual: Values, expected: Values): number {
  let largest = 0;
  for (const [name, values] of Object.entries(expected)) {
    const got = actual[name];
    if (got?.length !== values.length) {
      throw new Error(`${name}: expected ${values.length} numbers, got ${got?.length ?? Object.keys(actual).join()}`);
    }
    values.forEach((value, k) => {
      largest = larger(largest, Math.abs(got[k]! - value) / Math.max(1, Math.abs(value)));
    });
  }
  return largest;
}

/** The larger one; NaN where either is. */
function larger(a: number, b: number): number {
  return Number.isNaN(b) ? b : Math.max(a, b);
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
