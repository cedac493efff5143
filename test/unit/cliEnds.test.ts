// How each command ends: with good input, with bad input, when its reader closes the pipe, at Ctrl-C.

import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { endOf, interruptCli, printed, runCli, scratchFolder, startCli } from "../harness/cliProcess.js";
import { readFixture } from "../files/fixtureFiles.js";
import { buildLibrary, projectRoot } from "../harness/library.js";
import { npzFile } from "../files/npzFile.js";

const scratch = scratchFolder();
const model = `${projectRoot}test/fixtures/torch_no_bias.pt`;
const broken = scratch("broken.pt");
const cases = scratch("cases.npz");
const off = scratch("off.npz");
const converted = scratch("converted.safetensors");

/** A command line that is fine, but for the file, and what it reads from standard input. */
const LINES: Record<string, { readonly args: string[]; readonly input?: string }> = {
  inspect: { args: [model] },
  convert: { args: [model, "-o", converted] },
  verify: { args: [model, "--against", cases] },
  run: { args: [model], input: "1,2,3\n" },
  bench: { args: [model, "--seconds", "1", "--steps", "3"] },
  doctor: { args: [] },
  serve: { args: [model] },
};
const names = Object.keys(LINES);
const ofFiles = names.filter((name) => LINES[name]!.args.length > 0);

/** The command line with another model. */
const withModel = (name: string, path: string) => LINES[name]!.args.map((arg) => (arg === model ? path : arg));

beforeAll(() => {
  buildLibrary();
  writeFileSync(broken, readFileSync(model).subarray(0, 600));
  const { fixture } = readFixture("torch_no_bias");
  const { sequenceLength: T, batchSize: B, input, output } = fixture;
  const arrays = (values: number[]) => ({
    input: { shape: [T, B, input.length / T / B], values: Float32Array.from(input) },
    output: { shape: [T, B, values.length / T / B], values: Float32Array.from(values) },
  });
  writeFileSync(cases, npzFile(arrays(output!)));
  writeFileSync(off, npzFile(arrays(output!.map((value) => value + 1))));
});

describe("with good input", () => {
  for (const name of names.filter((other) => other !== "serve")) {
    it(`${name} ends with 0`, async () => {
      const { args, input } = LINES[name]!;
      const { code, stderr } = await runCli([name, ...args], input);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    });
  }

  it("serve goes on until it is told to end", async () => {
    const program = startCli("serve", model);
    const [url] = await printed(program, /http:\/\/localhost:\d+\//);
    expect((await fetch(url!)).status).toBe(200);
    program.kill("SIGINT");
    expect(await once(program, "close")).toEqual([130, null]);
  });
});

describe("with bad input", () => {
  for (const name of ofFiles) {
    it(`${name} ends with 1, and says what is wrong with the file`, async () => {
      const { code, stdout, stderr } = await runCli([name, ...withModel(name, broken)], LINES[name]!.input);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^webgru: torch: storage "\d+" ends at byte \d+, past the end of the file \(600\)\n$/);
    });
  }

  it("doctor ends with 2 for a word too many", async () => {
    expect(await runCli(["doctor", model])).toMatchObject({ code: 2, stdout: "" });
  });

  it("inspect ends with 1 for what is no file", async () => {
    const { code, stderr } = await runCli(["inspect", "/dev/null"]);
    expect(stderr).toBe("webgru: /dev/null: expected a file, got a pipe or a device; save it first\n");
    expect(code).toBe(1);
  });
});

describe("when its reader closes the pipe", () => {
  for (const name of names) {
    it(`${name} ends with 0, in silence`, async () => {
      expect(await unread(name, LINES[name]!.args, LINES[name]!.input)).toEqual({ code: 0, stdout: "", stderr: "" });
    });
  }

  it("verify still tells by its exit code that there is a difference", async () => {
    expect(await unread("verify", [model, "--against", off])).toEqual({ code: 1, stdout: "", stderr: "" });
  });
});

describe("at Ctrl-C", () => {
  for (const name of ofFiles) {
    it(`${name} ends with 130, in silence`, async () => {
      const out = scratch("interrupted.safetensors");
      const args = LINES[name]!.args.map((arg) => (arg === converted ? out : arg));
      expect(await interruptCli(name, ...args)).toEqual({ code: 130, stdout: "", stderr: "" });
      expect(existsSync(out)).toBe(false);
      expect(readdirSync(dirname(out)).filter((file) => file.endsWith(".part"))).toEqual([]);
    });
  }

  it("bench ends with 130 at work", async () => {
    const program = startCli("bench", model, "--seconds", "60");
    const told = new Promise<string>((resolve) => {
      program.stderr.once("data", (bytes: Buffer) => resolve(bytes.toString()));
    });
    expect(await told).toMatch(/^webgru: .*: \d+%\n$/);
    program.kill("SIGINT");
    expect(await once(program, "close")).toEqual([130, null]);
  });

  it("doctor ends with 130", async () => {
    const program = startCli("doctor", "--page");
    await printed(program, /http:\/\/localhost:\d+\//);
    program.kill("SIGINT");
    expect(await once(program, "close")).toEqual([130, null]);
  });
});

async function unread(name: string, args: readonly string[], input = "") {
  const program = startCli(name, ...args);
  program.stdin.on("error", () => {}); // it need not read all
  program.stdin.end(input);
  program.stdout.destroy();
  return endOf(program);
}
