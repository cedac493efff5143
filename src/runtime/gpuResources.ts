import type { Network } from "../model/network.js";
import type { NetworkLayout } from "../plan/networkLayout.js";
import type { BufferPlan } from "../plan/plan.js";
import type { Tuning } from "../plan/tuning.js";
import type { DeviceLoss } from "./deviceLoss.js";
import type { Nudge } from "./nudge.js";
import type { Pipelines } from "./pipelines.js";

/** Resources that the sessions of one network on one device share. */
export interface GpuResources {
  readonly network: Network;
  readonly gpu: GPUDevice;
  readonly loss: DeviceLoss;
  readonly layout: NetworkLayout;
  /** Which kernel families the device takes. */
  readonly tuning: Tuning;
  readonly pipelines: Pipelines;
  readonly nudge: Nudge;
  /** Arithmetic that one submit may hold. */
  readonly flopPerSubmit: number;
  /** The buffer of a weight, or of all; undefined for a plan of something else. */
  weight(plan: BufferPlan): GPUBufferBinding | undefined;
  /** @throws GruError `limit-exceeded` when not even one step of `batchSize` rows fits the device */
  maxChunkSteps(batchSize: number): number;
  /** @throws GruError `limit-exceeded` when a buffer of that size cannot be bound; `what` is what it is for */
  checkSize(label: string, sizeBytes: number, what: string): void;
}
