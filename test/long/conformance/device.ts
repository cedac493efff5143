// The library's public API on a device, or the float64 reference behind the same calls.

import {
  createModel,
  defineNetwork,
  type GruModel,
  type LayerSpec,
  loadModel,
  type Network,
  type NetworkDescription,
  parseModel,
  type RunOptions,
} from "webgru";
import { takeState } from "../../../src/model/state.js";
import { runReference } from "../../harness/reference/runReference.js";

export const DEVICES = ["webgpu", "cpu", "reference"] as const;

/** Where to run; `reference` is no device of the library's, but its tests' oracle. */
export type Device = (typeof DEVICES)[number];

/** Layers, or a file and perhaps what to make of it. */
export type ModelSource =
  | { readonly layers: readonly LayerSpec[]; readonly outputs: readonly string[] }
  | { readonly bytes: Uint8Array; readonly description: NetworkDescription | null }
  | { readonly network: Network };

export interface Results {
  readonly outputs: Readonly<Record<string, ArrayLike<number>>>;
  readonly finalState: ArrayLike<number>;
}

/** A model as far as a case needs it. */
export interface OpenModel {
  run(input: Float64Array, options: RunOptions): Promise<Results>;
  /** Outputs of a stream that is given the input in parts, or null where there are no streams. */
  stream(
    parts: readonly Float64Array[],
    batchSize: number,
  ): Promise<Readonly<Record<string, ArrayLike<number>>> | null>;
  dispose(): void;
}

/** @param nonFinite whether inputs may hold NaN and infinity */
export async function openModel(source: ModelSource, device: Device, nonFinite: boolean): Promise<OpenModel> {
  if (device === "reference") return openReference(source);
  const options = { device, ...(nonFinite ? { nonFinite: "allow" as const } : {}) };
  const model =
    "bytes" in source
      ? await loadModel(source.bytes, { ...options, ...described(source.description) })
      : await createModel("network" in source ? source.network : defineNetwork(source), options);
  return {
    run: (input, runOptions) => model.run(input, runOptions),
    stream: (parts, batchSize) => pushParts(model, parts, batchSize),
    dispose: () => model.dispose(),
  };
}

async function openReference(source: ModelSource): Promise<OpenModel> {
  const network = await networkOf(source);
  return {
    run: async (input, { batchSize = 1, initialState, ...options }) => {
      const state = initialState && takeState(network, initialState, batchSize, "allow");
      return runReference(network, { input, batchSize, initialState: state, ...options });
    },
    stream: async () => null,
    dispose: () => {},
  };
}

async function networkOf(source: ModelSource): Promise<Network> {
  if ("network" in source) return source.network;
  if ("layers" in source) return defineNetwork(source);
  return parseModel(source.bytes, { description: source.description ?? undefined });
}

function described(description: NetworkDescription | null): { description?: NetworkDescription } {
  return description === null ? {} : { description };
}

async function pushParts(
  model: GruModel,
  parts: readonly Float64Array[],
  batchSize: number,
): Promise<Record<string, number[]>> {
  const stream = model.createStream({ batchSize });
  const outputs: Record<string, number[]> = Object.fromEntries(model.outputNames.map((name) => [name, []]));
  for (const part of parts) {
    const pushed = await stream.pushNamed(part);
    for (const name of model.outputNames) outputs[name]!.push(...pushed[name]!);
  }
  stream.dispose();
  return outputs;
}
