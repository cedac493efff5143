/** Why there is no adapter, as a sentence that ends in the remedy. */
export interface NoAdapter {
  readonly refusal: string;
}

/** Asks the browser for an adapter; never throws. */
export async function requestAdapter(): Promise<GPUAdapter | NoAdapter> {
  if (globalThis.isSecureContext === false) {
    return { refusal: "this page is not a secure context: serve it over https or from localhost" };
  }
  if (globalThis.navigator?.gpu === undefined) {
    return { refusal: "there is no WebGPU here: use a current Chrome, Edge, Safari or Firefox (Node has none)" };
  }
  try {
    // Firefox may throw here instead of answering null.
    const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
    if (adapter !== null) return adapter;
    return { refusal: "the browser has WebGPU but offers no adapter: update the GPU's driver, see chrome://gpu" };
  } catch (error) {
    return { refusal: `the browser refused an adapter (${String(error)}): update the browser or the GPU's driver` };
  }
}

/** A software adapter is correct, and slower than the CPU path. */
export function isSoftware(info: GPUAdapterInfo | undefined): boolean {
  return info?.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe/i.test(nameOf(info));
}

/** Vendor, architecture and description, as far as the browser tells them. */
export function nameOf(info: GPUAdapterInfo | undefined): string {
  const parts = [info?.vendor, info?.architecture, info?.description].filter((part) => part);
  return parts.length > 0 ? [...new Set(parts)].join(" ") : "an adapter that the browser does not name";
}
