import { GruError } from "../../errors.js";
import { refuseForeign } from "./foreign.js";
import type { PickleRules } from "./pickle.js";
import { PER_CHANNEL, PER_TENSOR, rebuildQuantised } from "./quantised.js";
import { readPersistentId, rebuildTensor, STORAGE_TYPES, TorchTensor } from "./torchTensor.js";

const GLOBALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["collections.OrderedDict", orderedDict],
  ["torch._utils._rebuild_tensor", rebuildTensor],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_parameter", rebuildParameter],
  ["torch._utils._rebuild_parameter_with_state", rebuildParameter],
  ["torch._utils._rebuild_qtensor", rebuildQuantised],
  [PER_TENSOR, PER_TENSOR],
  [PER_CHANNEL, PER_CHANNEL],
  ...STORAGE_TYPES.map((type) => [type, type] as const),
]);

/** The names that the pickle of a state_dict may use: the constructors of its dict and its tensors. */
export const STATE_DICT_RULES: PickleRules = {
  globals: GLOBALS,
  load: readPersistentId,
  refuse: (path) => refuseForeign(path, undefined),
};

/** An empty OrderedDict, or one of a list of pairs, which Python 2 writes. */
function orderedDict([pairs = []]: readonly unknown[]): Map<unknown, unknown> {
  if (Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair) && pair.length === 2)) return new Map(pairs);
  throw new GruError("bad-file", `torch: expected an OrderedDict of pairs, got one of ${typeof pairs}`);
}

function rebuildParameter([tensor]: readonly unknown[]): TorchTensor {
  if (tensor instanceof TorchTensor) return tensor;
  throw new GruError("bad-file", `torch: expected a parameter's tensor, got ${typeof tensor}`);
}
