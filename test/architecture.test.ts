import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "./library.js";

/**
 * What each folder of src/ may import beside itself and errors.ts: folders, or files of src/. The one direction is
 * bytes -> formats -> model, layers -> plan -> kernels -> runtime -> stream.
 */
const ALLOWED: Record<string, readonly string[]> = {
  layers: [],
  model: ["layers"],
  formats: ["layers", "model"],
  cpu: ["layers", "model", "engine.ts"],
  kernels: ["layers", "model"],
  plan: ["layers", "model", "kernels"],
  runtime: ["layers", "model", "kernels", "plan", "engine.ts", "tuned.ts"],
  stream: ["model", "engine.ts"],
  tuner: ["model", "plan", "engine.ts"],
  worker: ["stream", "index.ts"],
};

/** Folders and files at the top of src/ that may import everything. */
const isTop = (name: string) => name.endsWith(".ts") || name === "cli";

const GPU_CALLS = /\.createBuffer\(|\.createComputePipeline(Async)?\(|\.queue\.(submit|write|copy|onSubmitted)/;

const sourceRoot = join(projectRoot, "src");
// AssemblyScript, in src/cpu/wasm, has a world of its own.
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

  it("has no import cycle", () => {
    expect(findCycle()).toEqual([]);
  });

  it("imports in one direction", () => {
    expect(edges().filter(breaksDirection).map(describeEdge)).toEqual([]);
  });

  it("calls the GPU from runtime/ alone", () => {
    const callers = files.filter((file) => part(file) !== "runtime" && GPU_CALLS.test(source.get(file)!));
    expect(callers).toEqual([]);
  });
});

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

function edges() {
  return [...imports].flatMap(([file, targets]) => targets.map((target) => ({ file, target })));
}

function describeEdge({ file, target }: { file: string; target: string }): string {
  return `${file} imports ${target}`;
}

function breaksDirection({ file, target }: { file: string; target: string }): boolean {
  const [from, to] = [part(file), part(target)];
  if (isTop(from) || from === to || to === "errors.ts") return false;
  if (target.startsWith("../shaders/")) return from !== "kernels";
  return !ALLOWED[from]?.includes(to);
}

/** The files of one import cycle, the first of them repeated at the end, or none. */
function findCycle(): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const target of imports.get(file) ?? []) {
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
