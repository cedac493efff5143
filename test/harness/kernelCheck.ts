// Holds a KernelSpec against what its WGSL declares, so that the two cannot drift apart.

import { type VariableInfo, WgslReflect } from "wgsl_reflect/wgsl_reflect.module.js";
import type { KernelBinding, KernelSpec } from "../../src/kernels/kernelSpec.js";

/** WebGPU's default maxStorageBuffersPerShaderStage. */
const MAX_STORAGE_BUFFERS = 8;

/** Faults of a spec that does not fit its shader, in sentences; none when it does. @param entryPoint the shader file's name */
export function checkKernel(spec: KernelSpec, entryPoint: string): string[] {
  const shader = new WgslReflect(spec.source);
  const faults = [
    ...checkEntryPoint(shader, spec, entryPoint),
    ...checkOverrides(spec),
    ...checkBindings(shader, spec),
  ];
  return faults.map((fault) => `${spec.label}: ${fault}`);
}

function checkEntryPoint(shader: WgslReflect, spec: KernelSpec, entryPoint: string): string[] {
  const { compute, vertex, fragment } = shader.entry;
  const names = [...compute, ...vertex, ...fragment].map(({ name }) => name);
  const size = compute[0]?.attributes?.find(({ name }) => name === "workgroup_size")?.value;
  return [
    ...unless(names.join() === entryPoint, `expected one entry point, ${entryPoint}, got ${names.join()}`),
    ...unless(spec.entryPoint === entryPoint, `expected to enter at ${entryPoint}, got ${spec.entryPoint}`),
    ...unless(String(size) === "WORKGROUP_SIZE", `expected the workgroup size WORKGROUP_SIZE, got ${String(size)}`),
  ];
}

/** The model fixes overrides without a default; one that has a default computes it from others. */
function checkOverrides({ source, constants }: KernelSpec): string[] {
  const overrides = overridesOf(source);
  const given = Object.keys(constants).sort().join();
  const needed = overrides.filter(({ value }) => value === undefined).map(({ name }) => name);
  const constant = overrides.filter(
    ({ name, value = name }) => !overrides.some((other) => new RegExp(`\\b${other.name}\\b`).test(value)),
  );
  return [
    ...unless(given === needed.sort().join(), `expected the constants ${needed.join()}, got ${given}`),
    ...constant.map(({ name, value }) => `expected no default for ${name}, got ${value}`),
    ...Object.entries(constants)
      .filter(([, value]) => !Number.isFinite(value))
      .map(([name, value]) => `expected ${name} to be a number, got ${value}`),
  ];
}

interface Override {
  readonly name: string;
  /** The expression it defaults to. */
  readonly value: string | undefined;
}

/** wgsl_reflect knows the overrides but not their defaults. */
function overridesOf(source: string): Override[] {
  const code = source.replaceAll(/\/\/.*/g, "");
  const declarations = code.matchAll(/\boverride\s+(\w+)\s*(?::\s*\w+\s*)?(?:=\s*([^;]+))?;/g);
  return [...declarations].map(([, name, value]) => ({ name: name!, value }));
}

function checkBindings(shader: WgslReflect, spec: KernelSpec): string[] {
  const groups = shader.getBindGroups();
  const declared = (groups[0] ?? []).map(bindingType);
  const numStorage = declared.filter((type) => type !== "uniform").length;
  return [
    ...unless(groups.length === 1, `expected bind group 0 alone, got ${groups.length} groups`),
    ...unless(
      declared.join() === spec.bindings.join(),
      `expected the bindings ${declared.join()}, got ${spec.bindings.join()}`,
    ),
    ...unless(
      numStorage <= MAX_STORAGE_BUFFERS,
      `expected at most ${MAX_STORAGE_BUFFERS} storage buffers, got ${numStorage}`,
    ),
  ];
}

function bindingType(variable: VariableInfo | undefined): KernelBinding | "nothing" {
  if (variable === undefined) return "nothing"; // a number left out
  // wgsl_reflect's ResourceType is an enum, which a type-only build cannot import: 0 uniform, 1 storage.
  if (Number(variable.resourceType) === 0) return "uniform";
  return variable.access === "read" ? "read-only-storage" : "storage";
}

function unless(isGood: boolean, fault: string): string[] {
  return isGood ? [] : [fault];
}
