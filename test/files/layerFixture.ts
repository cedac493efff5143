// Fixtures of one layer each: the layer, its input, and what another program made of it.

import { readdirSync, readFileSync } from "node:fs";
import type { LayerSpec } from "../../src/layers/index.js";
import { defineNetwork } from "../../src/model/defineNetwork.js";
import type { Network } from "../../src/model/network.js";
import { projectRoot } from "../harness/library.js";

/** As the generators write it. */
export interface LayerFixture {
  /** The other program's expression. */
  readonly module: string;
  readonly layer: Record<string, unknown>;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  /** [T, ...frame] of one row */
  readonly input: readonly number[];
  readonly output: readonly number[];
}

/** All fixtures of a folder of test/fixtures. */
export function layerFixtures(folder: string): LayerFixture[] {
  const path = `${projectRoot}test/fixtures/${folder}/`;
  const files = readdirSync(path).filter((file) => file.endsWith(".json"));
  return files.flatMap((file) => JSON.parse(readFileSync(path + file, "utf8")) as LayerFixture[]);
}

/** The layer as a network. */
export function networkOfLayer({ layer, tensors }: LayerFixture): Network {
  const values = Object.entries(tensors).map(([name, numbers]) => [name, Float32Array.from(numbers)]);
  return defineNetwork({
    layers: [{ name: "layer", ...layer, ...Object.fromEntries(values) } as unknown as LayerSpec],
  });
}
