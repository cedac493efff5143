import { registeredFastCpu, registerFastCpu } from "../src/cpu/registry.js";

await import("../src/cpu.js"); // registers itself
const webAssembly = registeredFastCpu();

/** The forms of the CPU path: each must pass what the other does. */
export const cpuForms = ["WebAssembly", "plain JavaScript"] as const;

export type CpuForm = (typeof cpuForms)[number];

/** Has models made from now on run in one form, as an engine or a page's policy would choose it. */
export function useCpuForm(form: CpuForm): void {
  registerFastCpu(form === "WebAssembly" ? webAssembly : () => Promise.reject(new Error("not in this test")));
}
