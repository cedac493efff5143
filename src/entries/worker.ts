// `webgru/worker`: the library's interface on the page, for models that run in a worker.

import { type CreateModelOptions, GruError, type LoadModelOptions, type ModelSource, type Network } from "../index.js";
import { checkLoadOptions } from "../load/loadBytes.js";
import { describeValue } from "../model/valueKind.js";
import { orAborted } from "../stream/predict.js";
import { Channel, type WorkerLoan } from "../worker/channel.js";
import type { Calls } from "../worker/messages.js";
import { packArray, packBytes, type Parcel } from "../worker/parcel.js";
import { isTrusted, mayLackTrust, startTrusted, vouchedFor } from "../worker/trustedScript.js";
import { WorkerModel } from "../worker/workerModel.js";

export { WorkerModel } from "../worker/workerModel.js";
export { type SendOptions, WorkerStream } from "../worker/workerStream.js";

/** The address of a script; it may be a TrustedScriptURL. */
export type ScriptAddress = string | URL | { toJSON(): string };

/** The worker that a model runs in. */
export interface WorkerOptions {
  /**
   * A worker whose script imports `webgru/workerHost`: it may serve several models, and is never terminated. Or the address of
   * such a script, also on another site; a TrustedScriptURL where the page requires one. When absent, the model gets its own
   * worker, from `workerHost.js` in the folder of this file.
   */
  readonly worker?: Worker | ScriptAddress;
}

/** As the library's own, without a GPUDevice, which cannot be sent to a worker. */
export interface CreateWorkerModelOptions extends Omit<CreateModelOptions, "device">, WorkerOptions {
  /** The device to run on; `auto` when absent. */
  readonly device?: "auto" | "webgpu" | "cpu";
}

/** As the library's own, without a GPUDevice, which cannot be sent to a worker. */
export interface LoadWorkerModelOptions
  extends Omit<LoadModelOptions, keyof CreateModelOptions>, CreateWorkerModelOptions {
  /** Whether to transfer the whole buffer of `source` instead of copying it: it is empty afterwards. */
  readonly transfer?: boolean;
}

/**
 * Loads a model file in a worker.
 *
 * @param source URL, relative to the page, or bytes, Blob or File
 * @throws GruError as the library's own; `worker-lost` when the worker does not start; an abort rejects with `signal.reason`
 */
export async function loadModel(source: ModelSource, options: LoadWorkerModelOptions = {}): Promise<WorkerModel> {
  checkIsObject(options);
  checkLoadOptions(options);
  const { worker, signal, onProgress, transfer: isGiven, ...rest } = options;
  signal?.throwIfAborted();
  const parcel = packSource(source, isGiven ?? false);
  return start(worker, rest, async (channel) => {
    const loading = channel.call("load", [parcel.value, rest], parcel.transfer);
    const heard = onProgress === undefined ? loading : heardBy(onProgress, channel, loading);
    return signal === undefined ? heard : orAborted(heard, signal);
  });
}

/**
 * Makes a model of a network that is already in memory, in a worker; the network is copied.
 *
 * @throws GruError as the library's own; `worker-lost` when the worker does not start
 */
export async function createModel(network: Network, options: CreateWorkerModelOptions = {}): Promise<WorkerModel> {
  checkIsObject(options);
  const { worker, ...rest } = options;
  return start(worker, rest, (channel) => channel.call("create", [network, rest]));
}

/** The worker checks each option. */
function checkIsObject(options: object): void {
  const kind = describeValue(options);
  if (kind !== "an object") throw new GruError("unsupported", `options: expected an object, got ${kind}`);
}

async function start(
  worker: WorkerOptions["worker"],
  { device }: CreateModelOptions,
  ask: (channel: Channel) => ReturnType<Calls["load"]>,
): Promise<WorkerModel> {
  if (typeof device === "object" && device !== null) {
    throw new GruError(
      "unsupported",
      'device: expected "auto", "webgpu" or "cpu" in a worker, got a GPUDevice, which stays where it was made',
    );
  }
  const channel = new Channel(startWorker(worker));
  try {
    const facts = await ask(channel);
    await channel.watched;
    return new WorkerModel(channel, facts);
  } catch (error) {
    channel.abandon();
    throw error;
  }
}

function startWorker(worker: WorkerOptions["worker"]): WorkerLoan {
  if (typeof Worker === "undefined") {
    throw new GruError("unsupported", 'worker: workers are not supported here; use loadModel of "webgru"');
  }
  if (typeof worker === "object" && worker !== null && "postMessage" in worker) return { worker, isOwn: false };
  try {
    if (worker !== undefined) return { worker: new Worker(scriptOf(worker), { type: "module" }), isOwn: true };
    return { worker: startTrusted(startOwn), isOwn: true };
  } catch (cause) {
    const wayOut = mayLackTrust(cause)
      ? "where the page's policy requires Trusted Types, it must allow webgru's (trusted-types webgru); or pass a Worker or a TrustedScriptURL of the page's own as option worker"
      : "option worker takes another";
    const message = `worker: expected a script that the page may start, got ${String(cause)}; ${wayOut}`;
    throw new GruError("worker-lost", message, { cause });
  }
}

/** Bundlers recognise this literal form. */
function startOwn(): Worker {
  return new Worker(new URL("./workerHost.js", import.meta.url), { type: "module" });
}

/** A worker's script must be of the page's origin, but may import one of another origin. */
function scriptOf(address: ScriptAddress): URL | string {
  const url = new URL(String(address), baseAddress());
  if (url.origin === location.origin) return isTrusted(address) ? (address as URL) : url;
  const script = URL.createObjectURL(new Blob([`import ${JSON.stringify(url.href)};`], { type: "text/javascript" }));
  return isTrusted(address) ? vouchedFor(script) : script;
}

/** The base of relative addresses: that of the page, or of the worker that this runs in. */
function baseAddress(): string {
  return globalThis.document?.baseURI ?? location.href;
}

/** Packs a source for the worker. */
function packSource(source: ModelSource, isGiven: boolean): Parcel<ModelSource> {
  const kind = describeValue(source);
  if (kind.includes("a detached buffer"))
    throw new GruError("bad-file", `source: expected a file's bytes, got ${kind}`);
  if (source instanceof ArrayBuffer) return packBytes(source, isGiven);
  if (ArrayBuffer.isView(source)) return packArray(source, isGiven);
  const isAddress = typeof source === "string" || source instanceof URL;
  return { value: isAddress ? absolute(source) : source, transfer: [] };
}

/** The absolute form of an address: the worker's base is not the page's. */
function absolute(address: string | URL): string {
  try {
    return new URL(address, baseAddress()).href;
  } catch {
    return String(address); // for the worker to refuse
  }
}

/** Calls `onProgress` during `loading`, and rejects if it throws. */
function heardBy<T>(
  onProgress: NonNullable<LoadModelOptions["onProgress"]>,
  channel: Channel,
  loading: Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    channel.onProgress = (progress) => {
      try {
        onProgress(progress);
      } catch (error) {
        reject(error);
      }
    };
    loading.then(resolve, reject);
  });
}
