// Where the versions of Keras give different numbers for the same configuration. A file says which one wrote it.

import type { Config } from "./config.js";

/** What a version of Keras does in its own way. */
export interface Dialect {
  /** Whether hard_sigmoid is relu6(x + 3) / 6, and not 0.2 x + 0.5, limited. */
  readonly isKeras3: boolean;
  /** Whether Bidirectional gives zeros at masked steps, whatever the layer inside says. @param wrapped that layer's arguments */
  zerosMasked(wrapped: Config): boolean;
  /**
   * The mask of merged tensors: of any that has one, a step counting where it counts in all; of all, if all have one; or
   * none. Where it is "of all", Multiply gives zeros at masked steps.
   */
  readonly mergedMask: "any" | "all" | "none";
}

/** @param version as a file says it: "2.2.4-tf", "3.5.0", "2 (tfjs-layers 4.22.0)"; null where it does not */
export function dialectOf(version: string | null): Dialect {
  const [, major = 2, minor = 0] = /^(\d+)(?:\.(\d+))?/.exec(version ?? "")?.map(Number) ?? [];
  const isKeras3 = major >= 3;
  return {
    isKeras3,
    // tf.keras since TF 1.14, whose recurrent layers say time_major, and Keras since 2.4, which is tf.keras. TF.js, and
    // Keras before it was tf.keras, repeat the output.
    zerosMasked: (wrapped) =>
      100 * major + minor >= 204 || wrapped.has("time_major") || wrapped.has("zero_output_for_mask"),
    // Merge layers lost their masks in Keras 3, and got others in 3.4.
    mergedMask: isKeras3 ? (major === 3 && minor < 4 ? "none" : "all") : "any",
  };
}
