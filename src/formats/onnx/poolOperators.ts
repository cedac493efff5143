// Poolings: https://onnx.ai/onnx/operators/onnx__MaxPool.html

import { pastFrames } from "../../layers/timeWindow.js";
import type { Call, Operator } from "./call.js";
import { alongInner, fillOf, listsOf, readWindows, type Window } from "./frameWindows.js";
import { demand } from "./refusal.js";
import { shifted } from "./signals.js";
import { roundedUp, type TimeWindow, type windowed } from "./timeWindows.js";
import { type Signal, type Value, widthOf } from "./value.js";

export const poolOperators: Readonly<Record<string, Operator>> = {
  MaxPool: (call) => [pooling(call, "max")],
  AveragePool: (call) => [pooling(call, "average")],
};

function pooling(call: Call, operation: "max" | "average"): Value {
  const kernel = call.ints("kernel_shape");
  demand(kernel !== null, "it has no kernel_shape");
  const { axes } = call.signal(0);
  demand(axes.length === kernel.length + 2, `it needs an input of ${kernel.length + 2} axes`);
  demand(call.ints("dilations")?.every((one) => one === 1) !== false, "its windows have gaps");
  const { windows, time } = readWindows(call, kernel, false);
  const channels = axes[1]!;
  demand(typeof channels === "number", "it reads time or batch as channels");
  const countPadding = call.int("count_include_pad", 0) !== 0;
  const isRounded = call.int("ceil_mode", 0) !== 0;
  const whole = isRounded ? windows.map(withLastWindow) : windows;
  const wholeTime = isRounded && time !== null ? roundedUp(time) : time;
  const isSame = whole.every(({ after }, i) => after === windows[i]!.after) && isSamePadding(time, wholeTime);
  const hasPadding = [...windows.flatMap(({ before, after }) => [before, after]), ...ownPadding(time)].some(Boolean);
  // A window that is cut off counts a node's own padding, and not the elements past it.
  demand(isSame || !countPadding || !hasPadding, "it counts padding in a window that is cut off");
  const counts = countPadding && hasPadding;
  let fill = 0;
  const run = { windows: whole, time: wholeTime, outputChannels: channels, takesLargest: operation === "max" };
  const pooled = alongInner(call, run, (inputShape, inner, along) => {
    const { dilation: _, ...lists } = listsOf(inner);
    const spec = { type: "pool", inputShape, operation, ...lists } as const;
    if (along === null) return { ...spec, countPadding: counts };
    fill = fillOf(along, inner, wholeTime!);
    const { timeDilation: __, ...fields } = along.fields;
    const own = [...lists.padding, ...ownPadding(wholeTime)];
    return { ...spec, ...fields, countPadding: countsPadding(along, operation, counts, own) };
  });
  if (fill === 0) return pooled;
  const { axes: outer, content } = pooled as Value<Signal>;
  return { axes: outer, content: shifted(content, new Float64Array(widthOf(content)).fill(fill)) };
}

/** A node's padding along time, of which only zero matters for "same". */
const ownPadding = (time: TimeWindow | null) => (time === null ? [] : time.padding === "same" ? [1] : time.padding);

const isSamePadding = (a: TimeWindow | null, b: TimeWindow | null) => ownPadding(a).join() === ownPadding(b).join();

/**
 * Whether a pooling along time counts padding. The zeros of a Pad before it count, as do those before a stream's first frame; a
 * node's own padding never is the largest, and counts in a mean only where it says so.
 */
function countsPadding(
  { fields, isPadded }: ReturnType<typeof windowed>,
  operation: "max" | "average",
  isCounted: boolean,
  ownPads: readonly number[],
): boolean {
  const hasPast = pastFrames(fields) > 0;
  const hasOwn = ownPads.some((one) => one !== 0);
  if (operation === "max") {
    demand(hasPast === isPadded, "it takes the largest of steps and of padding");
    return false;
  }
  demand(isCounted || (isPadded ? !hasOwn : !hasPast), "it counts only a part of the padding");
  return isCounted || isPadded;
}

/** A window more at the end, where elements are left over (ceil_mode), unless it would begin after them. */
function withLastWindow(window: Window): Window {
  const { size, kernel, stride, before, after } = window;
  const left = (size + before + after - kernel) % stride;
  const start = size + before + after - kernel - left + stride;
  if (left === 0 || start >= size + before) return window;
  return { ...window, after: after + stride - left };
}
