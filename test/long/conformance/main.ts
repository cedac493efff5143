import { relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { projectRoot } from "../../harness/library.js";
import { openConformancePage } from "./browser.js";
import { type Case, readCases } from "./cases.js";
import { conduct, type Verdict } from "./conduct.js";
import { type Device, DEVICES } from "./device.js";
import { execute, type Outcome } from "./execute.js";
import type { Program } from "./program.js";
import { formatReport, hasFailed, summarize } from "./report.js";

/** Where the project's own set of cases is looked for, from its root. */
const DEFAULT_FOLDER = "../shared/reference";

const USAGE = `npm run conformance -- [DIR] [options]

  DIR              folder of a set of cases, with its manifest.json; ${DEFAULT_FOLDER} when absent
  --device NAME    webgpu, in headless Chrome (when absent), cpu, or reference, the tests' own float64 oracle
  --filter TEXT    only the cases whose name contains TEXT
  --json           one JSON object instead of tables
  --help           this text`;

/**
 * Runs a set of cases through the library and prints what became of them.
 *
 * @param args of the command line
 * @returns the exit code: 1 when a required case failed, or nothing could be run
 */
export async function main(args: string[]): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options !== null) return await runCases(options);
    print(USAGE);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

interface Options {
  readonly folder: string;
  readonly device: Device;
  readonly filter: string;
  readonly isJson: boolean;
}

/** The request of the command line; null when it asks for help. */
function parseOptions(args: string[]): Options | null {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      device: { type: "string", default: "webgpu" },
      filter: { type: "string", default: "" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const device = DEVICES.find((name) => name === values.device);
  if (device === undefined) throw new Error(`--device: expected ${DEVICES.join(", ")}, got ${values.device}`);
  if (positionals.length > 1) throw new Error(`expected one folder, got ${positionals.join(" ")}`);
  const folder = positionals[0] ?? resolve(projectRoot, DEFAULT_FOLDER);
  return { folder, device, filter: values.filter, isJson: values.json };
}

async function runCases({ folder, device, filter, isJson }: Options): Promise<number> {
  const cases = readCases(folder, filter);
  if (cases.length === 0)
    throw new Error(`--filter: expected text of a case's name, got "${filter}", which is in none`);
  const { description, verdicts } = await conductAll(cases, device);
  if (isJson) {
    print(JSON.stringify({ device, description, groups: summarize(verdicts), cases: verdicts }, null, 2));
  } else {
    print(formatReport(`${cases.length} cases of ${relative(process.cwd(), folder)} on ${description}`, verdicts));
  }
  return hasFailed(verdicts) ? 1 : 0;
}

async function conductAll(
  cases: readonly Case[],
  device: Device,
): Promise<{ description: string; verdicts: Verdict[] }> {
  if (device !== "webgpu") {
    return { description: device, verdicts: await conductEach(cases, (program) => execute(program, device)) };
  }
  const page = await openConformancePage();
  try {
    return { description: `webgpu: ${page.description}`, verdicts: await conductEach(cases, page.execute) };
  } finally {
    await page.close();
  }
}

async function conductEach(cases: readonly Case[], run: (program: Program) => Promise<Outcome>): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (const one of cases) verdicts.push(await conduct(one, run));
  return verdicts;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
