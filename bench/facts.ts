import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { projectRoot } from "../test/harness/library.js";
import type { AdapterFacts } from "./adapter.js";
import type { Runtime } from "./runtime.js";
import type { WorkloadOptions } from "./workload.js";

/** Where and when a result was measured: what a reader needs to weigh it. */
export interface RunFacts {
  readonly version: string;
  /** Abbreviated, with "-dirty" behind it where tracked files differ from it. */
  readonly commit: string;
  /** ISO 8601, UTC */
  readonly date: string;
  /** The browser, or Node and its WebGPU. */
  readonly engine: string;
  readonly adapter: AdapterFacts;
  /** The limit of the figures' meaning; null for a GPU. */
  readonly warning: string | null;
  readonly cpu: string;
  readonly platform: string;
  /** Processes that wanted a core in the last minute; more than the machine has cores, and times are noise. */
  readonly loadAtStart: number;
  /** The smallest time that the clock tells apart. */
  readonly clockUs: number;
  readonly options: WorkloadOptions;
}

const SOFTWARE_WARNING = "software adapter: ratios between WebGPU engines only; never a claim about a GPU";

/** Collects the facts from the machine, git and the runtime. */
export async function describeRun(runtime: Runtime, options: WorkloadOptions): Promise<RunFacts> {
  const loadAtStart = loadAverage();
  const needsGpu = options.suites.some((suite) => suite !== "cpu");
  const { engine, adapter, clockUs } = await runtime.describe(needsGpu);
  const processors = cpus();
  return {
    version: JSON.parse(readFileSync(`${projectRoot}package.json`, "utf8")).version,
    commit: currentCommit(),
    date: new Date().toISOString(),
    engine,
    adapter,
    warning: needsGpu && adapter.isSoftware ? SOFTWARE_WARNING : null,
    cpu: `${processors.length} x ${processors[0]?.model.trim() || "unnamed core"}`,
    platform: `${process.platform} ${process.arch}`,
    loadAtStart,
    clockUs,
    options,
  };
}

/** The machine's load over the last minute; 0 on Windows, which has none. */
export function loadAverage(): number {
  return Number(loadavg()[0]!.toFixed(2));
}

function currentCommit(): string {
  try {
    // Without the lock, a benchmark writes nothing into the repository, not even a refreshed index.
    const args = ["--no-optional-locks", "describe", "--always", "--dirty", "--exclude=*"];
    return execFileSync("git", args, {
      cwd: projectRoot,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown"; // not a clone
  }
}
