import type { CpuMemory } from "./cpuMemory.js";

/**
 * The fields of a struct that WebAssembly reads, by name, in the order in which its class in src/cpu/wasm declares them.
 * Each has 4 bytes; counts, flags and addresses are i32.
 */
export type StructFields = Readonly<Record<string, "i32" | "f32">>;

/** @returns address of the struct */
export function writeStruct<Fields extends StructFields>(
  memory: CpuMemory,
  fields: Fields,
  values: Readonly<Record<keyof Fields, number>>,
): number {
  const entries = Object.entries(fields);
  const address = memory.allocate(4 * entries.length);
  entries.forEach(([name, type], i) => (memory[type][address / 4 + i] = values[name]!));
  return address;
}
