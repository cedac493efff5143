#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { GruError } from "../index.js";
import { bench } from "./bench.js";
import { cleanups, type Command, EXIT, UsageError } from "./command.js";
import { convert } from "./convert.js";
import { doctor } from "./doctor.js";
import { inspect } from "./inspect.js";
import { run } from "./run.js";
import { serve } from "./serve.js";
import { tell } from "./stderr.js";
import { print } from "./stdout.js";
import { verify } from "./verify.js";

const COMMANDS = [inspect, convert, verify, run, bench, doctor, serve];

const HELP = `webgru runs recurrent models built around the GRU.

${COMMANDS.map(({ name, usage, summary }) => `  webgru ${`${name} ${usage}`.padEnd(32)} ${summary}`).join("\n")}

  webgru COMMAND --help   its options
  webgru --version

FILE is any file that loadModel reads. Exit codes: ${EXIT.fine} fine, ${EXIT.problem} a problem with the data, the model or the machine,
${EXIT.usage} a wrong command line, ${EXIT.interrupted} interrupted.`;

process.on("SIGINT", () => {
  for (const cleanUp of cleanups) cleanUp();
  process.exit(EXIT.interrupted);
});

// A reader such as `head` closes the pipe when it has enough. That is no error, and the exit code stays.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? (process.exitCode ?? EXIT.fine) : EXIT.problem);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === "--version") {
    const manifest = readFileSync(new URL(/* @vite-ignore */ "../package.json", import.meta.url), "utf8");
    await print((JSON.parse(manifest) as { version: string }).version);
    return EXIT.fine;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    await print(...HELP.split("\n"));
    return EXIT.fine;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    const expected = COMMANDS.map((each) => each.name).join(", ");
    throw new UsageError(`expected a command, ${expected}, got ${name ?? "none"}; see webgru --help`);
  }
  return runCommand(command, args);
}

async function runCommand(command: Command, args: readonly string[]): Promise<number> {
  const usage = `usage: webgru ${command.name} ${command.usage}`;
  const options = { ...command.options, help: { type: "boolean", short: "h" } } as const;
  let line;
  try {
    line = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
  if (line.values.help) {
    await print(usage, "", `${command.name} ${command.summary}`, "", ...command.help.split("\n"));
    return EXIT.fine;
  }
  const isOption = command.fileOption !== undefined && Object.hasOwn(line.values, command.fileOption);
  if (line.positionals.length !== command.numPositionals && !(isOption && line.positionals.length === 0)) {
    throw new UsageError(`expected ${command.numPositionals} file, got ${line.positionals.length}\n${usage}`);
  }
  return command.run(line);
}

/** Writes an error to standard error. @returns the exit code */
function report(error: unknown): number {
  const isExpected = error instanceof GruError || error instanceof UsageError || isSystemError(error);
  const text = error instanceof Error ? ((isExpected ? error.message : error.stack) ?? error.message) : String(error);
  tell(text);
  return error instanceof UsageError ? EXIT.usage : EXIT.problem;
}

/** Whether the operating system refused something: a missing file, a port in use. */
function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}
