// The script of a worker that models run in. `webgru/worker` starts it; a worker of one's own imports it.

import { GruError } from "../index.js";
import { serveModel } from "../worker/host.js";
import { type Greeting, PROTOCOL } from "../worker/messages.js";

if (!("DedicatedWorkerGlobalScope" in globalThis)) {
  // On a page, messages come from other sites too.
  throw new GruError(
    "unsupported",
    "webgru/workerHost: expected to be imported in a dedicated worker, got no such scope",
  );
}

addEventListener("message", ({ data, ports }: MessageEvent<Partial<Greeting> | null>) => {
  const version = data?.webgru;
  if (version === undefined || ports.length === 0) return; // not for us
  // Uncaught, it reaches the page as the end of the worker.
  if (version !== PROTOCOL)
    throw new GruError("unsupported", `expected a page that speaks version ${PROTOCOL}, got ${version}`);
  serveModel(ports[0]!, data!.lock!);
});
