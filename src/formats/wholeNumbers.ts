// Tensors of whole numbers. No layer has one, but a state_dict may.

import { listNames } from "./names.js";

/** BatchNorm's count of training steps: of no use here. */
const COUNT = /(^|\.)num_batches_tracked$/;

/** Whether such a tensor may be left out. @param isDescribed whether the caller says which layers there are */
export function mayLeaveOut(name: string, isDescribed: boolean): boolean {
  return isDescribed || COUNT.test(name);
}

/** What to note of those that were. */
export function leftOutNotes(names: readonly string[]): string[] {
  return names.length === 0 ? [] : [`Whole numbers, left out: ${listNames(names)}.`];
}
