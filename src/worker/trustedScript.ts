// Trusted Types: under a page's CSP `require-trusted-types-for 'script'`, a worker's address must come from a policy, whose
// name the page allows. Ours vouches for our own file and no other, or it would make any string of a caller's trusted.

/** The browser's registry of policies, as far as it is needed. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): {
    createScriptURL(url: string): URL; // says it is trusted, not that it is a URL
  };
  isScriptURL(value: unknown): boolean;
}

const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };

/** Undefined until it is wanted, null where the page does not allow it or knows of none. */
let policy: ReturnType<TrustedTypes["createPolicy"]> | null | undefined;

/** An address with our policy's word for it; as it is where that has none. */
export function vouchedFor(address: string | URL): string | URL {
  try {
    policy ??= trustedTypes?.createPolicy("webgru", { createScriptURL: (url) => url }) ?? null;
  } catch {
    policy = null; // which may be right: only a page that requires it refuses the worker
  }
  return policy?.createScriptURL(String(address)) ?? address;
}

/** Whether a policy of the page's own vouches for an address. */
export function isTrusted(address: unknown): boolean {
  return trustedTypes?.isScriptURL(address) ?? false;
}

/** Whether a worker may have been refused for its address's lack of trust. */
export function mayLackTrust(error: unknown): boolean {
  return trustedTypes !== undefined && error instanceof TypeError;
}

/**
 * Starts a worker of our own. Bundlers must see `new Worker(new URL(...))` as it stands, with nothing around the address, so
 * `Worker` itself is another for as long as `start` takes.
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
