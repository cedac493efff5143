import type { Network } from "../model/network.js";
import { PROGRAM_BUFFER } from "./plan.js";
import type { PackedWeight } from "./packedWeight.js";
import { packedWeights, WEIGHT_ALIGNMENT, weightOffsets } from "./weights.js";

/** A weight, and where it lies among all. */
export interface ArenaPart extends PackedWeight {
  readonly offsetBytes: number;
}

/** All that is written once and shared by every plan, one after the other: it is one buffer where the device binds one as large. */
export interface WeightArena {
  readonly parts: readonly ArenaPart[];
  readonly sizeBytes: number;
}

/** The weights of a network, and its program where it is to have one. */
export function weightArena(network: Network, program: Uint32Array<ArrayBuffer> | null): WeightArena {
  const offsets = weightOffsets(network);
  const parts = packedWeights(network).map((weight) => ({ ...weight, offsetBytes: offsets.get(weight.label)! }));
  const last = parts.at(-1)!;
  let end = last.offsetBytes + last.sizeBytes;
  if (program !== null) {
    const offsetBytes = Math.ceil(end / WEIGHT_ALIGNMENT) * WEIGHT_ALIGNMENT;
    const sizeBytes = program.byteLength;
    parts.push({ label: PROGRAM_BUFFER, offsetBytes, sizeBytes, pack: () => program.buffer });
    end = offsetBytes + sizeBytes;
  }
  return { parts, sizeBytes: end };
}
