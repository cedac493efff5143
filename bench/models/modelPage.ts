// The part of the bench page that runs models.

import * as library from "webgru";
import { fetchWasm } from "../contenders/onnxruntime.js";
import { measureModel, type ModelEffort, type ModelRow } from "./measureModel.js";
import type { RealModel } from "./realModel.js";

/** As `measureModel`, in the page, beside onnxruntime-web's wasm. @param files in base64, by name */
export async function measureModelHere(
  model: RealModel,
  effort: ModelEffort,
  files: Readonly<Record<string, string>>,
  devices: readonly ("cpu" | "webgpu")[],
): Promise<ModelRow> {
  const ort = await fetchWasm();
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  const read = async (name: string) => Uint8Array.from(atob(files[name]!), (letter) => letter.charCodeAt(0));
  const orts = [{ name: "onnxruntime-web, wasm", ort, provider: "wasm" as const }];
  return measureModel(model, read, { library, devices, orts }, effort);
}
