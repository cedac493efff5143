import { timeOf, withoutMask } from "./convLayers.js";
import { fromSpatial, padAxis, paddingOf, spatial } from "./convGeometry.js";
import type { LayerReader } from "./layerCall.js";

/** MaxPooling and AveragePooling, along one axis or two. An average is of the elements that are there. */
export function readPool(operation: "max" | "average", numAxes: 1 | 2): LayerReader {
  return (call) => {
    const { name, config } = call;
    const from = spatial(call, numAxes);
    const { tensor, channels, inner, isOverTime } = from;
    const sizes = config.sizes(config.has("pool_size") ? "pool_size" : "pool_length", numAxes, 2); // Keras 1: pool_length
    const strides = config.has("strides") ? config.sizes("strides", numAxes) : sizes;
    const windows = sizes.map((kernel, i) => ({ kernel, stride: strides[i]!, dilation: 1 }));
    const padding = paddingOf(config, false);
    const axes = isOverTime ? windows.slice(1) : windows;
    const padded = inner.map((size, i) => padAxis(size, axes[i]!, padding));
    const time = isOverTime ? timeOf(call, tensor, windows[0]!, padding) : null;
    call.push({
      type: "pool",
      name,
      inputs: tensor.parts,
      inputShape: [channels, ...inner],
      operation,
      kernelSize: axes.map(({ kernel }) => kernel),
      stride: axes.map(({ stride }) => stride),
      padding: padded.flatMap(({ before, after }) => [before, after]),
      ...time?.fields, // a pool has no dilation, and takes no notice of it
    });
    const outer = padded.map(({ outputSize }) => outputSize);
    const numSteps = time === null ? tensor.numSteps : time.numSteps;
    return withoutMask(fromSpatial(call, from, name, channels, outer, numSteps));
  };
}
