import type { parseArgs, ParseArgsConfig } from "node:util";

/** How the program ends. */
export const EXIT = {
  /** All is well. */
  fine: 0,
  /** The data, the model or the machine is not what the command needs; `verify` found a difference. */
  problem: 1,
  /** The command line is not one. */
  usage: 2,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** A command line that cannot be run. */
export class UsageError extends Error {
  override readonly name: string = "UsageError";
}

/** Options of every command, as `parseArgs` takes them. */
export type CommandOptions = NonNullable<ParseArgsConfig["options"]>;

/** What `parseArgs` gave. */
export interface CommandLine<Options extends CommandOptions> {
  readonly positionals: readonly string[];
  readonly values: ReturnType<typeof parseArgs<{ options: Options }>>["values"];
}

/** One of `webgru`'s commands. */
export interface Command<Options extends CommandOptions = CommandOptions> {
  readonly name: string;
  /** What follows the name. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** A line for each option, and whatever else is to be known. */
  readonly help: string;
  readonly options: Options;
  readonly numPositionals: number;
  /** @returns the exit code */
  run(line: CommandLine<Options>): Promise<number>;
}

/** A command whose options' types are forgotten: `main` gives it what those options parse to. */
export function defineCommand<const Options extends CommandOptions>(command: Command<Options>): Command {
  return command as unknown as Command;
}

/** Things to undo when the program is interrupted; see `main`. */
export const cleanups = new Set<() => void>();

/** Lets the event loop turn, so that Ctrl-C is heard between pieces of long work. */
export async function breathe(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** @throws UsageError unless the text is a whole number of at least `least` */
export function takeCount(option: string, text: string, least = 1): number {
  const count = Number(text);
  if (text.trim() !== "" && Number.isSafeInteger(count) && count >= least) return count;
  throw new UsageError(`--${option}: expected a whole number from ${least} on, got ${text}`);
}

/** @throws UsageError unless the text is one of the choices */
export function takeChoice<Choice extends string>(option: string, text: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`--${option}: expected ${choices.join(", ")}, got ${text}`);
}
