// Where the two devices make themselves known. Each is a file of its own, which a page fetches when it needs it.

import { GruError } from "../errors.js";
import type { Network } from "../model/network.js";
import type { Engine } from "./engine.js";
import type { Workload } from "./workload.js";

declare global {
  // TypeScript before 6 does not know the names; from then on, or with @webgpu/types, this adds nothing to them.
  interface GPUAdapter {}
  interface GPUDevice {}
}

/** An engine on the CPU, or why a GPU finishes first. */
export type CpuOffer = { readonly engine: Engine } | { readonly whyNot: string };

/** The device that needs no GPU, `webgru/cpu`. */
export interface CpuPath {
  /** @param reason why the CPU was chosen */
  createEngine(network: Network, reason: string): Promise<Engine>;
  /** An engine, if it finishes `workload` before the GPU would. */
  offer(network: Network, workload: Workload, gpu: OpenGpu): Promise<CpuOffer>;
}

/** The device that takes a GPU, `webgru/webgpu`. */
export interface GpuPath {
  /** @throws GruError `no-adapter` */
  open(adapter: GPUAdapter): Promise<OpenGpu>;
  /** Takes a device that belongs to the caller, and is never destroyed. */
  borrow(device: GPUDevice): OpenGpu;
}

/** A GPU ready to run networks. */
export interface OpenGpu {
  /**
   * @param reason why the GPU was chosen
   * @param isAutotuned whether kernels are chosen by trying them
   * @throws GruError `limit-exceeded`, `unsupported`, `device-lost`
   */
  createEngine(network: Network, reason: string, isAutotuned: boolean): Promise<Engine>;
  /** Time of an empty round trip, in microseconds. */
  timeReadbackUs(): Promise<number>;
  /** Destroys the device, unless it was borrowed. */
  close(): void;
}

let cpu: CpuPath | null = null;
let gpu: GpuPath | null = null;

/** Used by `webgru/cpu`, which calls this when it is imported. */
export function registerCpu(path: CpuPath): void {
  cpu = path;
}

/** Used by `webgru/webgpu`, which calls this when it is imported. */
export function registerGpu(path: GpuPath): void {
  gpu = path;
}

/** The CPU's file, fetched unless it is there. @throws GruError `unsupported` */
export async function cpuPath(): Promise<CpuPath> {
  // Its export counts: it has registered with another copy of this file where that one has another address.
  if (cpu === null) cpu = (await import("../entries/cpu.js").catch(missing("cpu"))).path;
  return cpu;
}

/** The GPU's file, fetched unless it is there. @throws GruError `unsupported` */
export async function gpuPath(): Promise<GpuPath> {
  if (gpu === null) gpu = (await import("../entries/webgpu.js").catch(missing("webgpu"))).path;
  return gpu;
}

function missing(device: string) {
  return (cause: unknown): never => {
    const message = `device "${device}": expected ${device}.js beside webgru's main file, got ${String(cause)}`;
    throw new GruError("unsupported", message, { cause });
  };
}
