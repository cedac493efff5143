// Trusted Types: under a page's CSP `require-trusted-types-for 'script'`, a worker's address must come from a policy whose name
// the page allows. Ours is used for our own file alone: with a caller's string it would make any address trusted.

/** The needed part of the browser's registry of policies. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): {
    createScriptURL(url: string): URL; // in truth a TrustedScriptURL
  };
  isScriptURL(value: unknown): boolean;
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };

/** Undefined before the first use, null where the page does not allow it or the browser has no Trusted Types. */
let policy: ReturnType<TrustedTypes["createPolicy"]> | null | undefined;

/** The address, trusted by our policy; unchanged where there is no policy. */
export function vouchedFor(address: string | URL): string | URL {
  try {
    policy ??= trustedTypes?.createPolicy("webgru", { createScriptURL: (url) => url }) ?? null;
  } catch {
    policy = null; // the page does not allow the policy, but may not require one either
  }
  return policy?.createScriptURL(String(address)) ?? address;
}

/** Whether a policy of the page made an address. */
export function isTrusted(address: unknown): boolean {
  return trustedTypes?.isScriptURL(address) ?? false;
}

/** Whether a worker may have been refused because its address was not trusted. */
export function mayLackTrust(error: unknown): boolean {
  return trustedTypes !== undefined && error instanceof TypeError;
}

/**
 * Starts a worker of our own. Bundlers recognise only the literal form `new Worker(new URL(...))`, with nothing around the
 * address. So `Worker` itself is replaced while `start` runs.
 */
export function startTrusted(start: () => Worker): Worker {
  const { Worker: Plain } = globalThis;
  if (trustedTypes === undefined) return start();
  const trusting = function (address: string | URL, options: WorkerOptions) {
    return new Plain(vouchedFor(address), options);
  };
  globalThis.Worker = trusting as unknown as typeof Worker;
  try {
    return start();
  } finally {
    globalThis.Worker = Plain;
  }
}
