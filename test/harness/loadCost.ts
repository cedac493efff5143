import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { projectRoot } from "./library.js";
import type { ModelFile } from "../files/largeFiles.js";

/** The cost of loading one file. */
export interface LoadCost {
  readonly sizeBytes: number;
  /** At the peak, of the process, above what it used before. */
  readonly peakBytes: number;
  readonly ratio: number;
  /** Calls of `onProgress`. */
  readonly events: number;
  readonly layers: number;
}

type Files = Readonly<Record<string, ModelFile>>;

/**
 * Loads files with the built library, as Blobs, each in a process of its own.
 *
 * @param files by their endings
 * @returns the costs by format and source
 */
export async function measureBlobs(files: Files): Promise<Record<string, LoadCost>> {
  const folder = mkdtempSync(join(tmpdir(), "webgru-memory-"));
  const costs: Record<string, LoadCost> = {};
  try {
    for (const [ending, { bytes, beside }] of Object.entries(files)) {
      if (beside !== undefined) continue; // which come from a URL
      const path = join(folder, `model.${ending}`);
      writeFileSync(path, bytes);
      costs[`${ending}, Blob`] = await loadCost(path);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return costs;
}

/** The same from a server, which says how long the file is or does not. */
export async function measureUrls(files: Files): Promise<Record<string, LoadCost>> {
  const costs: Record<string, LoadCost> = {};
  for (const [ending, file] of Object.entries(files)) {
    for (const hasLength of [true, false]) {
      costs[`${ending}, URL ${hasLength ? "with" : "without"} a length`] = await overHttp(file, hasLength, loadCost);
    }
  }
  return costs;
}

async function loadCost(source: string): Promise<LoadCost> {
  const { stdout } = await promisify(execFile)(process.execPath, [`${projectRoot}test/harness/childLoad.mjs`, source]);
  return JSON.parse(stdout) as LoadCost;
}

async function overHttp<T>(
  { bytes, beside }: ModelFile,
  hasLength: boolean,
  use: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer(({ url = "" }, response) => {
    const content = url === "/tiny" ? bytes.subarray(0, 64) : (beside?.get(url.slice(1)) ?? bytes);
    if (hasLength) response.setHeader("content-length", content.length);
    response.write(content);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/model`);
  } finally {
    server.close();
  }
}
