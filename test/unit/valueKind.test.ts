import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { describeValue, quoteText } from "../../src/model/valueKind.js";

function detach<T extends ArrayBuffer>(buffer: T): T {
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

function detachedView<T extends ArrayBufferView>(view: T): T {
  detach(view.buffer as ArrayBuffer);
  return view;
}

const throwing = {
  get [Symbol.toStringTag](): string {
    throw new Error("no");
  },
};

describe("describeValue", () => {
  it("says the kind of every value", () => {
    const cases: [unknown, string][] = [
      [undefined, "undefined"],
      [null, "null"],
      [true, "true"],
      [0.5, "the number 0.5"],
      [-3, "the number -3"],
      [Number.NaN, "NaN"],
      [-Infinity, "-Infinity"],
      ["0.1", 'the string "0.1"'],
      ["", 'the string ""'],
      [10n ** 9999n, "a BigInt"],
      [Symbol("x"), "a Symbol"],
      [() => 0, "a function"],
      [[1, 2, 3], "an array of 3"],
      [new Float32Array(12), "a Float32Array of 12"],
      [new BigInt64Array(2), "a BigInt64Array of 2"],
      [new Uint8Array(1), "a Uint8Array of 1"],
      [new Float32Array(0), "a Float32Array of 0"],
      [new DataView(new ArrayBuffer(4)), "a DataView"],
      [new ArrayBuffer(12), "an ArrayBuffer of 12 bytes"],
      [new ArrayBuffer(0), "an ArrayBuffer of 0 bytes"],
      [detach(new ArrayBuffer(4)), "a detached buffer"],
      [detachedView(new Float32Array(4)), "a Float32Array of a detached buffer"],
      [detachedView(new DataView(new ArrayBuffer(4))), "a DataView of a detached buffer"],
      [{}, "an object"],
      [Object.create(null), "an object"],
      [new Map(), "a Map"],
      [new Date(Number.NaN), "a Date"],
      [Promise.resolve(1), "a Promise"],
      [new AbortController().signal, "an AbortSignal"],
      [new Proxy([1], {}), "an array of 1"],
      [revoked([]), "an object that cannot be read"],
      [revoked({}), "an object that cannot be read"],
      [throwing, "an object that cannot be read"],
      [{ [Symbol.toStringTag]: "\u001b[31m" }, "an object"],
      [{ [Symbol.toStringTag]: "ArrayBuffer" }, "an ArrayBuffer"],
      [runInNewContext("new Float32Array(3)"), "a Float32Array of 3"],
    ];
    for (const [value, expected] of cases) expect(describeValue(value)).toBe(expected);
  });

  it("cuts a long text", () => {
    expect(describeValue("a".repeat(1e6))).toBe(`the string "${"a".repeat(60)}"... (1000000 characters)`);
  });
});

describe("quoteText", () => {
  it("escapes what a terminal obeys and a reader does not see", () => {
    expect(quoteText('a"\n\u001b[2J')).toBe(String.raw`"a\"\n\u001b[2J"`);
    expect(quoteText("\u009b\u007f\u202e\u2028\ufeff")).toBe(String.raw`"\u{9b}\u{7f}\u{202e}\u{2028}\u{feff}"`);
  });

  it("leaves other languages as they are, and no half of a pair", () => {
    expect(quoteText("größe 層 🙂")).toBe('"größe 層 🙂"');
    expect(quoteText(`${"a".repeat(59)}🙂`)).toBe(String.raw`"${"a".repeat(59)}\ud83d"... (61 characters)`);
  });
});
