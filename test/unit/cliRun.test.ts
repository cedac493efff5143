// `webgru run`, a line in and a line out, as a part of a pipe.

import { writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { createModel, type GruModel } from "webgru";
import { beforeAll, describe, expect, it } from "vitest";
import { linesOf, parseLine, shortest } from "../../src/cli/lines.js";
import { writeSafetensors } from "../../src/formats/writeSafetensors.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { endOf, printed, runCli, scratchFolder, startCli } from "../harness/cliProcess.js";
import { buildLibrary } from "../harness/library.js";
import { npzFile } from "../files/npzFile.js";
import { oneGru, randomArray, randomDense, randomMixed, randomTextModel, uniform } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const scratch = scratchFolder();
const network = randomMixed(90, "linear", 3);
const features = scratch("features.safetensors");
const tokens = scratch("tokens.safetensors");
const steps = Array.from({ length: 600 }, (_, i) => [...randomArray(network.inputSize, uniform(i))]);

let model: GruModel;
/** Of each step, from a state of zeros at the first. */
let expected: number[][];

beforeAll(async () => {
  buildLibrary();
  writeFileSync(features, writeSafetensors(network));
  writeFileSync(tokens, writeSafetensors(randomTextModel(91, 7)));
  model = await createModel(network, { device: "cpu" });
  expected = await outputsOf(network, steps);
});

describe("webgru run", () => {
  it("answers each line of CSV by one, with the state carried over", async () => {
    const { code, stdout, stderr } = await runCli(
      ["run", features],
      steps.map((step) => `${step.join(",")}\n`).join(""),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => line.split(",").map(Number).map(Math.fround)),
    ).toEqual(expected);
  });

  it("reads a table's columns by their names, and appends the outputs", async () => {
    const names = steps[0]!.map((_, i) => `x${i}`);
    const lines = steps.slice(0, 3).map((step, i) => ["noon", ...[...step].reverse(), i].join(";"));
    const input = `${["time", ...[...names].reverse(), "row"].join(";")}\n${lines.join("\n")}\n`;
    const { code, stdout } = await runCli(["run", features, "--header", "--append", "--columns", names.join()], input);
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => line.split(";"));
    expect(answers.map((cells) => cells.slice(0, names.length + 2).join(";"))).toEqual(lines);
    expect(
      answers.map((cells) =>
        cells
          .slice(names.length + 2)
          .map(Number)
          .map(Math.fround),
      ),
    ).toEqual(expected.slice(0, 3));
  });

  it("answers each line in its own form: JSON, tabs, spaces, a carriage return, no end", async () => {
    const [a, b, c, d, e] = steps.map((step) => step as unknown[]);
    const input = `${JSON.stringify(a)}\n${b!.join("\t")}\n ${c!.join("  ")} \r\n${d!.join(" ; ")}\n${JSON.stringify(e)}`;
    const { stdout } = await runCli(["run", features], input);
    const lines = stdout.split("\n");
    expect(lines.map((line) => line.startsWith("["))).toEqual([true, false, false, false, true, false]);
    expect(
      lines
        .slice(0, 5)
        .map((line) => (JSON.parse(line.startsWith("[") ? line : `[${line}]`) as number[]).map(Math.fround)),
    ).toEqual(expected.slice(0, 5));
  });

  it("sets the state to zero at an empty line, which it answers", async () => {
    const line = `${steps[0]!.join(",")}\n`;
    const { stdout } = await runCli(["run", features], `${line}${line}\n${line}`);
    const [first, second, empty, third] = stdout.split("\n");
    expect(third).toBe(first);
    expect(second).not.toBe(first);
    expect(empty).toBe("");
  });

  it("gives every output by name", async () => {
    const named = { ...network, outputs: ["head", "first"] };
    const path = scratch("named.safetensors");
    writeFileSync(path, writeSafetensors(named));
    const { stdout } = await runCli(["run", path, "--named"], `${steps[0]!.join(",")}\n`);
    const { head, first } = JSON.parse(stdout) as { head: number[]; first: number[] };
    expect(head.map(Math.fround)).toEqual(expected[0]);
    expect(first).toHaveLength(6);
  });

  it("answers at once, before the next line comes", async () => {
    const program = startCli("run", tokens);
    const ended = endOf(program);
    for (let token = 0; token < 3; token++) {
      const answer = printed(program, /.*\n/);
      program.stdin.write(`${token}\n`);
      expect((await answer)[0]!.split(",")).toHaveLength(7);
    }
    program.stdin.end();
    expect((await ended).code).toBe(0);
  });

  it("answers a model of the last step alone line by line", async () => {
    const gru = { ...oneGru(92, { inputSize: 2, hiddenSize: 3 }).layers[0]!, returnSequences: false };
    const last = defineNetwork({ layers: [gru, randomDense("head", ["gru"], [3, 2], "linear", uniform(93))] });
    const path = scratch("last.safetensors");
    writeFileSync(path, writeSafetensors(last));
    const { stdout } = await runCli(["run", path], "1,2\n3,4\n5,6\n");
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(",").map(Number).map(Math.fround));
    expect(lines).toEqual(
      await outputsOf(last, [
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
    );
  });

  for (const form of ["csv", "ndjson", "npz"] as const) {
    it(`reads a .${form} file`, async () => {
      const path = scratch(`steps.${form}`);
      const text = { csv: steps.map((step) => step.join(",")), ndjson: steps.map((step) => JSON.stringify(step)) };
      const array = { shape: [steps.length, network.inputSize], values: Float32Array.from(steps.flat()) };
      writeFileSync(path, form === "npz" ? npzFile({ input: array }) : text[form].join("\n"));
      const { code, stdout } = await runCli(["run", features, "--input", path]);
      expect(code).toBe(0);
      const lines = stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(`[${line.replace(/^\[|\]$/g, "")}]`) as number[]);
      expect(lines.map((line) => line.map(Math.fround))).toEqual(expected);
    });
  }

  const refused: [what: string, path: () => string, input: string, numAnswers: number, stderr: string][] = [
    ["a word", () => tokens, "1\ntwo\n3\n", 1, 'line 2: expected a number in column 1, got "two"'],
    [
      "a hole",
      () => features,
      `${Array.from({ length: 5 }, () => 0).join(",")}\n1,,3,4,5\n`,
      1,
      'line 2: expected a number in column 2, got ""',
    ],
    ["too few numbers", () => features, "1,2\n", 0, "line 1: expected 5 numbers, got 2"],
    ["too many", () => tokens, "[1,2]\n", 0, "line 1: expected 1 index, got 2"],
    ["an index out of range", () => tokens, "\n\n7\n", 0, "line 3: expected an index in [0, 7), got 7"],
    ["a broken index", () => tokens, "0.5\n", 0, "line 1: expected an index in [0, 7), got 0.5"],
    ["infinity", () => features, "1,2,3,4,1e39\n", 0, "line 1: expected finite float32 numbers, got 1e+39"],
    ["JSON of something else", () => tokens, '["1"]\n', 0, 'line 1: expected an array of numbers, got ["1"]'],
  ];
  for (const [what, path, input, numAnswers, stderr] of refused) {
    it(`answers the lines before ${what}, and ends with 1`, async () => {
      const ended = await runCli(["run", path()], input);
      expect(ended).toMatchObject({ code: 1, stderr: `webgru: ${stderr}\n` });
      expect(ended.stdout.split("\n").filter((line) => line !== "")).toHaveLength(numAnswers);
    });
  }

  it("ends with 1 for broken JSON", async () => {
    const { code, stderr } = await runCli(["run", tokens], "[1\n");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^webgru: line 1: expected an array in JSON, got SyntaxError.*\n$/);
  });

  it("ends with 1 for a model with a reverse layer", async () => {
    const path = scratch("reverse.safetensors");
    writeFileSync(path, writeSafetensors(oneGru(94, { inputSize: 1, hiddenSize: 1, direction: "reverse" })));
    const { code, stderr } = await runCli(["run", path], "1\n");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^webgru: layer "gru": expected one that a stream can step through, got direction "reverse"/,
    );
  });

  it("ends with 1 for arrays that are no steps", async () => {
    const path = scratch("steps.npz");
    writeFileSync(path, npzFile({ input: zeros(2, 3, 5) }));
    expect((await runCli(["run", features, "--input", path])).stderr).toBe(
      "webgru: npz: expected shape [T, 5], got [2, 3, 5]\n",
    );
    writeFileSync(path, npzFile({ a: zeros(1, 5), b: zeros(1, 5) }));
    expect((await runCli(["run", features, "--input", path])).stderr).toBe(
      'webgru: npz: expected an array "input", or one alone, got a, b\n',
    );
  });

  it("ends with 0 when its reader has seen enough", async () => {
    const program = startCli("run", tokens);
    const ended = endOf(program);
    program.stdin.on("error", () => {}); // the pipe breaks here too
    const isOpen = () => !program.stdin.destroyed && program.exitCode === null;
    const first = printed(program, /\n/);
    program.stdin.write("1\n");
    await first;
    program.stdout.destroy();
    while (isOpen()) {
      program.stdin.write("1\n".repeat(100));
      await setTimeout(5);
    }
    expect(await ended).toMatchObject({ code: 0, stderr: "" });
  });

  it("ends with 130 at Ctrl-C, while it waits and while it works", async () => {
    for (const input of ["1\n", "1\n".repeat(200_000)]) {
      const program = startCli("run", tokens);
      const ended = endOf(program);
      program.stdin.on("error", () => {});
      const first = printed(program, /\n/);
      program.stdin.write(input);
      await first;
      program.kill("SIGINT");
      expect(await ended).toMatchObject({ code: 130, stderr: "" });
    }
  });
});

