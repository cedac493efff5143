// Names and texts of a file that a terminal would obey, hide or turn round, through every command.

import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { printable, printableJson } from "../../src/cli/printable.js";
import { writeSafetensors } from "../../src/formats/writeSafetensors.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import { runCli, scratchFolder } from "../harness/cliProcess.js";
import { buildLibrary } from "../harness/library.js";
import { npzFile } from "../files/npzFile.js";
import { randomGru, uniform } from "../cases/random.js";
import { stateDictFile } from "../files/stateDictFile.js";

/** Of each kind: an escape sequence, C1 controls, turned directions, no width, ends of lines, a tag, a filler, half a pair. */
const EVIL = [
  "\x1b[2J\x1b]0;title\x07",
  "\x9b31m\x85\x90",
  "\0\b\t\v\f\r\x7f",
  "\n",
  "\u202egpj.exe\u202c",
  "\u2066a\u2067b\u2068c\u2069",
  "\u061c\u200e\u200f\u202a\u202b\u202d",
  "\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e",
  "\u2028\u2029",
  "\u{e0041}\u3164\u034f",
].join(" ");

/** Code points that no output may hold, but for ends of lines: Unicode's controls, Bidi_Control, and those without width. */
const FORBIDDEN: readonly [first: number, last: number][] = [
  [0, 9],
  [0xb, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe0fff],
];

function isForbidden(character: string): boolean {
  const code = character.codePointAt(0)!;
  return FORBIDDEN.some(([first, last]) => code >= first && code <= last);
}

const scratch = scratchFolder();
const model = scratch("model.safetensors");
const cases = scratch("cases.npz");

beforeAll(() => {
  buildLibrary();
  const layers = [`first ${EVIL}`, `last ${EVIL}`].map((name, i, names) =>
    randomGru(name, [i === 0 ? "input" : names[0]!], { inputSize: 2, hiddenSize: 2 }, uniform(i)),
  );
  const network = defineNetwork({ layers, notes: [`note ${EVIL}`] });
  writeFileSync(model, writeSafetensors(network));
  const zeros = { shape: [1, 1, 2], values: new Float32Array(2) };
  writeFileSync(cases, npzFile({ "case/input": zeros, "case/output": zeros }));
});

/** Runs a command, and asserts that nothing of a file comes out as it is. */
async function runSafely(args: readonly string[], input = "") {
  const ended = await runCli(args, input);
  for (const text of [ended.stdout, ended.stderr]) expect([...text].filter(isForbidden)).toEqual([]);
  return ended;
}

describe("names that a terminal would obey", () => {
  it("are spelled by inspect, in columns of the same width, each line a line", async () => {
    const { code, stdout } = await runSafely(["inspect", model]);
    expect(code).toBe(0);
    expect(stdout).toContain("first \\u{1b}[2J\\u{1b}]0;title\\u{7} \\u{9b}31m\\u{85}\\u{90} \\u{0}");
    expect(stdout).toContain(" \\u{a} \\u{202e}gpj.exe\\u{202c} ");
    const rows = stdout.split("\n").filter((line) => /^(layer|first|last) /.test(line));
    expect(rows).toHaveLength(3);
    const columns = rows.map((row) => row.search(/(type|gru forward)/));
    expect(new Set(columns).size).toBe(1);
  });

  it("are escaped in inspect's JSON, and mean the same", async () => {
    const { stdout } = await runSafely(["inspect", model, "--json"]);
    const { layers, description } = JSON.parse(stdout) as Record<string, { name: string }[] & { layers: unknown }>;
    expect(layers!.map(({ name }) => name)).toEqual([`first ${EVIL}`, `last ${EVIL}`]);
    expect(description!.layers).toMatchObject([{ name: `first ${EVIL}` }, { name: `last ${EVIL}` }]);
  });

  it("are spelled by verify, convert and bench", async () => {
    for (const more of [[], ["--json"]]) {
      const { code } = await runSafely(["verify", model, "--against", cases, "--tolerance", "9", ...more]);
      expect(code).toBe(0);
    }
    expect(await runSafely(["convert", model, "-o", scratch("out.safetensors")])).toMatchObject({ code: 0 });
    expect(await runSafely(["bench", model, "--seconds", "1"])).toMatchObject({ code: 0 });
  });

  it("leave the numbers of run as they are, and its JSON valid", async () => {
    const { stdout: bare } = await runSafely(["run", model], "1,2\n");
    expect(bare).toMatch(/^-?[\d.e-]+,-?[\d.e-]+\n$/);
    const { stdout: named } = await runSafely(["run", model, "--named"], "[1,2]\n");
    expect(named.split("\n")).toHaveLength(2);
    expect(JSON.parse(named)).toEqual({ [`last ${EVIL}`]: bare.split(",").map(Number) });
  });

  it("are spelled in what is refused: a file's names, its text, the command line's own", async () => {
    const unknown = scratch("unknown.safetensors");
    writeFileSync(unknown, stateDictFile({ [`layer ${EVIL}.weight`]: [2, 3, 4] }));
    const text = scratch("text.json");
    writeFileSync(text, `{"error": ${JSON.stringify(EVIL)}}${EVIL}`);
    const foreign = scratch("foreign.npz");
    writeFileSync(foreign, npzFile({ [EVIL.replaceAll("\0", "")]: { shape: [1], values: new Float32Array(1) } }));
    const description = scratch("description.json");
    writeFileSync(description, JSON.stringify({ layers: [{ type: EVIL, name: EVIL }] }));
    const name = EVIL.replaceAll("\0", "");
    for (const args of [
      ["inspect", unknown],
      ["inspect", text],
      ["inspect", model, "--description", text],
      ["inspect", model, "--description", description],
      ["verify", model, "--against", foreign],
      ["run", model, "--input", foreign],
      ["inspect", scratch("missing") + name],
      ["run", model, "--device", name],
      ["bench", model, `--${name}`],
      [name],
    ]) {
      const { code, stdout, stderr } = await runSafely(args);
      expect(code, args.join(" ")).toBeGreaterThan(0);
      expect(stdout).toBe("");
      expect(stderr).toMatch(/^webgru: /);
    }
    const { stderr } = await runSafely(["run", model], `${EVIL.replaceAll("\n", "")}\n`);
    expect(stderr).toMatch(/^webgru: line 1: expected a number in column 1, got /);
  });
});

function isSeen(character: string): boolean {
  return /[\p{L}\p{N}\p{P}\p{S} ]/u.test(character);
}

describe("printable", () => {
  it("spells every character that is not seen, and no letter, number or sign", () => {
    const all = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));
    const spelled = new Set(all.filter((character) => printable(character) !== character));
    expect(all.filter((character) => isForbidden(character) && !spelled.has(character))).toEqual([]);
    // Hangul's fillers pass for letters.
    expect(all.filter((character) => isSeen(character) && spelled.has(character)).join("")).toBe(
      "\u115f\u1160\u3164\uffa0",
    );
    expect(printable("a\u{1b}\n\u{e0041}é")).toBe("a\\u{1b}\\u{a}\\u{e0041}é");
    expect(printable("\ud800")).toBe("\\u{d800}");
  });

  it("gives JSON that means the same", () => {
    const value = { [EVIL]: [EVIL, 1.5, null, { deep: "\ud800\u{e0041}" }] };
    for (const indent of [undefined, 2]) {
      const text = printableJson(value, indent);
      expect(JSON.parse(text)).toEqual(value);
      expect([...text].filter(isForbidden)).toEqual([]);
    }
  });
});
