// Pickles that cost more than their size says.

import { beforeAll, describe, expect, it } from "vitest";
import { childCost, costFaults } from "../harness/childCost.js";
import { buildLibrary } from "../harness/library.js";
import { pickledTensor, ptFile, zip } from "../files/pickleFile.js";

beforeAll(buildLibrary);

/** A list of one list twice, which is of another one twice, and so on: 2^depth in print. */
function laughs(depth: number): string {
  const levels = Array.from({ length: depth }, (_, i) => `](${recall(i)}${recall(i)}eq${character(i + 1)}`);
  return `]q\0${levels.join("")}`;
}

const character = (code: number) => String.fromCharCode(code);
const recall = (index: number) => `h${character(index)}`;
const PROTOCOL = "\x80\x04";

const pickles: [what: string, text: string][] = [
  ["a list of shared lists", `${PROTOCOL}${laughs(26)}.`],
  ["a list of more shared lists", `${PROTOCOL}${laughs(60)}.`],
  ["a storage's id of shared lists", `${PROTOCOL}${laughs(60)}Q.`],
  ["a dict's key of shared lists", `${PROTOCOL}}${laughs(60)}Ns.`],
  ["a class's name of shared lists", `${PROTOCOL}${laughs(60)}${laughs(60)}\x93.`],
  ["a checkpoint's key of shared lists", `${PROTOCOL}}(${laughs(60)}}u.`],
  ["a list in itself", `${PROTOCOL}]q\0h\0a.`],
  ["three million empty lists", `${PROTOCOL}(${"]".repeat(3e6)}t.`],
  ["ten million empty lists", `${PROTOCOL}(${"]".repeat(1e7)}t.`],
  ["a million dicts", `${PROTOCOL}(${"}".repeat(1e6)}t.`],
  ["tuples in tuples", `${PROTOCOL}N${"\x85".repeat(1e6)}.`],
  ["ten million nones", `${PROTOCOL}(${"N".repeat(1e7)}t.`],
  ["a million strings", `${PROTOCOL}(${"U\0".repeat(1e6)}t.`],
  ["a million values remembered", `${PROTOCOL}]${"\x94".repeat(1e6)}.`],
  ["memory for what was never remembered", `${PROTOCOL}]${gaps(50_000)}.`],
  ["a dict of half a million items", `${PROTOCOL}}(${items(500_000)}u.`],
  ["a hundred thousand dicts of one long list", sharedPairs(100_000)],
  ["one dict under many keys", `${PROTOCOL}}q\0}(${items(4000)}uq\x01(${keys(30_000, recall(1))}u.`],
];

/** Values remembered under numbers as far apart as is let pass. */
function gaps(count: number): string {
  return Array.from({ length: count }, (_, i) => `r${int32(200 * i)}`).join("");
}

function int32(value: number): string {
  return [0, 8, 16, 24].map((shift) => character((value >> shift) & 0xff)).join("");
}

function keys(count: number, value: string): string {
  return Array.from({ length: count }, (_, i) => `J${int32(i)}${value}`).join("");
}

function items(count: number): string {
  return keys(count, "N");
}

/** Calls of OrderedDict with the same pairs. */
function sharedPairs(count: number): string {
  const type = `ccollections\nOrderedDict\nq\0`;
  const pairs = `(${"NN\x86".repeat(count)}l\x85q\x01`;
  return `${PROTOCOL}${type}${pairs}${`${recall(0)}${recall(1)}R`.repeat(count)}.`;
}

describe("a hostile pickle is answered in little time and memory", () => {
  for (const [what, text] of pickles) {
    it(`which is ${what}`, async () => {
      const bytes = new Uint8Array(Buffer.from(text, "latin1"));
      const file = zip({ "a/data.pkl": bytes });
      expect(costFaults(await childCost(file), file.length)).toEqual([]);
    });
  }

  it("which is the file itself, without a zip around it", async () => {
    for (const text of [`${PROTOCOL}${laughs(60)}Q.`, `${PROTOCOL}(${"]".repeat(3e6)}t.`]) {
      expect(costFaults(await childCost(new Uint8Array(Buffer.from(text, "latin1"))), text.length)).toEqual([]);
    }
  });

  it("which names views of one storage that are larger together than the file", async () => {
    const numElements = 5e6;
    for (const count of [3, 9]) {
      const views = Array.from({ length: count }, (_, i) => {
        return [`${i}`, pickledTensor({ shape: [numElements - i], offset: i, numElements })] as const;
      });
      const file = ptFile(new Map(views), { "data/0": new Uint8Array(4 * numElements) });
      const cost = await childCost(file);
      expect(costFaults(cost, file.length)).toEqual([]);
      expect(cost.outcome).toMatch(count === 3 ? /^unsupported: / : /^bad-file: torch: expected at most \d+ elements/);
    }
  });
});
