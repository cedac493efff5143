import type { Network } from "../model/network.js";
import { Runner } from "./runner.js";
import { compileModule, instantiate } from "./wasmModule.js";

/** A form of the CPU path that is faster than plain JavaScript. */
export interface FastCpu {
  /** The features of WebAssembly that it uses, for a person. */
  readonly name: string;
  createRunner(network: Network): Runner;
}

let compiled: Promise<FastCpu> | null = null;

/**
 * The form in WebAssembly. The module is compiled once for all models; each model has an instance with its weights.
 *
 * @returns a sentence with the reason, where the engine or the page's policy refuses WebAssembly
 */
export async function fastCpu(): Promise<FastCpu | string> {
  compiled ??= compileModule().then((module) => ({
    name: module.name,
    createRunner: (network) => new Runner(network, instantiate(module)),
  }));
  return compiled.catch((error: unknown) => `WebAssembly was refused (${String(error)})`);
}
