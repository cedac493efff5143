// Tensors of whole numbers. No layer has one, but a state_dict may.

import { listNames } from "./names.js";

/** BatchNorm's count of training steps, which inference does not need. */
const COUNT = /(^|\.)num_batches_tracked$/;

/** Whether a tensor of whole numbers may be left out. @param isDescribed whether the caller passed a description */
export function mayLeaveOut(name: string, isDescribed: boolean): boolean {
  return isDescribed || COUNT.test(name);
}

/** Notes on the tensors that were left out. */
export function leftOutNotes(names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`Whole numbers, left out: ${listNames(names)}.`];
}
