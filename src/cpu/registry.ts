// Where the CPU path, a file of its own, makes itself known to the main one.

import type { Engine } from "../engine.js";
import type { Network } from "../model/network.js";
import type { Use } from "./cost.js";

/** An engine on the CPU, or why a GPU finishes first. */
export type CpuOffer = { readonly engine: Engine } | { readonly whyNot: string };

/** What runs networks without a GPU. */
export interface CpuPath {
  /** @param reason why the CPU was chosen */
  createEngine(network: Network, reason: string): Promise<Engine>;
  /** An engine, if it finishes `use` before the device would. */
  offer(network: Network, use: Use, device: GPUDevice): Promise<CpuOffer>;
}

let registered: CpuPath | null = null;

/** Used by `webgru/cpu`, which calls this when it is imported. */
export function registerCpu(path: CpuPath | null): void {
  registered = path;
}

/** What was registered. */
export function registeredCpu(): CpuPath | null {
  return registered;
}
