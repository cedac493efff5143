import type { RearrangeLayer } from "../layers/rearrange.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** Features on average in a run from which on the runs are copied, each by a call. */
const MIN_RUN = 24;

/** Neighbours that stay neighbours, from element `from` to element `to` of a row. */
interface Run {
  /** -1 to be filled */
  readonly from: number;
  readonly to: number;
  length: number;
}

declare module "./wasmModule.js" {
  interface WasmFunctions {
    rearrangeRows(
      offsets: number,
      size: number,
      fill: number,
      x: number,
      xStride: number,
      out: number,
      outStride: number,
      numRows: number,
    ): void;
  }
}

/** The features of each row in another order: run by run, or one by one where runs are short. */
export function createRearrange({ indices: given, fill }: RearrangeLayer, { memory, wasm }: CpuTarget): CpuLayer {
  const runs = runsOf(given);
  const indices = Int32Array.from(given);
  const isByRuns = runs.length * MIN_RUN <= given.length;
  if (wasm !== null && !isByRuns) {
    const offsets = memory.allocate(4 * given.length);
    memory.i32.set(
      indices.map((index) => (index < 0 ? -1 : 4 * index)),
      offsets / 4,
    );
    return {
      run({ x, xStride, output, outputStride, numRows }) {
        wasm.rearrangeRows(offsets, given.length, fill, x, xStride, output, outputStride, numRows);
      },
    };
  }
  return {
    run({ x, xStride, output, outputStride, numRows }) {
      const { f32 } = memory;
      for (let row = 0; row < numRows; row++) {
        const from = x / 4 + row * xStride;
        const to = output / 4 + row * outputStride;
        if (isByRuns) copyRuns(runs, fill, f32, from, to);
        else copyEach(indices, fill, f32, from, to);
      }
    },
  };
}

function copyRuns(runs: readonly Run[], fill: number, f32: Float32Array, from: number, to: number): void {
  for (let i = 0; i < runs.length; i++) {
    const run = runs[i]!;
    if (run.from < 0) f32.fill(fill, to + run.to, to + run.to + run.length);
    else f32.copyWithin(to + run.to, from + run.from, from + run.from + run.length);
  }
}

function copyEach(indices: Int32Array, fill: number, f32: Float32Array, from: number, to: number): void {
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i]!;
    f32[to + i] = index < 0 ? fill : f32[from + index]!;
  }
}

function runsOf(indices: Float32Array): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  indices.forEach((from, to) => {
    const next = last === undefined ? NaN : last.from < 0 ? -1 : last.from + last.length;
    if (last !== undefined && from === next) last.length++;
    else runs.push((last = { from, to, length: 1 }));
  });
  return runs;
}
