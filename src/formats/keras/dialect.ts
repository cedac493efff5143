// The points in which versions of Keras give different numbers for one configuration. A file says which version wrote it.

import type { Config } from "./config.js";

/** The behaviour of one version of Keras. */
export interface Dialect {
  /** Whether hard_sigmoid is relu6(x + 3) / 6, instead of 0.2 x + 0.5 clamped to [0, 1]. */
  readonly isKeras3: boolean;
  /**
   * Whether Bidirectional gives zeros at masked steps, also around a layer that would not.
   *
   * @param wrapped arguments of that layer, which tell tf.keras from Keras
   */
  zerosMasked(wrapped: Config): boolean;
  /**
   * The mask of merged tensors. "any": the masks of the tensors that have one, a step counting where all of them count it.
   * "all": the same, but only if every tensor has a mask; Multiply then gives zeros at masked steps. "none": no mask.
   */
  readonly mergedMask: "any" | "all" | "none";
}

/** @param version from the file: "2.2.4-tf", "3.5.0", "2 (tfjs-layers 4.22.0)"; null if it has none */
export function dialectOf(version: string | null): Dialect {
  const [, major = "2", minor] = /^(\d+)(?:\.(\d+))?/.exec(version ?? "") ?? [];
  return dialectOfVersion(Number(major), Number(minor ?? (major === "3" ? NEWEST_MINOR : 0)));
}

/** Of Keras 3, where a file says no more than that. */
const NEWEST_MINOR = 99;

function dialectOfVersion(major: number, minor: number): Dialect {
  const isKeras3 = major >= 3;
  return {
    isKeras3,
    // tf.keras since TF 1.14, whose recurrent layers have time_major, and Keras since 2.4, which is tf.keras, give zeros.
    // TF.js, and Keras before 2.4, repeat the output.
    zerosMasked: (wrapped) =>
      100 * major + minor >= 204 || wrapped.has("time_major") || wrapped.has("zero_output_for_mask"),
    // Merge layers have no masks from Keras 3.0 to 3.3, and other ones from 3.4 on.
    mergedMask: isKeras3 ? (major === 3 && minor < 4 ? "none" : "all") : "any",
  };
}
