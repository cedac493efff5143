// Runs in the bench page. What it puts on `bench`, browserRuntime.ts calls inside `page.evaluate`.

import { describeAdapter } from "./adapter.js";
import { clockResolution } from "./clock.js";
import type { Contender } from "./contender.js";
import { pageContenders } from "./contenders/all.js";
import { contenderNamed, measure } from "./measure.js";
import { measureFirst } from "./measures/first.js";
import { measureModelHere } from "./models/modelPage.js";
import type { MeasureRequest } from "./workload.js";

const bench = {
  measureModel: measureModelHere,
  describeAdapter,
  clockResolution,
  measure: (request: MeasureRequest, more: readonly Contender[] = []) => measure([...pageContenders, ...more], request),
  measureFirst: (contender: string, request: MeasureRequest) =>
    measureFirst(contenderNamed(pageContenders, contender), request),
};

declare global {
  // `var` is how TypeScript declares a property of globalThis.
  var bench: Bench;
}

/** The functions that the bench page offers. */
export type Bench = typeof bench;

globalThis.bench = bench;
