// Layers that make one frame of all steps, or one number of each channel's elements.

import { spatial } from "./convGeometry.js";
import type { LayerReader } from "./layerCall.js";
import { frameSize } from "./tensor.js";

/** GlobalMaxPooling and GlobalAveragePooling, over one axis or two. */
export function readGlobalPool(operation: "max" | "mean", numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { tensor, channels, inner, isOverTime } = spatial(call, numAxes);
    if (isOverTime) throw call.unsupported("features of each step, got a sequence; put TimeDistributed around it");
    const ones = Array.from({ length: call.config.flag("keepdims", false) ? numAxes : 0 }, () => 1);
    const { name } = call;
    const inputShape = [channels, frameSize(inner)];
    call.push({ type: "reduce", name, inputs: tensor.parts, inputShape, axes: [1], operation });
    return { ...tensor, parts: [name], shape: [...ones, channels], size: channels, order: null, mask: null };
  };
}
