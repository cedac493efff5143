import { isSoftware, nameOf } from "../src/runtime/adapter.js";

export interface AdapterFacts {
  readonly name: string;
  readonly isSoftware: boolean;
  /** Vendor and architecture, fit for a file name. */
  readonly slug: string;
}

/** The adapter that WebGPU contenders get in this page. */
export async function describeAdapter(): Promise<AdapterFacts> {
  const { info } = await requestAdapter();
  const words = [info.vendor, info.architecture].join(" ").toLowerCase();
  return {
    name: nameOf(info),
    isSoftware: isSoftware(info),
    slug: words.match(/[a-z0-9]+/g)?.join("-") ?? "unnamed",
  };
}

/** The adapter, asked for as the library does. */
export async function requestAdapter(): Promise<GPUAdapter> {
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null)
    throw new Error("bench: expected a WebGPU adapter, got none; set WEBGRU_ADAPTER or CHROME_PATH");
  return adapter;
}