describe("lines", () => {
  it("come as pieces complete them, whatever splits a character", async () => {
    const bytes = new TextEncoder().encode("ä,1\n2\r\n\n3");
    const pieces = async function* () {
      for (const byte of bytes) yield Uint8Array.of(byte);
    };
    expect(await readAll(pieces())).toEqual(["ä,1", "2", "", "3"]);
  });

  it("are refused when they never end", async () => {
    await expectRefusal(
      () => readAll(endlessLine()),
      "bad-input",
      "input: expected lines of at most 16777216 characters, got a longer one",
    );
  });

  it("of nothing but space are empty", () => {
    expect([" ", "\t", ""].map((line) => parseLine(line, 1))).toEqual([null, null, null]);
  });

  it("write as few digits as give the same float32 again", () => {
    const values = [
      ...randomArray(2000, uniform(95), 1e3),
      ...randomArray(2000, uniform(96), 1e-6),
      0,
      1,
      3.4e38,
      1e-45,
    ].map(Math.fround);
    for (const value of values) expect(Math.fround(Number(shortest(value)))).toBe(value);
    expect([0.1, 1 / 3, 1e-8, 123456].map((value) => shortest(Math.fround(value)))).toEqual([
      "0.1",
      "0.33333334",
      "1e-8",
      "123456",
    ]);
    expect([NaN, Infinity].map(shortest)).toEqual(["null", "null"]);
  });
});

/** The main output of each step pushed to a stream. */
async function outputsOf(of: Network, inputs: readonly number[][]): Promise<number[][]> {
  const runner = of === network ? model : await createModel(of, { device: "cpu" });
  const stream = runner.createStream();
  const outputs: number[][] = [];
  for (const input of inputs) outputs.push([...(await stream.push(input))]);
  stream.dispose();
  return outputs;
}

function zeros(...shape: number[]) {
  return { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}

async function* endlessLine() {
  for (let i = 0; i < 20; i++) yield "1,".repeat(2 ** 19);
}

async function readAll(pieces: AsyncIterable<string | Uint8Array>): Promise<string[]> {
  const lines: string[] = [];
  for await (const some of linesOf(pieces)) lines.push(...some);
  return lines;
}
