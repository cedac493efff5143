export { tune, TUNING_TABLE } from "./plan/tuning.js";
export type { NetworkFamily, TuningRow, LayerFamily, WavefrontFamily } from "./plan/tuning.js";
export type { KernelChoice } from "./plan/kernelChoice.js";
export { timeSteps } from "./tuner/timeSteps.js";
export { autotune } from "./tuner/tuner.js";
export type { Tuned, TuningRequest } from "./tuner/tuner.js";
export { proveConcurrency } from "./runtime/concurrency.js";
export { GpuGeneration } from "./runtime/gpuGeneration.js";
