import f16 from "../../shaders/lib/weight_f16.wgsl?raw";
import f32 from "../../shaders/lib/weight_f32.wgsl?raw";
import int8 from "../../shaders/lib/weight_int8.wgsl?raw";
import type { Storage } from "../layers/layerType.js";

/** WGSL that declares WeightVec4, HAS_SCALE and unpack for a storage. */
export const weightSource: Record<Storage, string> = { f32, f16, int8 };

/** Bytes of one weight on the GPU. */
export const weightBytes: Record<Storage, number> = { f32: 4, f16: 2, int8: 1 };

/** Index, in WGSL, of the four weights that begin at a byte of a buffer. */
export function vec4sBefore(offsetBytes: number, storage: Storage): number {
  return offsetBytes / (4 * weightBytes[storage]);
}
