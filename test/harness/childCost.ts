// The cost of parsing a file: processor time and memory, of a process that does nothing else.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ParseModelOptions } from "webgru";
import { projectRoot } from "./library.js";

/** The cost of parsing one file, and the outcome. */
export interface ChildCost {
  /** Of all threads, without loading the library. */
  readonly cpuMs: number;
  /** The time of a fixed piece of work in the same process right after: a busy machine makes both slower. */
  readonly yardstickMs: number;
  /** How far the process's peak rose. */
  readonly peakMegabytes: number;
  /** "network", "bad-file: the message" of a GruError, or anything else: "RangeError: ...", "no answer (SIGKILL)". */
  readonly outcome: string;
}

/** Options of the parser, and files beside the file. */
export interface ChildCostOptions extends Omit<ParseModelOptions, "files"> {
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** A process that takes longer is ended, by the clock on the wall: only what hangs comes near it. */
const TIMEOUT_MS = 30_000;

/** Of the heap, so that what asks for all memory ends before the machine does. */
const HEAP_MEGABYTES = 1500;

/** Another process may have been in the way of a cost below this: a fault costs more, or as much each time. */
const DOUBTFUL_MS = 2000;

/**
 * Parses a file with the built library (call `buildLibrary` before), in a process of its own.
 *
 * @param bytes the file, or the source of a module whose default export makes it, for one that is too large to hand over
 */
export async function childCost(
  bytes: Uint8Array | string,
  { files, ...options }: ChildCostOptions = {},
): Promise<ChildCost> {
  const folder = mkdtempSync(join(tmpdir(), "webgru-cost-"));
  try {
    writeFileSync(join(folder, typeof bytes === "string" ? "make.mjs" : "model"), bytes);
    mkdirSync(join(folder, "files"));
    const names = [...(files?.keys() ?? [])];
    for (const [i, name] of names.entries()) writeFileSync(join(folder, "files", `${i}`), files!.get(name)!);
    writeFileSync(join(folder, "options.json"), JSON.stringify({ options, names: files && names }));
    const parts = typeof bytes === "string" ? [] : [bytes, ...(files?.values() ?? [])];
    const sizeBytes = parts.reduce((sum, { length }) => sum + length, 0);
    let least = await costIn(folder);
    for (let again = 0; again < 2 && isDoubtful(least, sizeBytes); again++) {
      const cost = await costIn(folder);
      if (cost.cpuMs / cost.yardstickMs < least.cpuMs / least.yardstickMs) least = cost;
    }
    return least;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether a cost is too large, and is measured anew: the least counts. */
function isDoubtful({ cpuMs, yardstickMs }: ChildCost, sizeBytes: number): boolean {
  return cpuMs > costLimits(sizeBytes, yardstickMs).cpuMs && cpuMs < DOUBTFUL_MS;
}

async function costIn(folder: string): Promise<ChildCost> {
  const flags = [`--max-old-space-size=${HEAP_MEGABYTES}`];
  const child = spawn(process.execPath, [...flags, `${projectRoot}test/harness/childParse.mjs`, folder], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  clearTimeout(timer);
  if (text !== "") return JSON.parse(text) as ChildCost;
  return { cpuMs: Infinity, yardstickMs: 1, peakMegabytes: Infinity, outcome: `no answer (${signal ?? code})` };
}

/** The yardstick's time on an idle core whose memory is at hand. */
const IDLE_YARDSTICK_MS = 100;

/**
 * The cost that a file of that size may have: 50 ms and 20 ms a megabyte, 64 MB and 2.5 times the file. Four times the
 * processor time is let pass, for the first call of code that was never compiled; more on a machine whose yardstick says
 * that it is slower, or busy with other work.
 */
export function costLimits(sizeBytes: number, yardstickMs: number = IDLE_YARDSTICK_MS): Limits {
  const megabytes = sizeBytes / 1e6;
  const slowness = Math.max(1, yardstickMs / IDLE_YARDSTICK_MS);
  return { cpuMs: 4 * slowness * (50 + 20 * megabytes), peakMegabytes: 64 + 2.5 * megabytes };
}

type Limits = Pick<ChildCost, "cpuMs" | "peakMegabytes">;

/** Costs above the limits, and an answer that is neither a network nor a GruError; none where all is well. */
export function costFaults({ cpuMs, yardstickMs, peakMegabytes, outcome }: ChildCost, sizeBytes: number): string[] {
  const limits = costLimits(sizeBytes, yardstickMs);
  const faults = [];
  if (!/^(network$|(bad-file|unsupported|shape-mismatch|limit-exceeded): )/.test(outcome)) faults.push(outcome);
  if (cpuMs > limits.cpuMs) faults.push(`${cpuMs.toFixed(0)} ms, at most ${limits.cpuMs.toFixed(0)}`);
  if (peakMegabytes > limits.peakMegabytes) {
    faults.push(`${peakMegabytes.toFixed(0)} MB, at most ${limits.peakMegabytes.toFixed(0)}`);
  }
  return faults;
}
