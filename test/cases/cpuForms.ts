import { setFlagsFromString } from "node:v8";
import { CpuEngine } from "../../src/cpu/cpuEngine.js";
import type { FastCpu } from "../../src/cpu/fastCpu.js";
import { cpuPath, registerCpu } from "../../src/engine/registry.js";
import { basic, relaxed } from "../../src/cpu/wasm/all.ts?modules";
import { instantiate } from "../../src/cpu/wasmModule.js";
import { simplified } from "../../src/model/simplified.js";
import { Runner } from "../../src/cpu/runner.js";

const usual = await cpuPath();

/** The forms of the CPU path: each must pass what the others do. */
export const cpuForms = ["WebAssembly SIMD", "WebAssembly SIMD, relaxed", "plain JavaScript"] as const;

export type CpuForm = (typeof cpuForms)[number];

const compiled = new Map<CpuForm, FastCpu>();

/** Has models made from now on run in one form, whichever the engine or a page's policy would choose. */
export function useCpuForm(form: CpuForm): void {
  const fast = form === "plain JavaScript" ? "WebAssembly was refused (not in this test)" : moduleOf(form);
  registerCpu({ ...usual, createEngine: async (network, reason) => new CpuEngine(simplified(network), reason, fast) });
}

/** One of the two modules, also where this Node would take the other. */
function moduleOf(form: CpuForm): FastCpu {
  let fast = compiled.get(form);
  if (fast === undefined) {
    const text = form === "WebAssembly SIMD" ? basic : relaxed;
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    if (!WebAssembly.validate(bytes)) {
      // Node 20, whose quick compiler (V8 11.3's Liftoff) loses what int8 sums begin with; Chrome's does not.
      for (const flag of ["--experimental-wasm-relaxed-simd", "--no-liftoff"]) setFlagsFromString(flag);
    }
    const module = { name: form, module: new WebAssembly.Module(bytes) };
    fast = { name: form, createRunner: (network) => new Runner(network, instantiate(module)) };
    compiled.set(form, fast);
  }
  return fast;
}
