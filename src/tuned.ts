export { tune, TUNING_TABLE } from "./plan/tuning.js";
export type { NetworkWalk, TuningRow, Walk } from "./plan/tuning.js";
export type { KernelChoice } from "./plan/kernelChoice.js";
