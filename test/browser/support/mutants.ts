// Runs the library with a shader file changed, by way of the caller's own device that it may be given: that device
// compiles other code than it was handed. The library knows nothing of it.

import { GruModel } from "../../../src/stream/gruModel.js";
import type { TuningRow } from "../../../src/plan/tuning.js";
import { borrowDevice } from "../../../src/runtime/openDevice.js";
import { GpuEngine } from "../../../src/runtime/gpuEngine.js";
import { compareTwinOn, prepareTwin, type PreparedTwin } from "../../harness/twin.js";
import { twinCase } from "../../cases/twinCases.js";
import { forcedKernels } from "./forcedKernels.js";

/** A shader file's text, and the text to compile in its place. */
export interface Mutant {
  readonly original: string;
  readonly mutated: string;
}

/** Made once: the reference takes longer than some runs on the GPU. */
const prepared = new Map<string, PreparedTwin>();

let device: Promise<MutableDevice> | undefined;

/** The device of all mutants of the page. */
export function mutableDevice(): Promise<MutableDevice> {
  return (device ??= makeDevice());
}

/**
 * Runs cases of test/cases/twinCases.ts with a mutant in place of its original, until one of them differs from the reference.
 *
 * @param table of kernels to choose from, the mutated one among them
 * @returns the id of the case that differs and how, or null when none does
 * @throws when the mutant does not compile, or no kernel of a case holds the original
 */
export async function findKiller(
  mutant: Mutant,
  ids: readonly string[],
  table: readonly TuningRow[],
): Promise<[string, string] | null> {
  const { gpu, mutate } = await mutableDevice();
  for (const id of ids) {
    const isUsed = mutate(mutant);
    const twin = prepare(id);
    const choice = borrowDevice(gpu);
    const engine = await GpuEngine.create(twin.network, choice, "a test", forcedKernels(choice, table));
    const comparisons = await compareTwinOn(twin, new GruModel(twin.network, engine, "reject"));
    if (!isUsed()) throw new Error(`"${id}": expected a kernel made of the mutated file, got none`);
    for (const [output, { isClose, worst }] of Object.entries(comparisons)) {
      if (!isClose) return [id, `${output}, ${worst}`];
    }
  }
  return null;
}

/** Rows that a dispatch may have, the device says, so that small cases take several: no less than their batches. */
const MAX_ROWS = 20;

/** A device that compiles a mutant in place of its original. */
export interface MutableDevice {
  readonly gpu: GPUDevice;
  /** From now on replaces the mutant's original. @returns a function that tells whether it has done so */
  mutate(mutant: Mutant): () => boolean;
}

async function makeDevice(): Promise<MutableDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  const gpu = await adapter!.requestDevice();
  const { maxBufferSize, maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = gpu.limits;
  const { maxComputeInvocationsPerWorkgroup, maxComputeWorkgroupSizeX } = gpu.limits;
  const limits = {
    maxBufferSize,
    maxStorageBufferBindingSize,
    maxComputeWorkgroupStorageSize,
    maxComputeInvocationsPerWorkgroup,
    maxComputeWorkgroupSizeX,
    maxComputeWorkgroupsPerDimension: MAX_ROWS,
  };
  Object.defineProperty(gpu, "limits", { value: limits });
  const compile = gpu.createShaderModule.bind(gpu);
  let current: Mutant | undefined;
  let isUsed = false;
  gpu.createShaderModule = ({ code, ...descriptor }) => {
    const { original, mutated } = current!;
    isUsed ||= code.includes(original);
    return compile({ ...descriptor, code: code.replace(original, () => mutated) });
  };
  return {
    gpu,
    mutate: (mutant) => {
      current = mutant;
      isUsed = false;
      return () => isUsed;
    },
  };
}

function prepare(id: string): PreparedTwin {
  const twin = prepared.get(id) ?? prepareTwin(twinCase(id));
  prepared.set(id, twin);
  return twin;
}
