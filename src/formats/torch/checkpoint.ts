// The state_dict in a pickle: the whole file, or a dict somewhere in a checkpoint, beside an optimizer's, the number of epochs and
// objects of any class; or a whole module, whose state_dict is read from its attributes.

import { GruError } from "../../errors.js";
import { listNames } from "../names.js";
import { quote } from "../quote.js";
import type { Container } from "./container.js";
import { refuseForeign, SAVE_STATE_DICT } from "./foreign.js";
import { ForeignObject } from "./foreignObject.js";
import { ModuleReader, type TorchModule } from "./moduleTree.js";
import { unpacked } from "./packedModules.js";
import { isStateDict, TorchTensor } from "./torchTensor.js";

/** Name of a recurrent weight, also a normalised one; an optimizer's dict has none. */
const RECURRENT = /(^|\.)weight_hh(_l\d+)?(_reverse)?(_[gv]|_orig)?(\.original\d)?$/;

/** A state_dict, and notes on where it was and what was left out. */
export interface StateDictFound {
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** The whole module, where the file has one. */
  readonly module: TorchModule | null;
  readonly notes: readonly string[];
}

/** A dict or a module of a file, and the keys that lead to it. */
interface Place {
  readonly keys: readonly unknown[];
  /** Its tensors by name. */
  readonly tensors: ReadonlyMap<string, TorchTensor>;
  /** Null for a dict. */
  readonly module: TorchModule | null;
  /** The keys of a dict's other values. */
  readonly others: readonly unknown[];
}

/**
 * Finds the state_dict in the value of a pickle: the value itself, or the one dict or module in it that has recurrent weights.
 *
 * @param isDescribed whether the caller passed a description; then any names will do
 * @throws GruError `unsupported` when there is none, or several
 */
export function findStateDict({ root, firstForeign }: Container, isDescribed: boolean): StateDictFound {
  const places = isStateDict(root) ? [placeOf([], root)] : placesIn(root);
  const found = choose(isStateDict(root) ? [places] : candidates(places, isDescribed));
  if (found.length === 1) return describePlace(found[0]!, root);
  if (found.length === 0 && firstForeign !== null) throw refuseForeign(firstForeign, root);
  if (!(root instanceof Map)) {
    const got = root instanceof TorchTensor ? "one tensor" : quote(root);
    throw new GruError("unsupported", `torch: expected a dict of tensors, got ${got}; ${SAVE_STATE_DICT}`);
  }
  const got = found.length === 0 ? `one of ${keysOf([...root.keys()]) || "nothing"}` : `several, ${pathsOf(found)}`;
  const expected = "a state_dict, or a checkpoint with one that has a GRU";
  throw new GruError("unsupported", `torch: expected ${expected}, got ${got}; ${SAVE_STATE_DICT}`);
}

/** The places that may be meant, the likeliest kind first. */
function candidates(places: readonly Place[], isDescribed: boolean): Place[][] {
  const recurrent = places.filter(({ tensors }) => [...tensors.keys()].some((name) => RECURRENT.test(name)));
  const whole = places.filter(({ tensors, others }) => tensors.size > 0 && others.length === 0);
  return [recurrent.filter((place) => whole.includes(place)), recurrent, isDescribed ? whole : []];
}

function choose(kinds: readonly Place[][]): Place[] {
  return kinds.find(({ length }) => length > 0) ?? [];
}

/** Limits of the search: checkpoints have their state_dict two dicts deep, and a vocabulary may be a dict of many dicts. */
const MAX_DEPTH = 4;
const MAX_PLACES = 1024;

/** The dicts and modules of a value, each once, outer ones first. */
function placesIn(root: unknown): Place[] {
  const places: Place[] = [];
  const seen = new Set<unknown>([root]);
  const modules = new ModuleReader();
  const left: { keys: readonly unknown[]; value: unknown }[] = [{ keys: [], value: root }];
  for (const { keys, value } of left) {
    if (value instanceof ForeignObject && value.isModule) {
      const { tensors, root: module } = modules.read(value);
      places.push({ keys, tensors, module, others: [] });
    }
    if (!(value instanceof Map)) continue;
    places.push(placeOf(keys, value));
    if (keys.length >= MAX_DEPTH) continue;
    for (const [key, item] of value) {
      const isPlace = item instanceof Map || item instanceof ForeignObject;
      if (!isPlace || seen.has(item) || left.length >= MAX_PLACES) continue;
      seen.add(item);
      left.push({ keys: [...keys, key], value: item });
    }
  }
  return places;
}

function placeOf(keys: readonly unknown[], given: ReadonlyMap<unknown, unknown>): Place {
  const dict = unpacked(given);
  if (isStateDict(dict)) return { keys, tensors: dict, module: null, others: [] };
  const tensors = new Map<string, TorchTensor>();
  const others: unknown[] = [];
  for (const [key, value] of dict) {
    if (typeof key === "string" && value instanceof TorchTensor) tensors.set(key, value);
    else others.push(key);
  }
  return { keys, tensors, module: null, others };
}

function describePlace({ keys, tensors, module, others }: Place, root: unknown): StateDictFound {
  const notes: string[] = [];
  const beside = root instanceof Map && keys.length > 0 ? [...root.keys()].filter((key) => key !== keys[0]) : others;
  const leftOut = beside.length === 0 ? "" : `Left out: ${keysOf(beside)}.`;
  const from = keys.length === 0 ? "" : `Read from ${pathOf(keys)} of a checkpoint.`;
  if (from !== "" || leftOut !== "") notes.push(`${from} ${leftOut}`.trim());
  if (module !== null) {
    const known = "as data: its parts are known, its forward() is not";
    notes.push(`Read from a whole module of the class ${quote(module.className)}, ${known}.`);
  }
  return { tensors, module, notes };
}

function pathsOf(places: readonly Place[]): string {
  return listNames(places.map(({ keys }) => pathOf(keys)));
}

function pathOf(keys: readonly unknown[]): string {
  return keys.map(keyOf).join(" > ");
}

function keysOf(keys: readonly unknown[]): string {
  return listNames(keys.map(keyOf));
}

function keyOf(key: unknown): string {
  return key instanceof ForeignObject ? `an object of ${quote(key.path)}` : quote(key);
}
