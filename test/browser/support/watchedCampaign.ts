// A campaign of streams whose ticks are counted: what they ask of the device must not depend on how many streams push.

import { paddedSize } from "../../../src/kernels/kernelSpec.js";
import {
  campaignNetwork,
  type CampaignRequest,
  type CampaignSummary,
  runCampaign,
} from "../../cases/streamCampaign.js";
import { watchGpuCalls } from "./gpuCalls.js";

/** Ticks of so many steps, and of one row or of several: a lone one makes its projection in its step. */
export interface TickKind {
  readonly numSteps: number;
  readonly isLone: boolean;
  numTicks: number;
  fewestRows: number;
  mostRows: number;
  /** Each number of dispatches that one of them took. */
  readonly numDispatches: number[];
}

export interface WatchedSummary extends CampaignSummary {
  readonly ticks: readonly TickKind[];
}

/** As `runCampaign`, on WebGPU; ticks of a kind that are not of as many dispatches are a failure. */
export async function runWatchedCampaign(request: CampaignRequest): Promise<WatchedSummary> {
  const watch = new TickWatch(campaignNetwork(request.seed).inputSize);
  const summary = await runCampaign(request);
  const ticks = watch.end();
  for (const { numSteps, isLone, numDispatches } of ticks) {
    if (numDispatches.length === 1) continue;
    summary.failures.push(
      `ticks of ${numSteps} steps, ${isLone ? "one row" : "several rows"}: expected all of as many dispatches, got ${numDispatches.join()}`,
    );
  }
  return { ...summary, ticks };
}

/** Sorts the ticks of the page's only model by their steps, from the calls that they make. */
class TickWatch {
  readonly #rowBytes: number;
  readonly #kinds = new Map<string, TickKind>();
  #inputBytes = 0;
  #numRows = 0;
  #numDispatches = 0;

  constructor(inputSize: number) {
    this.#rowBytes = paddedSize(inputSize) * Float32Array.BYTES_PER_ELEMENT;
    watchGpuCalls(({ method, buffers: [label], sizeBytes }) => {
      if (method === "dispatchWorkgroups") this.#numDispatches++;
      else if (method === "writeBuffer" && label === "webgru.input") this.#begin(sizeBytes);
      else if (method === "writeBuffer" && label === "webgru.slots") this.#numRows = sizeBytes / 4;
    });
  }

  /** @returns what was seen, the ticks of the fewest steps first */
  end(): TickKind[] {
    this.#begin(0);
    return [...this.#kinds.values()].sort((a, b) => a.numSteps - b.numSteps);
  }

  /** A tick begins with its input, and the one before it has ended. */
  #begin(inputBytes: number): void {
    if (this.#inputBytes > 0) this.#note();
    this.#inputBytes = inputBytes;
    this.#numDispatches = 0;
  }

  #note(): void {
    const numRows = this.#numRows;
    const numSteps = this.#inputBytes / (numRows * this.#rowBytes);
    const isLone = numRows === 1;
    const key = `${numSteps} ${isLone}`;
    const known = this.#kinds.get(key);
    const kind = known ?? { numSteps, isLone, numTicks: 0, fewestRows: numRows, mostRows: numRows, numDispatches: [] };
    this.#kinds.set(key, kind);
    kind.numTicks++;
    kind.fewestRows = Math.min(kind.fewestRows, numRows);
    kind.mostRows = Math.max(kind.mostRows, numRows);
    if (!kind.numDispatches.includes(this.#numDispatches)) kind.numDispatches.push(this.#numDispatches);
  }
}
