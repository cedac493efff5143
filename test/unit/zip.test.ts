import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isZip, ZipArchive } from "../../src/formats/zip.js";
import { childCost, costFaults } from "../harness/childCost.js";
import { buildLibrary, projectRoot } from "../harness/library.js";
import { zip } from "../files/pickleFile.js";
import { uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const text = (characters: string) => new TextEncoder().encode(characters);
const files = { "a/data": text("some bytes"), b: new Uint8Array(1000) };

/** A zip with a number changed. @param at counted from where the bytes of `signature` are */
function changed(signature: number, at: number, bytes: readonly number[], archive = zip(files)): Uint8Array {
  const view = new DataView(archive.buffer);
  let start = 0;
  while (view.getUint32(start, true) !== signature) start++;
  archive.set(bytes, start + at);
  return archive;
}

const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const LOCAL = 0x04034b50;

describe("ZipArchive", () => {
  for (const level of [0, 9] as const) {
    it(`reads what is compressed at level ${level}`, () => {
      const archive = new ZipArchive(zip(files, level));
      const read = [...archive.entries.values()].map((entry) => [entry.name, archive.read(entry)]);
      expect(Object.fromEntries(read)).toEqual(files);
    });
  }

  for (const level of [0, 9] as const) {
    it(`reads at level ${level} what is many times as long as it unpacks at once`, () => {
      const next = uniform(level);
      // Noise, then the same byte, then noise that comes again: blocks of every kind.
      const noise = Uint8Array.from({ length: 150_000 }, () => 256 * next() ** 2);
      const long = new Uint8Array(600_000);
      [0, 300_000, 450_000].forEach((start) => long.set(noise, start));
      const archive = new ZipArchive(zip({ long }, level));
      expect(archive.read(archive.entries.get("long")!)).toEqual(long);
    });
  }

  it("costs little where its entries are longer than they say", async () => {
    buildLibrary();
    const bytes = changed(CENTRAL, 24, [1, 0, 0, 0], zip({ "a.npy": new Uint8Array(2 ** 25) }, 9));
    const cost = await childCost(bytes);
    expect(cost.outcome).toBe('bad-file: zip: "a.npy": expected 1 bytes unpacked, got more');
    expect(costFaults(cost, bytes.length)).toEqual([]);
  });

  it("does not copy what is stored as it is", () => {
    const bytes = zip(files);
    const archive = new ZipArchive(bytes);
    expect(archive.read(archive.entries.get("b")!).buffer).toBe(bytes.buffer);
  });

  it("reads the numbers of a zip64 archive", () => {
    const archive = new ZipArchive(new Uint8Array(readFileSync(`${projectRoot}test/fixtures/zip64.zip`)));
    expect([...archive.entries.keys()]).toEqual(["a"]);
    expect(archive.read(archive.entries.get("a")!)).toEqual(text("abc"));
  });

  it("takes a checksum of 0 for none", () => {
    const bytes = changed(CENTRAL, 16, [0, 0, 0, 0]);
    const archive = new ZipArchive(bytes);
    expect(archive.read(archive.entries.get("a/data")!)).toEqual(files["a/data"]);
  });

  const refused: [what: string, bytes: Uint8Array, message: string | RegExp, code?: "unsupported"][] = [
    [
      "no zip",
      text("no zip at all, but some text"),
      "zip: expected a directory at the end, got none: is the file cut off?",
    ],
    [
      "one cut off",
      zip(files).subarray(0, -30),
      "zip: expected a directory at the end, got none: is the file cut off?",
    ],
    ["too many entries", changed(END, 10, [1, 32]), "zip: expected at most 8192 entries, got 8193"],
    [
      "more entries than it has",
      changed(END, 10, [3, 0]),
      /^zip: expected an entry of the directory at byte \d+, got the end of the file$/,
    ],
    [
      "a directory past its end",
      changed(END, 16, [0, 0, 0, 127]),
      "zip: expected an entry of the directory at byte 2130706432, got the end of the file",
    ],
    [
      "a name past its end",
      changed(CENTRAL, 28, [255, 255]),
      /^zip: expected the directory inside the file, got an entry to byte \d+$/,
    ],
    [
      "an encrypted entry",
      changed(CENTRAL, 8, [1, 0]),
      'zip: "a/data": encrypted entries are not supported',
      "unsupported",
    ],
    [
      "another compression",
      changed(CENTRAL, 10, [12, 0]),
      'zip: "a/data": expected contents stored or deflated, got compression 12',
      "unsupported",
    ],
    [
      "two sizes for one",
      changed(CENTRAL, 24, [9, 0, 0, 0]),
      'zip: "a/data": expected one size for stored contents, got 10 and 9 bytes',
    ],
    [
      "entries that overlap",
      changed(CENTRAL, 20, [0, 0, 1, 0, 0, 0, 1, 0]),
      'zip: expected "a/data" to end before "b" at byte 46, got an end at byte 65566',
    ],
    [
      "sizes in a zip64 field that is not there",
      changed(CENTRAL, 24, [255, 255, 255, 255]),
      'zip: "a/data": expected its sizes in a zip64 field, got none',
    ],
    [
      "a bomb",
      changed(CENTRAL, 24, [0, 0, 0, 2], zip(files, 9)),
      /^zip: expected at most 16777\d+ bytes unpacked, as a file of \d+ bytes may have, got 33555432$/,
    ],
  ];
  for (const [what, bytes, message, code = "bad-file"] of refused) {
    it(`refuses ${what}`, async () => {
      await expectRefusal(() => new ZipArchive(bytes), code, message);
    });
  }

  it("refuses one name twice", async () => {
    const bytes = zip({ ab: text("1"), ac: text("2") });
    for (let i = 0; i < bytes.length; i++) if (bytes[i] === "c".charCodeAt(0)) bytes[i] = "b".charCodeAt(0);
    await expectRefusal(() => new ZipArchive(bytes), "bad-file", 'zip: expected each name once, got "ab" twice');
  });

  const unread: [what: string, bytes: Uint8Array, message: string | RegExp][] = [
    [
      "damaged",
      changed(LOCAL, 30 + "a/data".length, [0]),
      /^zip: "a\/data": expected contents of CRC-32 [0-9a-f]{8}, got [0-9a-f]{8}: the file is damaged$/,
    ],
    [
      "somewhere else",
      changed(CENTRAL, 42, [1, 0, 0, 0]),
      'zip: expected the header of "a/data" at byte 1, got something else',
    ],
    [
      "past the end",
      changed(LOCAL, 28, [255, 255]),
      /^zip: "a\/data" ends at byte 65581, past the end of the file \(\d+\)$/,
    ],
    [
      "not deflated",
      changed(LOCAL, 30 + "a/data".length, [255, 255], zip(files, 9)),
      /^zip: "a\/data": expected deflated contents, got Error: invalid block type$/,
    ],
    [
      "shorter than it says",
      changed(CENTRAL, 24, [11], zip(files, 9)),
      'zip: "a/data": expected 11 bytes unpacked, got 10',
    ],
    [
      "longer than it says",
      changed(CENTRAL, 24, [9], zip(files, 9)),
      'zip: "a/data": expected 9 bytes unpacked, got more',
    ],
    [
      "longer than it says, of no checksum",
      changed(CENTRAL, 16, [0, 0, 0, 0, 12, 0, 0, 0, 9], zip(files, 9)),
      'zip: "a/data": expected 9 bytes unpacked, got more',
    ],
    [
      "cut off",
      changed(CENTRAL, 20, [9], zip(files, 9)),
      /^zip: "a\/data": expected deflated contents, got Error: unexpected EOF$/,
    ],
  ];
  for (const [what, bytes, message] of unread) {
    it(`refuses contents that are ${what}`, async () => {
      const archive = new ZipArchive(bytes);
      await expectRefusal(() => archive.read(archive.entries.get("a/data")!), "bad-file", message);
    });
  }
});

describe("isZip", () => {
  it("goes by the first four bytes", () => {
    expect([zip(files), text("PK"), text("PKPK"), new Uint8Array()].map(isZip)).toEqual([true, false, false, false]);
  });
});
