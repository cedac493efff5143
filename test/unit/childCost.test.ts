// The measure itself: it must see a file that costs too much, and one that never ends.

import { beforeAll, expect, it } from "vitest";
import { childCost, costFaults, costLimits } from "../harness/childCost.js";
import { buildLibrary } from "../harness/library.js";
import { gruShapes, stateDictFile } from "../files/stateDictFile.js";

beforeAll(buildLibrary);

it("tells a network, a refusal, and what each took", async () => {
  const bytes = stateDictFile(gruShapes("gru.", 3, 4));
  const cost = await childCost(bytes);
  expect(cost.outcome).toBe("network");
  expect(costFaults(cost, bytes.length)).toEqual([]);
  const refused = await childCost(bytes.subarray(0, bytes.length - 1));
  expect(refused.outcome).toMatch(/^bad-file: safetensors/);
  expect(costFaults(refused, bytes.length)).toEqual([]);
});

it("sees memory and time that a file takes, and an error that is no GruError", async () => {
  const large = await childCost(doingMore("globalThis.kept = new Uint8Array(2e8).fill(1);"));
  expect(large.peakMegabytes).toBeGreaterThan(150);
  const slow = await childCost(
    // It asks for the time now and then: each time is a call of the system, which is no time of the user's.
    doingMore(
      "const end = process.cpuUsage().user + 2.5e6; while (process.cpuUsage().user < end) for (let i = 0; i < 1e6; i++);",
    ),
  );
  expect(slow.cpuMs).toBeGreaterThan(2400);
  for (const cost of [large, slow]) expect(costFaults(cost, 9).length).toBeGreaterThan(0);
  const wrong = await childCost(doingMore("throw new RangeError('too deep')"));
  expect(costFaults(wrong, 9)).toEqual(["RangeError: too deep"]);
});

it("says so when there is no answer", async () => {
  const cost = await childCost("process.exit(3); export default 0;");
  expect(costFaults(cost, 9)[0]).toBe("no answer (3)");
});

it("allows a file more by its size", () => {
  expect(costLimits(0)).toEqual({ cpuMs: 200, peakMegabytes: 64 });
  expect(costLimits(1e7).peakMegabytes).toBe(89);
});

it("allows more time where the yardstick takes more, and never less", () => {
  expect(costLimits(0, 250)).toEqual({ cpuMs: 500, peakMegabytes: 64 });
  expect(costLimits(0, 10)).toEqual({ cpuMs: 200, peakMegabytes: 64 });
});

/** The source of a model.json whose reading does something more: it stands for a reader that does too much. */
function doingMore(body: string): string {
  return `export default () => {
    const { decode } = TextDecoder.prototype;
    TextDecoder.prototype.decode = function (...args) {
      TextDecoder.prototype.decode = decode;
      ${body};
      return decode.apply(this, args);
    };
    return Uint8Array.from('{"modelTopology":0}', (letter) => letter.charCodeAt(0));
  };`;
}
