import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { LAYER_TYPES } from "../../src/layers/index.js";
import { projectRoot } from "../harness/library.js";

/**
 * Folders that each folder of src/ may import beside itself and errors.ts. The one direction is
 * bytes -> formats -> model, layers -> plan -> kernels -> runtime -> engine -> stream.
 */
const ALLOWED: Record<string, readonly string[]> = {
  layers: [],
  model: ["layers"],
  formats: ["layers", "model"],
  kernels: ["layers"],
  plan: ["layers", "model", "kernels"],
  engine: ["model"],
  cpu: ["layers", "model", "engine"],
  tuner: ["layers", "model", "plan", "engine"],
  runtime: ["layers", "model", "kernels", "plan", "tuner", "engine"],
  stream: ["layers", "model", "engine"],
  load: ["layers", "model", "formats", "engine", "stream"],
  worker: ["model", "stream", "load", "index.ts"],
};

/** Folders and files that may import everything: nothing of src/ imports them. */
const isTop = (name: string) => name === "index.ts" || name === "cli" || name === "entries";

/** A path from the project's root. */
const NAMED_FILE = /\b(?:src|shaders|test|demo|bench)\/[\w/]+\.(?:ts|mjs|wgsl|html)\b/g;

const GPU_CALLS = /\.createBuffer\(|\.createComputePipeline(Async)?\(|\.queue\.(submit|write|copy|onSubmitted)/;

const sourceRoot = join(projectRoot, "src");
// AssemblyScript, in src/cpu/wasm, is compiled by itself.
const files = readdirSync(sourceRoot, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts") && !file.startsWith(`cpu${sep}wasm${sep}`))
  .map((file) => file.split(sep).join("/"));

const source = new Map(files.map((file) => [file, readFileSync(join(sourceRoot, file), "utf8")]));
const imports = new Map(files.map((file) => [file, relativeImports(file)]));

describe("src/", () => {
  it("is there", () => {
    expect(files.length).toBeGreaterThan(10);
  });

  it("imports files that exist", () => {
    const missing = edges().filter(({ target }) => !existsSync(join(sourceRoot, target)));
    expect(missing.map(describeEdge)).toEqual([]);
  });

  it("names files that exist, in its comments and in the shaders", () => {
    const shaders = readdirSync(join(projectRoot, "shaders"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".wgsl"))
      .map((file) => readFileSync(join(projectRoot, "shaders", file), "utf8"));
    const named = [...source.values(), ...shaders].flatMap((text) => text.match(NAMED_FILE) ?? []);
    expect(named.length).toBeGreaterThan(10);
    expect([...new Set(named)].filter((path) => !existsSync(join(projectRoot, path)))).toEqual([]);
  });

  it("has no import cycle", () => {
    expect(findCycle()).toEqual([]);
  });

  it("imports in one direction", () => {
    expect(edges().filter(breaksDirection).map(describeEdge)).toEqual([]);
  });

  it("names layer types in their rooms alone", () => {
    const names = new RegExp(LAYER_NAMES.join("|"));
    const outside = files.filter((file) => !ROOMS.test(file) && names.test(withoutComments(source.get(file)!)));
    expect(outside.sort()).toEqual(Object.keys(NAMED_FOR_A_REASON).sort());
  });

  it("calls the GPU from runtime/ alone", () => {
    const callers = files.filter((file) => part(file) !== "runtime" && GPU_CALLS.test(source.get(file)!));
    expect(callers).toEqual([]);
  });
});

/** A layer type's name, or the name of its interface: "gru", GruLayer, GruSpec, gruPlan. */
const LAYER_NAMES = LAYER_TYPES.flatMap((type) => {
  const upper = type[0]!.toUpperCase() + type.slice(1);
  return [`"${type}"`, `${upper}Layer`, `${upper}Spec`, `${type}\\.js"`];
});

/** Folders whose files may name layer types: the rooms, their kernels, and the readers of foreign layers. */
const ROOMS = new RegExp(
  `^(layers|kernels|formats)/|^(plan|cpu)/((${LAYER_TYPES.join("|")})[./]|(coreList|list)\\.ts)|^plan/recurrent/|^plan/tables\\.ts`,
);

/** The other files that may, and why. */
const NAMED_FOR_A_REASON: Record<string, string> = {
  "index.ts": "the public names",
  "model/withLast.ts": "returnSequences: false is a layer of type last",
  "stream/formerState.ts": "states of version 2 were of GRU layers",
  "cli/doctor.ts": "runs a network of its own",
};

/** Folder of src/ that a file is in, or the name of a file at its top. */
function part(file: string): string {
  return file.split("/")[0]!;
}

/** Paths of the imported files from src/, with the endings they have on disk. */
function relativeImports(file: string): string[] {
  // `import ... from "./x.js"`, `export ... from "./x.js"`, `import "./x.js"` and `import("./x.js")`.
  const statements = source.get(file)!.matchAll(/\b(?:import|export)\b[^;"'`]*?["'](\.[^"']+)["']/g);
  return [...statements].map(([, specifier]) =>
    join(dirname(file), specifier!)
      .split(sep)
      .join("/")
      .replace(/\.js$/, ".ts")
      .replace(/\?\w+$/, ""),
  );
}

function withoutComments(code: string): string {
  return code.replaceAll(/\/\*[^]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

function edges() {
  return [...imports].flatMap(([file, targets]) => targets.map((target) => ({ file, target })));
}

/** `import("../entries/x.js")`: a file that is fetched when it is needed, and no part of the one that names it. */
function isFetched(file: string, target: string): boolean {
  const address = target.replace(/\.ts$/, ".js");
  return part(target) === "entries" && new RegExp(`import\\("(\\.\\./)+${address}"\\)`).test(source.get(file)!);
}

function describeEdge({ file, target }: { file: string; target: string }): string {
  return `${file} imports ${target}`;
}

function breaksDirection({ file, target }: { file: string; target: string }): boolean {
  const [from, to] = [part(file), part(target)];
  if (isTop(from) || from === to || to === "errors.ts" || isFetched(file, target)) return false;
  if (target.startsWith("../shaders/")) return from !== "kernels";
  return !ALLOWED[from]?.includes(to);
}

/** The files of one import cycle, the first of them repeated at the end, or none. */
function findCycle(): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const target of (imports.get(file) ?? []).filter((each) => !isFetched(file, each))) {
      const cycle = visit(target, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
