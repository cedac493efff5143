// Silero VAD as @ricky0123/vad-web publishes it, streamed: its outputs and its states beside onnxruntime's. Runs in Node and in
// the page.

import type { OnnxNetwork } from "../../src/entries/onnx.js";
import { loadModel } from "../../src/load/loadModel.js";
import { compare, type Comparison } from "../harness/compare.js";
import { uniform } from "./random.js";

/** A version of the model at one sampling rate. */
export interface Silero {
  readonly id: string;
  readonly file: string;
  /** sr, Hz */
  readonly rate: number;
  /** Samples of a frame; in versions 5 and 6 with the end of the one before. */
  readonly numSamples: number;
  /** The output that gives each state, by the input that takes it. */
  readonly states: Readonly<Record<string, string>>;
  /** Of each state. */
  readonly stateShape: readonly number[];
}

const V4 = { file: "silero_vad_legacy.onnx", states: { h: "hn", c: "cn" }, stateShape: [2, 1, 64] };
const LATER = { states: { state: "stateN" }, stateShape: [2, 1, 128] };

export const sileros: readonly Silero[] = [
  { id: "v4, 16 kHz", rate: 16_000, numSamples: 1536, ...V4 },
  { id: "v4, 8 kHz", rate: 8000, numSamples: 768, ...V4 },
  { id: "v5, 16 kHz", file: "silero_vad_v5.onnx", rate: 16_000, numSamples: 576, ...LATER },
  { id: "v5, 8 kHz", file: "silero_vad_v5.onnx", rate: 8000, numSamples: 288, ...LATER },
  { id: "v6, 16 kHz", file: "silero_vad_v6.onnx", rate: 16_000, numSamples: 576, ...LATER },
  { id: "v6, 8 kHz", file: "silero_vad_v6.onnx", rate: 8000, numSamples: 288, ...LATER },
];

/** Frames after which a fixture has the states. */
export const FRAME_COUNTS = [150, 1000] as const;

/** As test/fixtures/silero/compute.ts writes it. */
export interface SileroFixture {
  /** The probability of speech of each frame. */
  readonly output: readonly number[];
  /** By the number of frames, and by the graph's names. */
  readonly states: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

/** Noise, louder and softer in turn. @returns a function that gives the next frame */
export function sileroSignal({ numSamples }: Silero): () => Float32Array {
  const next = uniform(1701);
  let frame = 0;
  return () => {
    const loudness = [0.5, 0.3, 0.05, 0.01][Math.floor(frame++ / 20) % 4]!;
    return Float32Array.from({ length: numSamples }, () => loudness * (2 * next() - 1));
  };
}

const TOLERANCE = { atol: 1e-5, rtol: 0 };
/**
 * An LSTM's cell grows to several hundred, by sums of a frame each: after 1,000 frames onnxruntime's float32 is 1.4e-5 of
 * max(1, |value|) from the equations in float64, and ours as much.
 */
const STATE_TOLERANCE = { atol: 1e-5, rtol: 3e-5 };

/** Frames of one push on WebGPU: a software adapter takes long for a push. */
const FRAMES_AT_ONCE = 25;

/** Streams so many frames, one by one on the CPU. @returns comparisons by what was compared */
export async function runSilero(
  silero: Silero,
  bytes: Uint8Array,
  { output, states }: SileroFixture,
  numFrames: number,
  device: "cpu" | GPUDevice,
): Promise<Record<string, Comparison>> {
  const { rate, numSamples } = silero;
  const options = { constants: { sr: rate }, inputShapes: { input: [1, numSamples] } };
  const model = await loadModel(bytes, { device, ...options });
  const stream = model.createStream();
  const nextFrame = sileroSignal(silero);
  const given: number[] = [];
  const atOnce = device === "cpu" ? 1 : FRAMES_AT_ONCE;
  for (let i = 0; i < numFrames; i += atOnce) {
    const frames = Array.from({ length: atOnce }, () => [...nextFrame()]);
    given.push(...(await stream.push(Float32Array.from(frames.flat()))));
  }
  const units = Object.values(await stream.state()).flatMap((block) => [...block]);
  const comparisons = { output: compare(given, output.slice(0, numFrames), TOLERANCE) } as Record<string, Comparison>;
  for (const port of (model.network as OnnxNetwork).graph.outputs) {
    if (port.as !== "finalState") continue;
    const own = port.units.map((unit) => units[unit]!);
    comparisons[port.name] = compare(own, states[numFrames]![port.name]!, STATE_TOLERANCE);
  }
  model.dispose();
  return comparisons;
}
