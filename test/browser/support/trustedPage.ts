// Runs models on a page that requires Trusted Types, and in workers that it starts.

import * as webgru from "webgru";
import * as inWorker from "webgru/worker";
import { endOf } from "./workerCalls.js";

const dense = { type: "dense", name: "half", inputSize: 1, outputSize: 1, weight: Float32Array.of(0.5) } as const;
const network = webgru.defineNetwork({ layers: [dense] });
const host = new URL("/src/entries/workerHost.ts", location.href);

/** Half of 1 and 2 by a model, or how that ends. */
async function halve(model: Promise<{ run(input: number[]): Promise<{ output: Float32Array }>; dispose(): void }>) {
  return endOf(
    model.then(async (made) => {
      const { output } = await made.run([1, 2]);
      made.dispose();
      throw new Error(output.join());
    }),
  );
}

interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): { toJSON(): string } };
}

/** The address of the worker's script, with the page's own policy's word for it. */
function vouched(address: string): { toJSON(): string } {
  const { trustedTypes } = globalThis as unknown as { trustedTypes: Policies };
  return trustedTypes.createPolicy("page", { createScriptURL: (url) => url }).createScriptURL(address);
}

async function tell(): Promise<Record<string, string>> {
  const device = "cpu";
  const mayVouch = location.search.includes("page");
  const told = {
    "on the page": await halve(webgru.createModel(network, { device })),
    "in its worker": await halve(inWorker.createModel(network, { device })),
    "in one by address": await halve(inWorker.createModel(network, { device, worker: host })),
    "Worker afterwards": String(/native code/.test(String(globalThis.Worker))),
  };
  if (!mayVouch) return told;
  const worker = vouched(host.href);
  return { ...told, "in one vouched for": await halve(inWorker.createModel(network, { device, worker })) };
}

void tell().then((told) => {
  document.querySelector("#told")!.textContent = JSON.stringify(told);
});
