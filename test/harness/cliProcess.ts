// The program of the command line, run as whoever installs the package does.

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { projectRoot } from "./library.js";

/** The exit code and the output of a program. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the built program. */
export function startCli(...args: readonly string[]): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [`${projectRoot}dist/cli.js`, ...args]);
}

/** A module that sends Ctrl-C, from within, when the program opens the first file. */
const INTERRUPTION = `
  import fs from "node:fs/promises";
  import { syncBuiltinESMExports } from "node:module";
  const { open } = fs;
  fs.open = (...args) => {
    process.kill(process.pid, "SIGINT");
    return open(...args);
  };
  syncBuiltinESMExports();`;

/** Runs the built program, and presses Ctrl-C as soon as it reads a file: neither before it could hear nor too late. */
export async function interruptCli(...args: readonly string[]): Promise<Ended> {
  const preload = `data:text/javascript,${encodeURIComponent(INTERRUPTION)}`;
  return endOf(spawn(process.execPath, ["--import", preload, `${projectRoot}dist/cli.js`, ...args]));
}

/** Runs the built program to its end. @param input all of its standard input */
export async function runCli(args: readonly string[], input = ""): Promise<Ended> {
  const program = startCli(...args);
  const ended = endOf(program);
  program.stdin.on("error", () => {}); // it need not read all
  program.stdin.end(input);
  return ended;
}

/** Waits for the end of a program that was started. */
export async function endOf(program: ChildProcessWithoutNullStreams): Promise<Ended> {
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    program[name].setEncoding("utf8").on("data", (text: string) => (texts[name] += text));
  }
  const [code] = (await once(program, "close")) as [number | null];
  return { code, stdout: texts.stdout, stderr: withoutProgress(texts.stderr) };
}

/** Progress is told of long work, and of short work on a busy machine: it is no complaint. */
function withoutProgress(stderr: string): string {
  return stderr.replaceAll(/^webgru: .*: \d+%\n/gm, "");
}

/** Resolves with what a program has printed once some of it matches. */
export async function printed(program: ChildProcessWithoutNullStreams, pattern: RegExp): Promise<RegExpExecArray> {
  let text = "";
  return new Promise((resolve, reject) => {
    program.stdout.setEncoding("utf8").on("data", (more: string) => {
      text += more;
      const match = pattern.exec(text);
      if (match !== null) resolve(match);
    });
    program.once("close", (code) => reject(new Error(`ended with ${code} before it printed ${pattern}: ${text}`)));
  });
}

/** A folder for a test file's own files; it ends with the tests. */
export function scratchFolder(): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "webgru-cli-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  return (name) => join(folder, name);
}
