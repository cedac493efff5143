import { CpuEngine } from "../src/cpu/cpuEngine.js";
import { registerCpu, registeredCpu } from "../src/cpu/registry.js";

await import("../src/cpu.js"); // registers itself
const usual = registeredCpu()!;

/** The forms of the CPU path: each must pass what the other does. */
export const cpuForms = ["WebAssembly", "plain JavaScript"] as const;

export type CpuForm = (typeof cpuForms)[number];

/** Has models made from now on run in one form, as an engine or a page's policy would choose it. */
export function useCpuForm(form: CpuForm): void {
  const refused = "WebAssembly was refused (not in this test)";
  const plain = { ...usual, createEngine: async (...args: Made) => new CpuEngine(...args, refused) };
  registerCpu(form === "WebAssembly" ? usual : plain);
}

type Made = Parameters<typeof usual.createEngine>;
