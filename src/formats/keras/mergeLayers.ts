import { GruError } from "../../errors.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
import { type MergeMode, mergeValues } from "./merge.js";
import { joinValues, type Value } from "./value.js";

/** Layers that merge tensors of one size. */
export function readMerge(mode: MergeMode): LayerReader {
  return (call) => {
    const { name, given, subject } = call;
    const joined = joinValues(subject, given, call.dialect);
    if (mode === "mul") checkMaskedProduct(call, joined);
    const sizes = [...new Set(given.map(({ size }) => size))];
    if (sizes.length > 1) {
      throw new GruError("unsupported", `${subject}: expected inputs of one size, got ${sizes.join(" and ")}`);
    }
    const merged = call.pushBuilt(mergeValues(mode, name, { ...joined, size: sizes[0]! }, given.length));
    return { ...given[0]!, ...merged };
  };
}

/** Since Keras 3.4 a masked factor counts as 1, and the product is 0 where all factors are masked. */
function checkMaskedProduct({ name, given, builder, dialect }: LayerCall, { mask }: Value): void {
  if (dialect.mergedMask !== "all" || given.every((value) => value.mask === null)) return;
  if (mask !== null && !builder.areMaskedStepsRead(name)) return;
  const expected = "a product without a mask, or one that only recurrent layers read";
  throw new GruError("unsupported", `layer "${name}": expected ${expected}, got one whose factors Keras masks`);
}

export const readConcatenate: LayerReader = ({ config, given, subject, dialect }) => {
  const axis = config.number("axis", -1);
  if (axis !== -1 && axis !== 2) throw config.unsupported("axis", "-1, the features");
  const joined = joinValues(subject, given, dialect);
  return { ...given[0]!, ...joined, shape: [joined.size] };
};
