import { choice } from "./field.js";

/** A bidirectional layer runs forward and reverse side by side; its output has both, forward first. */
export type Direction = "forward" | "reverse" | "bidirectional";

/** The field of recurrent layers. */
export const direction = choice<Direction>(["forward", "reverse", "bidirectional"]);

/** D: 2 for a bidirectional layer, else 1. */
export function numDirections({ direction: of }: { readonly direction: Direction }): 1 | 2 {
  return of === "bidirectional" ? 2 : 1;
}

/** Leading axis of the tensors: [D] of a bidirectional layer, none of the others. */
export function directionAxis(layer: { readonly direction: Direction }): readonly number[] {
  return layer.direction === "bidirectional" ? [2] : [];
}

/** The reason why a layer cannot begin before a sequence's end; null where it can. */
export function needsEnd({ direction: of }: { readonly direction: Direction }): string | null {
  return of === "forward" ? null : `direction "${of}"`;
}

/**
 * Runs one direction after the other over a row's steps, and joins their outputs.
 *
 * @param step gives direction d's output of one frame, and advances its state
 */
export function overDirections<Frame>(
  layer: { readonly direction: Direction },
  frames: readonly Frame[],
  step: (frame: Frame, d: number) => Float64Array,
): Float64Array[] {
  const byDirection = Array.from({ length: numDirections(layer) }, (_, d) => {
    const isReverse = layer.direction === "reverse" || d === 1;
    const outputs = (isReverse ? [...frames].reverse() : frames).map((frame) => step(frame, d));
    return isReverse ? outputs.reverse() : outputs;
  });
  return frames.map((_, t) => Float64Array.from(byDirection.flatMap((outputs) => [...outputs[t]!])));
}
