import { inKerasOrder } from "./frameOrder.js";
import type { LayerReader } from "./layerCall.js";
import { valueMask, zeroMasked } from "./mask.js";

/** A step is masked if all its features are `mask_value`. Keras replaces such steps by zeros. */
export const readMasking: LayerReader = (call) => {
  const { name, config } = call;
  const input = inKerasOrder(call, call.input);
  if (!input.isSequence) throw call.unsupported("a sequence to mask, got a tensor without steps");
  const value = Math.fround(config.number("mask_value", 0));
  if (input.mask !== null) throw call.refuse("its input has a mask already; only one is supported");
  const mask = { layer: `${name}.mask`, isReversed: input.isReversed };
  call.push(...valueMask(name, input.parts, input.size, value));
  if (value === 0) return { ...input, mask };
  call.push(zeroMasked(name, [...input.parts, mask.layer], input.size, value));
  return { ...input, parts: [name], mask };
};
