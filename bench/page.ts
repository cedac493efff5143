// Runs in the bench page. What it puts on `bench`, main.ts calls inside `page.evaluate`.

import { describeAdapter } from "./adapter.js";
import { clockResolution } from "./clock.js";
import type { Contender } from "./contender.js";
import { webgru } from "./contenders/webgru.js";
import { measurePushes } from "./pushes.js";
import { measureSequences } from "./sequences.js";
import type { MeasureRequest } from "./workload.js";

/** The first is the one that the others are measured against. */
const contenders: readonly Contender[] = [webgru("webgpu"), webgru("cpu")];

const bench = {
  describeAdapter,
  clockResolution,
  sequences: (request: MeasureRequest, more: readonly Contender[] = []) =>
    measureSequences([...contenders, ...more], request),
  pushes: (request: MeasureRequest, more: readonly Contender[] = []) =>
    measurePushes([...contenders, ...more], request),
};

declare global {
  // `var` is how TypeScript declares a property of globalThis.
  var bench: Bench;
}

/** The functions that the bench page offers. */
export type Bench = typeof bench;

globalThis.bench = bench;
