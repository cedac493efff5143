// Where the WebAssembly form of the CPU path, a file of its own, makes itself known to the main one.

import type { Network } from "../model/network.js";
import type { Use, Verdict } from "./cost.js";
import type { Runner } from "./runner.js";

/** A faster form of the CPU path than plain JavaScript. */
export interface FastCpu {
  /** What it is, for a person. */
  readonly name: string;
  createRunner(network: Network): Runner;
  /** Which finishes a use first: this one, with its runner, or a GPU. */
  weigh(network: Network, runner: Runner, use: Use, device: GPUDevice): Promise<Verdict>;
}

let registered: (() => Promise<FastCpu>) | null = null;

/**
 * Used by `webgru/cpu`, which calls this when it is imported.
 *
 * @param load rejects where the engine or the page's policy refuses; the CPU path then runs in plain JavaScript
 */
export function registerFastCpu(load: (() => Promise<FastCpu>) | null): void {
  registered = load;
}

/** What was registered. */
export function registeredFastCpu(): (() => Promise<FastCpu>) | null {
  return registered;
}
