import type { Kind, Shape, Suite } from "./row.js";

/** A measure on one shape: which contenders, and how often. */
export interface MeasureRequest {
  readonly kind: Kind;
  readonly suite: Suite;
  readonly shape: Shape;
  /** Names; the first is the one that the others are measured against. */
  readonly contenders: readonly string[];
  readonly numWarmups: number;
  readonly numRuns: number;
  /** Of a sequence: whether 2T steps are timed too. */
  readonly withSlope: boolean;
  /** Of pushes: whether the floor takes turns with them. */
  readonly withFloor: boolean;
  /** Of a crowd: numbers of streams; of generation: tokens of a submit. Empty elsewhere. */
  readonly numTogether: readonly number[];
}

/** Where the engines run. */
export const RUNTIMES = ["browser", "node"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** The measures that the command line asks for. */
export interface WorkloadOptions {
  readonly suites: readonly Suite[];
  readonly runtime: RuntimeName;
  readonly withPeers: boolean;
  /** Few small shapes: whether everything works, not how fast it is. */
  readonly isQuick: boolean;
  /** Of sequences on every device, those of one row of 100 steps, to H = 512: minutes with the peers, not half an hour. */
  readonly isLone: boolean;
  /** Repetitions of each sequence; other kinds follow from it. */
  readonly numRuns: number;
}

/** Repetitions of each sequence unless the command line says otherwise. */
export const FULL_RUNS = 10;
export const QUICK_RUNS = 3;

const INPUT_SIZE = 64;

/** Enough for a p99 that is not simply the worst. */
const PUSHES_PER_RUN = 30;
const NUM_FIRSTS = 20;

const PEERS = {
  browser: {
    gpu: ["onnxruntime-web/webgpu", "jax-js/webgpu", "LiteRT.js/webgpu", "TF.js/webgpu"],
    cpu: ["onnxruntime-web/wasm", "TF.js/wasm"],
  },
  node: { gpu: [], cpu: ["onnxruntime-node/cpu"] },
};
const OURS = ["webgru/webgpu", "webgru/cpu"];
const PLAIN_LOOP = "plain loop";

/** They write every step of a sequence out, and take minutes to compile hundreds. */
const UNROLLERS = ["jax-js/webgpu", "LiteRT.js/webgpu"];
const MAX_UNROLLED = 100;

/** Every measurement of a run, in its order. */
export function workloadOf(options: WorkloadOptions): MeasureRequest[] {
  return options.suites.flatMap((suite) => requestsOf[suite](options).map((one) => ({ ...one, suite })));
}

/** A request of the suite that it is listed in. */
type SuiteRequest = Omit<MeasureRequest, "suite">;

const requestsOf: Readonly<Record<Suite, (options: WorkloadOptions) => SuiteRequest[]>> = {
  gpu: gpuRequests,
  stream: streamRequests,
  cpu: cpuRequests,
  cells: cellRequests,
  first: firstRequests,
};

/** Sequences over H, T and B, and single pushes, on every device. */
function gpuRequests({ runtime, withPeers, isQuick, isLone, numRuns }: WorkloadOptions): SuiteRequest[] {
  const { gpu, cpu } = PEERS[runtime];
  const contenders = withPeers ? [...OURS, ...gpu, ...cpu, PLAIN_LOOP] : OURS;
  const hiddenSizes = isQuick ? [64, 128] : [64, 128, 256, 512, ...(withPeers && !isLone ? [1024] : [])];
  const over =
    isQuick || isLone ? [] : [{ sequenceLength: 25 }, { sequenceLength: 400 }, { batchSize: 8 }, { batchSize: 32 }];
  const shapes = [
    ...hiddenSizes.map((hiddenSize) => shapeOf({ sequenceLength: 100, hiddenSize })),
    ...over.map((sizes) => shapeOf({ sequenceLength: 100, hiddenSize: 256, ...sizes })),
  ];
  const sequences = shapes.map((shape) => ({
    ...request("sequence", shape, shape.sequenceLength > MAX_UNROLLED ? withoutUnrollers(contenders) : contenders),
    // A batch and a long sequence take long enough as they are.
    withSlope: shape.batchSize === 1 && shape.sequenceLength <= 100 && shape.hiddenSize <= 512,
    numWarmups: 2,
    numRuns,
  }));
  const pushes = hiddenSizes
    .filter((hiddenSize) => hiddenSize <= 512)
    .map((hiddenSize) => pushRequest(hiddenSize, contenders, numRuns, true));
  return [...sequences, ...pushes];
}

/** Live use of WebGPU: latency beside the floor, many streams, generated tokens. */
function streamRequests({ isQuick, numRuns }: WorkloadOptions): SuiteRequest[] {
  const hiddenSizes = isQuick ? [64, 128] : [64, 128, 256, 512];
  return [
    // More of them than elsewhere: the p99 is what counts.
    ...hiddenSizes.map((hiddenSize) => pushRequest(hiddenSize, ["webgru/webgpu"], 2 * numRuns, true)),
    {
      ...request("crowd", shapeOf({ hiddenSize: 128 }), OURS),
      numTogether: isQuick ? [1, 16] : [1, 16, 256, 4096],
      numWarmups: 1,
      numRuns,
    },
    {
      ...request("generation", shapeOf({ sequenceLength: isQuick ? 64 : 256, inputSize: 32, hiddenSize: 256 }), []),
      numTogether: [1, 4, 16, 64],
      numWarmups: 1,
      numRuns,
    },
  ];
}

/** The CPU alone. */
function cpuRequests({ runtime, withPeers, isQuick, numRuns }: WorkloadOptions): SuiteRequest[] {
  const contenders = ["webgru/cpu", ...(withPeers ? PEERS[runtime].cpu.slice(0, 1) : []), PLAIN_LOOP];
  const hiddenSizes = isQuick ? [32, 64] : [32, 64, 128, 256, 512, 1024];
  // Falling: the reference of a long sequence serves the shorter ones.
  const lengths = isQuick ? [25, 1] : [375, 100, 25, 1];
  const shapes = [
    ...hiddenSizes.flatMap((hiddenSize) => lengths.map((sequenceLength) => shapeOf({ sequenceLength, hiddenSize }))),
    ...(isQuick ? [] : [256, 512]).flatMap((hiddenSize) =>
      [8, 32].map((batchSize) => shapeOf({ sequenceLength: 25, batchSize, hiddenSize })),
    ),
    ...(isQuick ? [64] : [128, 256, 512]).map((hiddenSize) =>
      shapeOf({ sequenceLength: 25, hiddenSize, storage: "int8" }),
    ),
  ];
  return [
    ...shapes.map((shape) => ({ ...request("sequence", shape, contenders), numWarmups: 2, numRuns })),
    ...hiddenSizes.map((hiddenSize) => pushRequest(hiddenSize, contenders, numRuns, false)),
  ];
}

/** The recurrent layer types beside each other, on one device after the other. */
function cellRequests({ isQuick, numRuns }: WorkloadOptions): SuiteRequest[] {
  const hiddenSizes = isQuick ? [64] : [64, 128, 256, 512];
  return OURS.flatMap((ours) =>
    hiddenSizes.map((hiddenSize) => ({ ...pushRequest(hiddenSize, [ours], numRuns, false), kind: "cells" as const })),
  );
}

/** Cold starts, each in a fresh page: there is none in Node. */
function firstRequests({ runtime, withPeers, isQuick }: WorkloadOptions): SuiteRequest[] {
  if (runtime === "node") return [];
  const { gpu, cpu } = PEERS.browser;
  const contenders = withPeers ? [...OURS, ...gpu, ...cpu] : OURS;
  const numRuns = isQuick ? 2 : NUM_FIRSTS;
  return [{ ...request("first", shapeOf({ hiddenSize: 128 }), contenders), numRuns }];
}

function withoutUnrollers(contenders: readonly string[]): readonly string[] {
  return contenders.filter((name) => !UNROLLERS.includes(name));
}

function pushRequest(
  hiddenSize: number,
  contenders: readonly string[],
  numRuns: number,
  withFloor: boolean,
): SuiteRequest {
  return {
    ...request("push", shapeOf({ hiddenSize }), contenders),
    withFloor,
    numWarmups: 20,
    numRuns: PUSHES_PER_RUN * numRuns,
  };
}

function request(kind: Kind, shape: Shape, contenders: readonly string[]): SuiteRequest {
  const options = { withSlope: false, withFloor: false, numTogether: [] };
  return { kind, shape, contenders, numWarmups: 0, numRuns: 1, ...options };
}

/** One step of one row of float32, but for what `sizes` say. */
function shapeOf(sizes: Partial<Shape>): Shape {
  return { sequenceLength: 1, batchSize: 1, inputSize: INPUT_SIZE, hiddenSize: 128, storage: "f32", ...sizes };
}
