import { FLOOR } from "./measures/pushes.js";
import { rowBeside, speedUp } from "./ratios.js";
import { nameShape, type Kind, type Row, type Shape } from "./row.js";

/** Time that a push on WebGPU may take beyond the floor, and its p99 in multiples of its p50. */
const MAX_OVER_FLOOR_US = 500;
const MAX_TAIL = 3;

/** The p99 of a push on the CPU, up to that size. */
const MAX_CPU_P99_US = 150;
const MAX_CPU_P99_HIDDEN_SIZE = 256;

/** A cold start on WebGPU. */
const MAX_FIRST_US = 150_000;

/** How many times faster ours is to be than a peer's, by medians of the same run. */
interface PeerTarget {
  readonly ours: string;
  readonly peer: string;
  readonly kind: Kind;
  /** Null where there is no target. */
  minSpeedUp(shape: Shape): number | null;
}

const GPU = "webgru/webgpu";
const CPU = "webgru/cpu";

const PEER_TARGETS: readonly PeerTarget[] = [
  sequencesOnGpu("onnxruntime-web/webgpu", (hiddenSize) => (hiddenSize <= 128 ? 4 : 3)),
  sequencesOnGpu("jax-js/webgpu", (hiddenSize) => (hiddenSize <= 64 ? 2.5 : hiddenSize <= 256 ? 2 : 1.4)),
  sequencesOnGpu("LiteRT.js/webgpu", () => 2.5),
  sequencesOnGpu("TF.js/webgpu", () => 10),
  { ours: GPU, peer: "onnxruntime-web/webgpu", kind: "push", minSpeedUp: () => 2 },
  { ours: CPU, peer: "onnxruntime-web/wasm", kind: "sequence", minSpeedUp: onCpu },
  {
    ours: CPU,
    peer: "onnxruntime-node/cpu",
    kind: "push",
    minSpeedUp: ({ hiddenSize }) => (hiddenSize <= 512 ? 1 / 0.8 : null),
  },
];

/** Lone rows of 100 steps, to H = 512. */
function sequencesOnGpu(peer: string, least: (hiddenSize: number) => number): PeerTarget {
  const minSpeedUp = ({ sequenceLength, batchSize, hiddenSize }: Shape) =>
    sequenceLength === 100 && batchSize === 1 && hiddenSize <= 512 ? least(hiddenSize) : null;
  return { ours: GPU, peer, kind: "sequence", minSpeedUp };
}

function onCpu({ sequenceLength, batchSize, hiddenSize, storage }: Shape): number | null {
  if (storage === "int8") return hiddenSize >= 256 ? 1 / 0.5 : null;
  if (batchSize > 1 || hiddenSize > 512) return 1;
  if (sequenceLength > 1) return 1 / 0.75;
  return hiddenSize <= 256 ? 1 / 0.4 : 1 / 0.7;
}

/** A goal, with the figures that decide it. */
export interface Verdict {
  readonly text: string;
  readonly isMet: boolean;
}

/** Holds ours against every target that the rows can decide. */
export function judge(rows: readonly Row[]): Verdict[] {
  return [...judgePushes(rows), ...judgePeers(rows), ...judgeFirsts(rows)];
}

/** Holds each push of ours against its own tail and, on WebGPU, against the floor of the same run. */
export function judgePushes(rows: readonly Row[]): Verdict[] {
  return rows.flatMap((row) => {
    if (row.kind !== "push" || row.timeUs === null) return [];
    const { p50, p99 } = row.timeUs;
    const { hiddenSize } = row.shape;
    const name = `H=${hiddenSize}`;
    if (row.contender === CPU && row.suite === "cpu" && hiddenSize <= MAX_CPU_P99_HIDDEN_SIZE) {
      return [{ text: `${name}: p99 ${ms(p99)} <= ${ms(MAX_CPU_P99_US)}`, isMet: p99 <= MAX_CPU_P99_US }];
    }
    const floorUs = rowBeside(rows, row, FLOOR)?.timeUs?.p50;
    if (row.contender !== GPU || floorUs === undefined) return [];
    return [
      {
        text: `${name}: p50 ${ms(p50)} <= floor ${ms(floorUs)} + ${ms(MAX_OVER_FLOOR_US)}`,
        isMet: p50 <= floorUs + MAX_OVER_FLOOR_US,
      },
      { text: `${name}: p99 ${ms(p99)} <= ${MAX_TAIL} x p50 ${ms(p50)}`, isMet: p99 <= MAX_TAIL * p50 },
    ];
  });
}

/** Holds ours against peers that took turns with it. */
function judgePeers(rows: readonly Row[]): Verdict[] {
  return rows.flatMap((row) =>
    PEER_TARGETS.flatMap(({ ours, peer, kind, minSpeedUp }) => {
      const theirs = rowBeside(rows, row, peer);
      const least = minSpeedUp(row.shape);
      if (row.kind !== kind || row.contender !== ours || theirs === undefined || least === null) return [];
      const times = speedUp(row, theirs);
      if (times === null) return [];
      const text = `${nameShape(row.shape)}: ${times.toFixed(2)} >= ${least.toFixed(2)} times as fast as ${peer}`;
      return [{ text, isMet: times >= least }];
    }),
  );
}

function judgeFirsts(rows: readonly Row[]): Verdict[] {
  return rows.flatMap(({ kind, contender, shape, timeUs }) => {
    if (kind !== "first" || contender !== GPU || timeUs === null) return [];
    const text = `H=${shape.hiddenSize}: first prediction in ${ms(timeUs.p50)} <= ${ms(MAX_FIRST_US)}`;
    return [{ text, isMet: timeUs.p50 <= MAX_FIRST_US }];
  });
}

function ms(timeUs: number): string {
  return `${(timeUs / 1000).toFixed(2)} ms`;
}
