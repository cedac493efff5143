import { isSoftware, nameOf } from "../src/engine/adapter.js";

export interface AdapterFacts {
  readonly name: string;
  readonly isSoftware: boolean;
  /** Vendor and architecture, fit for a file name. */
  readonly slug: string;
}

const NO_ADAPTER: AdapterFacts = { name: "none", isSoftware: false, slug: "no-adapter" };

/**
 * The adapter that WebGPU contenders get here.
 *
 * @param isNeeded whether having none is an error
 */
export async function describeAdapter(isNeeded = true): Promise<AdapterFacts> {
  const adapter = await findAdapter();
  if (adapter === null && !isNeeded) return NO_ADAPTER;
  const { info } = adapter ?? (await requestAdapter());
  const words = [info.vendor, info.architecture].join(" ").toLowerCase();
  return {
    name: nameOf(info),
    isSoftware: isSoftware(info),
    slug: words.match(/[a-z0-9]+/g)?.join("-") ?? "unnamed",
  };
}

/** The adapter, asked for as the library does. */
export async function requestAdapter(): Promise<GPUAdapter> {
  const adapter = await findAdapter();
  if (adapter !== null) return adapter;
  throw new Error(
    "bench: expected a WebGPU adapter, got none; set WEBGRU_ADAPTER, CHROME_PATH, or in Node VK_ICD_FILENAMES",
  );
}

async function findAdapter(): Promise<GPUAdapter | null> {
  return (await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" })) ?? null;
}
