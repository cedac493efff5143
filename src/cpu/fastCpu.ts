import type { Network } from "../model/network.js";
import { Runner } from "./runner.js";
import { compileModule, instantiate } from "./wasmModule.js";

/** A faster form of the CPU path than plain JavaScript. */
export interface FastCpu {
  /** What it is, for a person. */
  readonly name: string;
  createRunner(network: Network): Runner;
}

let compiled: Promise<FastCpu> | null = null;

/**
 * The form in WebAssembly, compiled once for all models; each has an instance, with its weights.
 *
 * @returns why there is none, where the engine or the page's policy refuses it
 */
export async function fastCpu(): Promise<FastCpu | string> {
  compiled ??= compileModule().then((module) => ({
    name: module.name,
    createRunner: (network) => new Runner(network, instantiate(module)),
  }));
  return compiled.catch((error: unknown) => `WebAssembly was refused (${String(error)})`);
}
