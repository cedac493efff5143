import { expect, it } from "vitest";
import { quote } from "../../src/formats/quote.js";

const shared = (depth: number): unknown[] => {
  let list: unknown[] = [];
  for (let i = 0; i < depth; i++) list = [list, list];
  return list;
};
const cyclic: unknown[] = [];
cyclic.push(cyclic);

const values: [value: unknown, text: string][] = [
  ['say "no"', '"say \\"no\\""'],
  ["x".repeat(1000), `"${"x".repeat(99)}... (1000 characters)`],
  [[1, [null, true], "a"], '[1,[null,true],"a"]'],
  [{ a: 1, b: [2] }, '{"a":1,"b":[2]}'],
  [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  [
    new Map<unknown, unknown>([
      ["a", 1],
      [2, []],
    ]),
    '{"a":1,2:[]}',
  ],
  [5n, "5"],
  [NaN, "NaN"],
  [undefined, "undefined"],
  [Symbol("a"), "a symbol"],
  [() => 1, "a function"],
  [Array.from({ length: 1e6 }, () => 7), `[${"7,".repeat(49)}7...`],
  [shared(100), `${"[".repeat(100)}...`],
  [new Map([[shared(100), 1]]), `{${"[".repeat(99)}...`],
  [cyclic, `${"[".repeat(100)}...`],
];
for (const [value, text] of values) {
  it(`writes ${text.slice(0, 40)}`, () => {
    expect(quote(value)).toBe(text);
  });
}
