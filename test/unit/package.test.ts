import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { parseAst } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildLibrary, projectRoot } from "../harness/library.js";

/** Gzipped: the main file alone, and with that of a device, which is all that a page loads of ours for a safetensors file. */
const BUDGET_BYTES = {
  webgru: 27.25 * 1024,
  cpu: 49.25 * 1024,
  cpuLayers: 61 * 1024,
  webgpu: 64.25 * 1024,
  webgpuLayers: 46.25 * 1024,
};

const manifest = JSON.parse(readFileSync(`${projectRoot}package.json`, "utf8"));
const scratch = mkdtempSync(join(tmpdir(), "webgru-"));

beforeAll(buildLibrary);
afterAll(() => rmSync(scratch, { recursive: true }));

/** Names of the package's sub-paths. */
const subpaths = Object.keys(manifest.exports)
  .filter((name) => name !== "." && !name.endsWith(".json"))
  .map((name) => name.slice("./".length));

/** Names of the files that others fetch; two are no sub-paths. */
const fetched = [...subpaths, "otherFile", "describedWeights"];

/** Bytes of a file of the package, gzipped. */
function gzipped(name: string): number {
  return gzipSync(readFileSync(`${projectRoot}dist/${name}.js`), { level: 9 }).length;
}

function pairs(files: readonly string[], kilobytes: readonly number[]) {
  expect(kilobytes).toHaveLength(files.length);
  return files.map((file, i) => ({ files: [file], kilobytes: kilobytes[i]! }));
}

describe("the bundle", () => {
  const path = `${projectRoot}dist/webgru.js`;

  it("is one file that any page may load: no static imports, no import.meta, no eval", () => {
    const { imports, others } = demands(parseAst(readFileSync(path, "utf8")));
    expect(others).toEqual([]);
    for (const { source, isStatic } of imports) {
      expect(isStatic, source).toBe(false);
      expect(fetched.map((name) => `./${name}.js`)).toContain(source);
    }
  });

  for (const [name, budgetBytes] of Object.entries(BUDGET_BYTES)) {
    it(`stays within its budget: ${name}`, () => {
      const sizeBytes = [...new Set(["webgru", name])].reduce((sum, file) => sum + gzipped(file), 0);
      console.log(`${name}: ${sizeBytes} bytes gzipped, of ${budgetBytes}`);
      expect(sizeBytes).toBeLessThanOrEqual(budgetBytes);
    });
  }

  it("is as large as src/README.md says, and so is each file beside it", () => {
    const table = /^\| File \| gzipped .*\n.*\n((?:\|.*\n)+)/m.exec(
      readFileSync(`${projectRoot}src/README.md`, "utf8"),
    )![1]!;
    const said = [...table.matchAll(/^\| (.+?) \| ([\d, ]+) KB \|/gm)].flatMap(([, names, sizes]) => {
      const files = [...names!.matchAll(/`(\w+)\.js`/g)].map(([, file]) => file!);
      const kilobytes = sizes!.split(", ").map(Number);
      // One figure for files that come together, or one each.
      return kilobytes.length === 1 ? [{ files, kilobytes: kilobytes[0]! }] : pairs(files, kilobytes);
    });
    expect(said.flatMap(({ files }) => files).sort()).toEqual(["webgru", ...fetched].sort());
    for (const { files, kilobytes } of said) {
      const sizeBytes = files.reduce((sum, file) => sum + gzipped(file), 0);
      expect(Math.abs(sizeBytes / 1000 - kilobytes), `${files.join()}: ${sizeBytes} bytes`).toBeLessThan(1);
    }
  });

  it("loads where there is no GPU and no window", async () => {
    const library = await import(/* @vite-ignore */ pathToFileURL(path).href);
    expect(Object.keys(library)).not.toEqual([]);
  });
});

describe("webgru.min.js", () => {
  const path = `${projectRoot}dist/webgru.min.js`;

  it("imports nothing, so that one address is enough", () => {
    const { imports, others } = demands(parseAst(readFileSync(path, "utf8")));
    expect([...imports, ...others]).toEqual([]);
  });

  it("has the names of the main file, and reads and runs models of other programs by itself", async () => {
    const alone = join(scratch, "alone.mjs");
    writeFileSync(alone, readFileSync(path));
    const script = `
      const { loadModel, ...rest } = await import(${JSON.stringify(pathToFileURL(alone).href)});
      const results = [];
      for (const file of process.argv.slice(1)) {
        const model = await loadModel(file, { device: "cpu" });
        results.push((await model.run(new Float32Array(model.inputSize * 16))).output.length);
      }
      console.log(JSON.stringify([["loadModel", ...Object.keys(rest)].sort(), results]));`;
    const files = ["torch_bidirectional.pt", "h5_cnn_gru.h5", "onnx/graph_cell.opset18.onnx"].map(
      (name) => `${projectRoot}test/fixtures/${name}`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, ...files], {
      encoding: "utf8",
    });
    expect(stderr).toBe("");
    const library = await import(/* @vite-ignore */ pathToFileURL(`${projectRoot}dist/webgru.js`).href);
    const [names, results] = JSON.parse(stdout) as [string[], number[]];
    expect(names).toEqual(Object.keys(library).sort());
    expect(results.every((length) => length > 0)).toBe(true);
  });
});

