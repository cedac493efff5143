import type { parseArgs, ParseArgsConfig } from "node:util";

/** Exit codes. */
export const EXIT = {
  /** Success. */
  fine: 0,
  /** A problem with the data, the model or the machine, or a difference that `verify` found. */
  problem: 1,
  /** A wrong command line. */
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

/** Result of `parseArgs`. */
export interface CommandLine<Options extends CommandOptions> {
  readonly positionals: readonly string[];
  readonly values: ReturnType<typeof parseArgs<{ options: Options }>>["values"];
}

/** One of `webgru`'s commands. */
export interface Command<Options extends CommandOptions = CommandOptions> {
  readonly name: string;
  /** The arguments after the name, for the help. */
  readonly usage: string;
  /** One line. */
  readonly summary: string;
  /** A line for each option, then notes. */
  readonly help: string;
  readonly options: Options;
  readonly numPositionals: number;
  /** The option whose value is the file where no other is given. */
  readonly fileOption?: string;
  /** @returns the exit code */
  run(line: CommandLine<Options>): Promise<number>;
}

/** A command, without the types of its options: `main` parses the options before it calls `run`. */
export function defineCommand<const Options extends CommandOptions>(command: Command<Options>): Command {
  return command as unknown as Command;
}

/** Functions to call when the program is interrupted; see `main`. */
export const cleanups = new Set<() => void>();

/** Gives the event loop a turn, so that Ctrl-C works during long computations. */
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
