// The script of a worker that models run in. `webgru/worker` starts it; a caller's own worker imports it.

import { GruError } from "../index.js";
import { serveModel } from "../worker/host.js";
import { type Greeting, PROTOCOL } from "../worker/messages.js";

if (!("DedicatedWorkerGlobalScope" in globalThis)) {
  // On a page, messages come from other sites too.
  throw new GruError("unsupported", "webgru/workerHost: this is no dedicated worker; import it in the worker's script");
}

addEventListener("message", ({ data, ports }: MessageEvent<Partial<Greeting> | null>) => {
  const version = data?.webgru;
  if (version === undefined || ports.length === 0) return; // a message to the caller's own code
  // The page hears of an uncaught error.
  if (version !== PROTOCOL)
    throw new GruError(
      "unsupported",
      `webgru/workerHost: expected version ${PROTOCOL} of the page's messages, got ${version}`,
    );
  serveModel(ports[0]!, data!.lock!);
});
