import type { Network } from "../model/network.js";
import type { KernelChoice } from "../plan/kernelChoice.js";
import type { DeviceLoss } from "./deviceLoss.js";
import type { Nudge } from "./nudge.js";
import type { Pipelines } from "./pipelines.js";

/** What the sessions of one network on one device share. */
export interface GpuResources {
  readonly network: Network;
  readonly gpu: GPUDevice;
  readonly loss: DeviceLoss;
  /** Which kernels the device is good at; null for single steps. */
  readonly kernels: KernelChoice | null;
  readonly pipelines: Pipelines;
  readonly nudge: Nudge;
  /** Arithmetic that one submit may hold. */
  readonly flopPerSubmit: number;
  /** The buffer of a weight, by its label in the plan. */
  weight(label: string): GPUBufferBinding | undefined;
  /** @throws GruError `limit-exceeded` when not even one step of `batchSize` rows fits the device */
  maxChunkSteps(batchSize: number): number;
  /** @throws GruError `limit-exceeded` when a buffer of that size cannot be bound; `what` is what it is for */
  checkSize(label: string, sizeBytes: number, what: string): void;
}