describe("a file beside it", () => {
  for (const name of fetched) {
    it(`${name} needs no file but the main one, which has the one GruError`, () => {
      const { imports } = demands(parseAst(readFileSync(`${projectRoot}dist/${name}.js`, "utf8")));
      const others = imports.filter(({ source }) => source !== "./webgru.js");
      // One that is fetched when a file needs it.
      expect(others).toEqual(name === "keras" ? [{ source: "./describedWeights.js", isStatic: false }] : []);
      expect(readFileSync(`${projectRoot}dist/${name}.js`, "utf8")).not.toContain("extends Error");
    });
  }
});

describe("the program", () => {
  it("may be run after a build, as npx does", () => {
    accessSync(`${projectRoot}${manifest.bin.webgru}`, constants.X_OK);
  });

  it("needs Node and the package's own files alone, and no shell line to start", () => {
    const source = readFileSync(`${projectRoot}${manifest.bin.webgru}`, "utf8");
    expect(source).toMatch(/^#!\/usr\/bin\/env node\n/);
    const { imports } = demands(parseAst(source));
    const files = ["webgru", ...subpaths].map((name) => `./${name}.js`);
    for (const { source: from } of imports.filter(({ isStatic }) => isStatic)) {
      expect(from.startsWith("node:") || files.includes(from), from).toBe(true);
    }
  });
});

describe("the package", () => {
  let tarball: string;

  beforeAll(() => {
    run(`npm pack --ignore-scripts --pack-destination "${scratch}"`, projectRoot);
    tarball = join(scratch, `${manifest.name}-${manifest.version}.tgz`);
  });

  it("depends on nothing at run time", () => {
    expect(manifest.dependencies ?? {}).toEqual({});
    expect(manifest.peerDependencies ?? {}).toEqual({});
  });

  it("has a lock file with what each system needs, so that npm ci installs on any", () => {
    const { packages } = JSON.parse(readFileSync(`${projectRoot}package-lock.json`, "utf8")) as {
      packages: Record<string, { optionalDependencies?: Record<string, string> }>;
    };
    const needed = Object.values(packages).flatMap((each) => Object.keys(each.optionalDependencies ?? {}));
    expect(needed.length).toBeGreaterThan(0);
    const locked = Object.keys(packages);
    expect(needed.filter((name) => !locked.some((path) => path.endsWith(`node_modules/${name}`)))).toEqual([]);
  });

  it("names the types first in every export", () => {
    const entries = Object.values(manifest.exports).filter((entry) => typeof entry === "object");
    for (const entry of entries) expect(Object.keys(entry!)).toEqual(["types", "default"]);
    expect(entries).not.toEqual([]);
  });

  it("satisfies publint", () => {
    run(`publint run "${tarball}" --strict`);
  });

  it("satisfies Are The Types Wrong", () => {
    run(`attw "${tarball}" --profile esm-only --no-definitely-typed`);
  });

  it("runs and type-checks where it is installed, with Node's resolution and with a bundler's", () => {
    const installed = join(scratch, "node_modules", manifest.name);
    mkdirSync(installed, { recursive: true });
    run(`tar -xzf "${tarball}" -C "${installed}" --strip-components=1`);
    const names = ["webgru", ...subpaths.map((name) => `webgru/${name}`)];
    run(`node "${join(installed, manifest.bin.webgru)}" --version`);
    writeFileSync(join(scratch, "consumer.mts"), names.map((name) => `import "${name}";\n`).join(""));
    for (const module of ["nodenext", "preserve"]) {
      run(`tsc --noEmit --strict --skipLibCheck false --target es2022 --module ${module} consumer.mts`);
    }
  });
});

/** Runs a command of the system or of node_modules; what it printed is the error where it fails. */
function run(command: string, cwd: string = scratch): void {
  const PATH = [join(projectRoot, "node_modules", ".bin"), process.env.PATH].join(delimiter);
  const options = { cwd, shell: true, encoding: "utf8", env: { ...process.env, PATH } } as const;
  const { status, stdout, stderr } = spawnSync(command, options);
  if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`);
}

interface Demands {
  readonly imports: { source: string; isStatic: boolean }[];
  /** A module's own address, or what a policy without eval refuses. */
  readonly others: string[];
}

/** Modules that a module's syntax tree names. */
function demands(tree: unknown, found: Demands = { imports: [], others: [] }): Demands {
  if (typeof tree !== "object" || tree === null) return found;
  const { type, callee, source } = tree as { type?: string; callee?: { name?: string }; source?: unknown };
  if (type === "MetaProperty") found.others.push(type);
  if (callee?.name === "eval" || callee?.name === "Function") found.others.push(callee.name);
  const isImport = type === "ImportDeclaration" || type === "ImportExpression" || type?.startsWith("Export");
  if (isImport && source) found.imports.push({ source: specifier(source), isStatic: type !== "ImportExpression" });
  for (const child of Object.values(tree)) demands(child, found);
  return found;
}

/** An import's literal, also where the minifier wrote it as a template. */
function specifier(source: unknown): string {
  const { value, quasis } = source as { value?: string; quasis?: { value: { cooked: string } }[] };
  return value ?? quasis?.map(({ value: part }) => part.cooked).join("") ?? "computed";
}
