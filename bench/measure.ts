// Runs where the engines run: in the bench page, or in Node.

import type { Contender } from "./contender.js";
import { measureCells } from "./measures/cells.js";
import { measureCrowd } from "./measures/crowd.js";
import { measureGeneration } from "./measures/generation.js";
import { measurePushes } from "./measures/pushes.js";
import { measureSequences } from "./measures/sequences.js";
import type { Row } from "./row.js";
import type { MeasureRequest } from "./workload.js";

/**
 * Measures one shape.
 *
 * @param contenders among whom the request's are
 * @throws Error for an output that is not the reference's
 */
export async function measure(contenders: readonly Contender[], request: MeasureRequest): Promise<Row[]> {
  const wanted = request.contenders.map((name) => contenderNamed(contenders, name));
  switch (request.kind) {
    case "sequence":
      return measureSequences(wanted, request);
    case "push":
      return measurePushes(wanted, request);
    case "cells":
      return measureCells(wanted, request);
    case "crowd":
      return measureCrowd(wanted, request);
    case "generation":
      return measureGeneration(request);
    case "first":
      throw new Error("first prediction: expected a fresh page for each, got one measurement of all");
  }
}

/** @throws Error when there is none of that name */
export function contenderNamed(contenders: readonly Contender[], name: string): Contender {
  const contender = contenders.find((one) => one.name === name);
  if (contender !== undefined) return contender;
  throw new Error(`contender: expected one of ${contenders.map((one) => one.name).join(", ")}, got ${name}`);
}
