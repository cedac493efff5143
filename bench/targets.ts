import { FLOOR } from "./measures/pushes.js";
import { rowBeside } from "./ratios.js";
import type { Row } from "./row.js";

/** What a push on WebGPU may take beyond the floor, and its p99 in its p50s. */
const MAX_OVER_FLOOR_US = 500;
const MAX_TAIL = 3;

/** A goal, with the figures that decide it. */
export interface Verdict {
  readonly text: string;
  readonly isMet: boolean;
}

/** Holds each push of ours on WebGPU against the floor of the same run, and against its own tail. */
export function judge(rows: readonly Row[]): Verdict[] {
  return rows
    .filter(({ kind, contender }) => kind === "push" && contender === "webgru/webgpu")
    .flatMap((row) => {
      const floor = rowBeside(rows, row, FLOOR);
      if (row.timeUs === null || !floor?.timeUs) return [];
      const { p50, p99 } = row.timeUs;
      const floorUs = floor.timeUs.p50;
      const name = `H=${row.shape.hiddenSize}`;
      return [
        {
          text: `${name}: p50 ${ms(p50)} <= floor ${ms(floorUs)} + ${ms(MAX_OVER_FLOOR_US)}`,
          isMet: p50 <= floorUs + MAX_OVER_FLOOR_US,
        },
        { text: `${name}: p99 ${ms(p99)} <= ${MAX_TAIL} x p50 ${ms(p50)}`, isMet: p99 <= MAX_TAIL * p50 },
      ];
    });
}

function ms(timeUs: number): string {
  return `${(timeUs / 1000).toFixed(2)} ms`;
}
