import type { Network } from "../model/network.js";
import { Runner } from "./runner.js";
import { compileModule, instantiate, type ModuleTexts } from "./wasmModule.js";

/** A form of the CPU path that is faster than plain JavaScript. */
export interface FastCpu {
  /** The features of WebAssembly that it uses, for a person. */
  readonly name: string;
  createRunner(network: Network): Runner;
}

/** By the module's text. */
const compiled = new Map<string, Promise<FastCpu>>();

/**
 * The form in WebAssembly. A module is compiled once for all models; each model has an instance with its weights.
 *
 * @returns a sentence with the reason, where the engine or the page's policy refuses WebAssembly
 */
export async function fastCpu(texts: ModuleTexts): Promise<FastCpu | string> {
  let form = compiled.get(texts.basic);
  if (form === undefined) {
    form = compileModule(texts).then((module) => ({
      name: module.name,
      createRunner: (network) => new Runner(network, instantiate(module)),
    }));
    compiled.set(texts.basic, form);
  }
  return form.catch((error: unknown) => `WebAssembly was refused (${String(error)})`);
}
