// Where the two devices make themselves known, and the layer types that a plain GRU model does not have. Each is a file of its
// own, which a page fetches when it needs it.

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

/** Layer types by their names, for the device's own file: only that one looks inside. */
export interface OtherLayers {
  readonly layers: object;
  /** A network that has them, with fewer layers to run. */
  simplified(network: Network): Network;
}

/** As `OtherLayers`, with the WebAssembly module that has their functions, with relaxed SIMD and without. */
export interface CpuLayers extends OtherLayers {
  readonly modules: { readonly relaxed: string; readonly basic: string };
}

let cpu: CpuPath | null = null;
let gpu: GpuPath | null = null;
let layersOnCpu: CpuLayers | null = null;
let layersOnGpu: OtherLayers | null = null;

/** Used by `webgru/cpu`, which calls this when it is imported. */
export function registerCpu(path: CpuPath): void {
  cpu = path;
}

/** Used by `webgru/webgpu`, which calls this when it is imported. */
export function registerGpu(path: GpuPath): void {
  gpu = path;
}

/** Used by `webgru/cpuLayers`, which calls this when it is imported. */
export function registerCpuLayers(layers: CpuLayers): void {
  layersOnCpu = layers;
}

/** Used by `webgru/webgpuLayers`, which calls this when it is imported. */
export function registerGpuLayers(layers: OtherLayers): void {
  layersOnGpu = layers;
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

/** The file of the other layer types on the CPU, fetched unless it is there. @throws GruError `unsupported` */
export async function cpuLayers(): Promise<CpuLayers> {
  if (layersOnCpu === null) layersOnCpu = (await import("../entries/cpuLayers.js").catch(missing("cpuLayers"))).file;
  return layersOnCpu;
}

/** The file of the other layer types on a GPU, fetched unless it is there. @throws GruError `unsupported` */
export async function gpuLayers(): Promise<OtherLayers> {
  if (layersOnGpu === null)
    layersOnGpu = (await import("../entries/webgpuLayers.js").catch(missing("webgpuLayers"))).file;
  return layersOnGpu;
}

function missing(file: string) {
  return (cause: unknown): never => {
    const message = `${file}.js: expected the file beside webgru's main one, got ${String(cause)}`;
    throw new GruError("unsupported", message, { cause });
  };
}
