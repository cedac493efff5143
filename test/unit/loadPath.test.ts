// Files on the disk, as Node, Bun and Deno have them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { createModel, loadModel, parseModel, type LoadProgress } from "webgru";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import { gruLayer, inputLayer, jsonBytes, layersModel, SHARD } from "../files/layersModelFile.js";
import { modelFile } from "../files/modelFile.js";
import { randomMixed } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const folder = mkdtempSync(join(tmpdir(), "webgru-"));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllGlobals());

const network = randomMixed(70, "softmax", 5);
const file = modelFile(network);
const input = Float32Array.of(0.5, -0.25, 0.125, 1, -1);

/** Writes a file. @returns its path */
function put(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe("a path in Node", () => {
  const names = ["model.safetensors", "a name with spaces", "100% of #1?.safetensors", "models:v2", "グル"];
  it.each(names)("is read: %s", async (name) => {
    const path = put(name, file);
    const direct = await (await createModel(network, { device: "cpu" })).run(input);
    const sources = [path, relative(process.cwd(), path), pathToFileURL(path).href, pathToFileURL(path)];
    for (const source of [...sources, `${folder}/./${name}`]) {
      const model = await loadModel(source, { device: "cpu" });
      expect(await model.run(input)).toEqual(direct);
      model.dispose();
    }
  });

  it("is where the files are that a model names", async () => {
    const { json, files } = layersModel([inputLayer(), gruLayer(3)]);
    const path = put("model.json", jsonBytes(json));
    put(SHARD, files.get(SHARD)!);
    const { layers } = await parseModel(jsonBytes(json), { files });
    for (const source of [path, relative(process.cwd(), path), pathToFileURL(path).href, pathToFileURL(path)]) {
      expect((await loadModel(source, { device: "cpu" })).network.layers).toEqual(layers);
    }
    rmSync(join(folder, SHARD));
    await expectRefusal(() => loadModel(path), "bad-file", new RegExp(`ENOENT.*${SHARD}`));
  });

  it("is named where there is no file, or something else", async () => {
    const missing = join(folder, "missing.safetensors");
    const inFolder = (name: string) => relative(process.cwd(), join(folder, name));
    await expectRefusal(
      () => loadModel(missing),
      "bad-file",
      `${missing}: expected the file, got Error: ENOENT: no such file or directory, stat '${missing}'`,
    );
    for (const source of [inFolder("missing.safetensors"), pathToFileURL(missing), `C:\\${missing}`]) {
      await expectRefusal(
        () => loadModel(source),
        "bad-file",
        /missing\.safetensors: expected the file, got Error: ENOENT/,
      );
    }
    mkdirSync(join(folder, "saved_model"));
    const directory = join(folder, "saved_model");
    await expectRefusal(
      () => loadModel(directory),
      "bad-file",
      `${directory}: expected the file, got Error: a directory or a device`,
    );
    await expectRefusal(() => loadModel(`${folder}/\0`), "bad-file", /: expected the file, got /);
    await expectRefusal(() => loadModel("file://elsewhere/x.onnx"), "bad-file", /expected the file, got TypeError/);
    await expectRefusal(() => loadModel(put("empty", new Uint8Array())), "bad-file", /got an empty file$/);
  });

  it("tells its progress, and obeys its signal", async () => {
    const path = put("large.safetensors", new Uint8Array(2 ** 21).fill(1));
    const progress: LoadProgress[] = [];
    await expectRefusal(() => loadModel(path, { onProgress: (step) => progress.push(step) }), "bad-file", /^model: /);
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.at(-1)).toEqual({ loaded: 2 ** 21, total: 2 ** 21 });
    const reason = { why: "changed my mind" };
    await expect(loadModel(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    const controller = new AbortController();
    const onProgress = () => controller.abort(reason);
    await expect(loadModel(path, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    const thrown = new Error("of the listener");
    const throwing = () => {
      throw thrown;
    };
    await expect(loadModel(path, { onProgress: throwing })).rejects.toBe(thrown);
  });

  it("is an address where there is a page", async () => {
    const fetched = vi.fn<(address: string, init: object) => Promise<Response>>(async () => new Response(file.slice()));
    vi.stubGlobal("fetch", fetched);
    vi.stubGlobal("location", { href: "http://localhost/models/" });
    await loadModel(put("unread.safetensors", file), { device: "cpu" });
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it("is left to fetch where there are no files", async () => {
    const path = put("unread.safetensors", file);
    const fetched = vi.fn<(address: string, init: object) => Promise<Response>>(async () => new Response(file.slice()));
    vi.stubGlobal("fetch", fetched);
    vi.stubGlobal("process", { ...process, getBuiltinModule: undefined });
    await loadModel(path, { device: "cpu" });
    expect(fetched).toHaveBeenCalledWith(path, {});
  });
});
