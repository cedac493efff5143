// The state_dict in a file of torch.save: the whole file, or one entry of a checkpoint, beside an optimizer's, the number of
// epochs and so on.

import { GruError } from "../../errors.js";
import { listNames } from "../names.js";
import { quote } from "../quote.js";
import { SAVE_STATE_DICT } from "./foreign.js";
import { isStateDict, TorchTensor } from "./torchTensor.js";

/** Name of a GRU's recurrent weight, which an optimizer's dict does not have. */
const RECURRENT = /(^|\.)weight_hh(_l\d+|$)/;

/** A state_dict, and notes on where it was and what was left out. */
export interface StateDictFound {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  readonly notes: readonly string[];
}

/**
 * Finds the state_dict in the value of a .pt file: the value itself, or the one dict in it that has a GRU's tensors.
 *
 * @throws GruError `unsupported` when there is none, or several
 */
export function findStateDict(value: unknown): StateDictFound {
  if (!(value instanceof Map)) {
    const got = value instanceof TorchTensor ? "one tensor" : quote(value);
    throw new GruError("unsupported", `torch: expected a dict of tensors, got ${got}; ${SAVE_STATE_DICT}`);
  }
  if (isStateDict(value)) return { tensors: value, notes: [] };
  // One dict may be under many keys; it is checked once.
  const withGru = new Set([...new Set(value.values())].filter(isStateDict).filter(hasGru));
  const inside = [...value].filter((item): item is [unknown, Map<string, TorchTensor>] => withGru.has(item[1]));
  if (inside.length !== 1) {
    const got = inside.length === 0 ? `one of ${keysOf([...value]) || "nothing"}` : `several, ${keysOf(inside)}`;
    const expected = "a state_dict, or a checkpoint with one that has a GRU";
    throw new GruError("unsupported", `torch: expected ${expected}, got ${got}; ${SAVE_STATE_DICT}`);
  }
  const [[key, tensors]] = inside as [[unknown, Map<string, TorchTensor>]];
  const others = [...value].filter(([other]) => other !== key);
  const rest = others.length === 0 ? "" : ` Left out: ${keysOf(others)}.`;
  return { tensors, notes: [`Read from ${quote(key)} of a checkpoint.${rest}`] };
}

function keysOf(items: readonly (readonly [unknown, unknown])[]): string {
  return listNames(items.map(([key]) => quote(key)));
}

function hasGru(dict: ReadonlyMap<string, TorchTensor>): boolean {
  return [...dict.keys()].some((name) => RECURRENT.test(name));
}
