import { describe, expect, it } from "vitest";
import { GruError } from "../../src/errors.js";
import { ForeignObject } from "../../src/formats/torch/foreignObject.js";
import { type PickleRules, readPickle } from "../../src/formats/torch/pickle.js";
import { quote } from "../../src/formats/quote.js";
import { type Pickled, pickle, rawPickle } from "../files/pickleFile.js";
import { expectRefusal } from "../harness/refusal.js";

const rules: PickleRules = {
  globals: new Map<string, unknown>([
    ["builtins.sum", (numbers: number[]) => numbers.reduce((a, b) => a + b, 0)],
    ["torch.FloatStorage", "float"],
  ]),
  load: (id) => ({ id }),
  refuse: (path) => new GruError("unsupported", `foreign: ${path}`),
};

describe("readPickle", () => {
  const values: [what: string, value: Pickled, expected?: unknown][] = [
    ["whole numbers of both signs", [0, 255, 65535, -1, 2 ** 31 - 1]],
    ["strings", ["", "weight_ih_l0", "größer"]],
    ["dicts, tuples, none and booleans", new Map<unknown, unknown>([["a", [null, true, [false]]]])],
    ["what the rules list", { global: "torch.FloatStorage" }, "float"],
    ["calls of what the rules list", { call: { global: "builtins.sum" }, args: [1, 2] }, 3],
    ["persistent ids", { persistent: ["storage", 1] }, { id: ["storage", 1] }],
    ["attributes of a dict, which it forgets", { attributesOf: new Map([["x", 1]]) }, new Map([["x", 1]])],
  ];
  for (const [what, value, expected = value] of values) {
    it(`reads ${what}`, () => {
      const bytes = pickle(value);
      expect(readPickle(bytes, rules)).toEqual({ value: expected, end: bytes.length, firstForeign: null });
    });
  }

  const opcodes: [what: string, parts: (string | number)[], expected: unknown][] = [
    ["small numbers", ["(K", 7, "M", 1, 2, "t."], [7, 513]],
    ["long numbers", ["(\x8a", 2, 0xff, 0xff, "\x8b", 1, 0, 0, 0, 5, "\x8a", 0, "t."], [-1, 5, 0]],
    ["numbers that float64 does not hold", ["\x8a", 8, 1, 0, 0, 0, 0, 0, 0, 64, "."], 2n ** 62n + 1n],
    ["floats", ["G", 0x40, 0x09, 0x21, 0xfb, 0x54, 0x44, 0x2d, 0x18, "."], Math.PI],
    ["lists", ["](K", 1, "K", 2, "eK", 3, "a."], [1, 2, 3]],
    ["a list between marks", ["(K", 1, "l."], [1]],
    ["short tuples", ["K", 1, "\x85K", 2, "\x86K", 3, "K", 4, "\x87."], [[[1], 2], 3, 4].flat(0)],
    ["one item of a dict", ["}K", 1, "K", 2, "s."], new Map([[1, 2]])],
    ["what was remembered", ["(K", 1, "q", 9, "h", 9, "j", 9, 0, 0, 0, "t."], [1, 1, 1]],
    ["what was remembered without a number", ["(K", 1, "\x94h", 0, "t."], [1, 1]],
    [
      "what is copied, dropped and framed",
      ["\x80", 4, "\x95", 0, 0, 0, 0, 0, 0, 0, 0, "(K", 1, "2K", 2, "0(K", 3, "1t."],
      [1, 1],
    ],
    [
      "strings of Python 2 and of protocol 4",
      ["(U", 1, "aT", 1, 0, 0, 0, "b\x8c", 1, "c\x8d", 1, 0, 0, 0, 0, 0, 0, 0, "dt."],
      ["a", "b", "c", "d"],
    ],
    ["a set", ["\x8f(K", 1, "K", 2, "\x90."], [1, 2]],
    ["a frozen set", ["(K", 1, "\x91."], [1]],
    [
      "bytes",
      ["(B", 1, 0, 0, 0, "aC", 1, "b\x8e", 1, 0, 0, 0, 0, 0, 0, 0, "c\x96", 1, 0, 0, 0, 0, 0, 0, 0, "dt."],
      [97, 98, 99, 100].map((byte) => Uint8Array.of(byte)),
    ],
    ["a name from the stack", ["\x8c", 5, "torch\x8c", 12, "FloatStorage\x93."], "float"],
  ];
  for (const [what, parts, expected] of opcodes) {
    it(`reads ${what}`, () => {
      const { value } = readPickle(rawPickle(...parts), rules);
      expect(value).toEqual(expected);
    });
  }

  it("reads on where another pickle ended", () => {
    const both = Uint8Array.from([...pickle(1), ...pickle(2)]);
    const first = readPickle(both, rules);
    expect(readPickle(both, rules, first.end)).toMatchObject({ value: 2, end: both.length });
  });

  describe("stands in for what the rules do not list", () => {
    const foreign: [what: string, bytes: Uint8Array, path: string][] = [
      ["a function", pickle({ global: "os.system" }), "os.system"],
      ["a call", pickle({ call: { global: "os.system" }, args: ["echo"] }), "os.system"],
      ["a property of every object", pickle({ global: "constructor.prototype" }), "constructor.prototype"],
      ["an object", rawPickle("cmodule\nClass\n)\x81."), "module.Class"],
      ["an object by keywords", rawPickle("cmodule\nClass\n)}\x92."), "module.Class"],
      ["a list of its own", rawPickle("cmodule\nList\n)\x81(K", 1, "eK", 2, "a."), "module.List"],
      ["a dict of its own", rawPickle("cmodule\nDict\n)\x81(K", 1, "K", 2, "uK", 3, "K", 4, "s."), "module.Dict"],
      ["an object's attributes that are no dict", pickle({ attributesOf: { global: "a.B" }, attributes: [1] }), "a.B"],
    ];
    for (const [what, bytes, path] of foreign) {
      it(`: ${what}`, () => {
        const { value, firstForeign } = readPickle(bytes, rules);
        expect(value).toBeInstanceOf(ForeignObject);
        expect(value).toMatchObject({ path, isModule: false });
        expect(firstForeign).toBe(path);
      });
    }

    it("and keeps an object's attributes, which messages do not show", () => {
      const secret = new Map<string, Pickled>([
        ["_modules", new Map()],
        ["secret", "s3cret"],
      ]);
      const { value } = readPickle(pickle({ attributesOf: { global: "a.Net" }, attributes: secret }), rules);
      expect((value as ForeignObject).attributes).toEqual(secret);
      expect((value as ForeignObject).isModule).toBe(true);
      expect(quote(value)).toBe('{"path":"a.Net"}');
    });

    it("and tells the first one where the rest cannot be read", async () => {
      const bytes = rawPickle("ca\nB\nca\nC\n", 0);
      await expectRefusal(() => readPickle(bytes, rules), "unsupported", "foreign: a.B");
    });
  });

  const refused: [what: string, bytes: Uint8Array, code: "bad-file", message: string][] = [
    [
      "a call of a value",
      pickle({ call: "sum", args: [] }),
      "bad-file",
      'pickle: expected a function to call, got "sum"',
    ],
    [
      "attributes of something else",
      pickle({ attributesOf: [1] }),
      "bad-file",
      "pickle: expected attributes for a dict, got them for another object",
    ],
    [
      "an opcode of classes",
      rawPickle("(i"),
      "bad-file",
      "pickle: expected an opcode that a state_dict needs at byte 1, got 0x69",
    ],
    [
      "a byte that is no opcode",
      rawPickle(0),
      "bad-file",
      "pickle: expected an opcode that a state_dict needs at byte 0, got 0x00",
    ],
    ["protocol 1", rawPickle(0x80, 1), "bad-file", "pickle: expected protocol 2 to 5, got 1"],
    ["protocol 6", rawPickle(0x80, 6), "bad-file", "pickle: expected protocol 2 to 5, got 6"],
    [
      "an end before its end",
      pickle("abc").subarray(0, -2),
      "bad-file",
      "pickle: expected its end by byte 9, got a value that ends at byte 10",
    ],
    [
      "a string longer than the file",
      rawPickle("X", 255, 255, 255, 255),
      "bad-file",
      "pickle: expected its end by byte 5, got a value that ends at byte 4294967300",
    ],
    [
      "a name without an end",
      rawPickle("ctorch"),
      "bad-file",
      "pickle: expected its end by byte 6, got a value that ends at byte 7",
    ],
    ["an empty stack", rawPickle("."), "bad-file", "pickle: expected a value on the stack at byte 0, got none"],
    ["no mark", rawPickle("Nt."), "bad-file", "pickle: expected a mark on the stack at byte 1, got none"],
    [
      "a value never remembered",
      rawPickle("h", 3),
      "bad-file",
      "pickle: expected a memoized value at index 3, got none",
    ],
    ["an item for no list", rawPickle("NNa"), "bad-file", "pickle: expected a list to append to, got null"],
    [
      "an item for no dict",
      rawPickle("NNNs"),
      "bad-file",
      "pickle: expected a dict and pairs for it, got null and 2 values",
    ],
    ["half a pair", rawPickle("}(Nu"), "bad-file", "pickle: expected a dict and pairs for it, got a dict and 1 values"],
    [
      "a number of a thousand digits",
      rawPickle("\x8b", 200, 1, 0, 0),
      "bad-file",
      "pickle: expected a whole number of at most 64 bytes, got one of 456",
    ],
  ];
  for (const [what, bytes, code, message] of refused) {
    it(`refuses ${what}`, async () => {
      await expectRefusal(() => readPickle(bytes, rules), code, message);
    });
  }

  it("refuses one of more than 16 MiB", async () => {
    const long = new Uint8Array(2 ** 24 + 1); // one string, but for its first five bytes
    long.set(rawPickle("X", 252, 255, 255, 0));
    await expectRefusal(
      () => readPickle(long, rules),
      "bad-file",
      "pickle: expected its end by byte 16777216, got a value that ends at byte 16777217, more than a state_dict's 16777216 bytes",
    );
  });
});
