import { chooseEngine, type DeviceRequest } from "../engine/chooseEngine.js";
import { GruError } from "../errors.js";
import { GruModel } from "../stream/gruModel.js";
import type { Workload } from "../engine/workload.js";
import { bytesIn } from "../formats/fileContents.js";
import {
  besideUrl,
  checkLoadOptions,
  isAddress,
  loadBytes,
  type LoadBytesOptions,
  type ModelSource,
} from "./loadBytes.js";
import { checkBatchSize, type NonFinite } from "../model/checkInput.js";
import { checkOptions } from "../model/checkOptions.js";
import { defineNetwork } from "../model/defineNetwork.js";
import type { Storage } from "../layers/layerType.js";
import type { Network } from "../model/network.js";
import { withStorage } from "../model/quantize.js";
import { describeValue } from "../model/valueKind.js";
import { parseModel, type ParseModelOptions } from "./parseModel.js";

/** Options of running a model. */
export interface CreateModelOptions {
  /** The device to run on; `auto` when absent. */
  readonly device?: DeviceRequest;
  /**
   * Storage of the matrices on the device: the file's (`auto`, when absent), or another to convert them to. Arithmetic is
   * always float32.
   */
  readonly dtype?: "auto" | Storage;
  /**
   * Whether to time several kernels on the GPU and take the fastest: about 200 ms the first time; the browser keeps the result.
   * False when absent: a table decides.
   */
  readonly autotune?: boolean;
  /** Treatment of NaN and infinity in inputs; `reject` when absent. */
  readonly nonFinite?: NonFinite;
  /** The typical call: `auto` takes the device that finishes it first. */
  readonly workload?: Workload;
}

/** Options of running a model and of reading its file. */
export interface LoadModelOptions extends CreateModelOptions, LoadBytesOptions, ParseModelOptions {}

const CREATE_OPTIONS = ["device", "dtype", "nonFinite", "autotune", "workload"];
const READ_OPTIONS = "description linearBeforeReset constants inputShapes states part files signal onProgress".split(
  " ",
);
const DTYPES = ["auto", "f32", "f16", "int8"];

/**
 * Loads a model file: webgru's own, or PyTorch's, ONNX's or Keras's, recognised by its first bytes. The other files that a TF.js
 * model.json or an ONNX model names come from `files`, or, for a model with an address, from the same folder.
 *
 * @param source URL, bytes, Blob, File or Response; in Node, Bun and Deno a path too
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`, `limit-exceeded`, `no-adapter`, `device-lost`; an abort rejects
 *   with `signal.reason`
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<GruModel> {
  checkOptions(options, [...CREATE_OPTIONS, ...READ_OPTIONS]);
  checkLoadOptions(options);
  const { files = fetcherBeside(source, options) } = options;
  const isCallers = bytesIn(source) !== null || options.files !== undefined;
  const network = await parseModel(await loadBytes(source, options), { ...options, files }, !isCallers);
  const model = await modelOn(network, options);
  if (options.signal?.aborted) {
    model.dispose();
    throw options.signal.reason;
  }
  return model;
}

/** A function that fetches files from a model's folder; undefined for a model without an address. */
function fetcherBeside(source: ModelSource, options: LoadBytesOptions) {
  if (!isAddress(source)) return undefined;
  return (name: string) => loadBytes(besideUrl(source, name), options);
}

/**
 * Makes a model of a network in memory (see `defineNetwork`).
 *
 * @throws GruError `unsupported`, `limit-exceeded`, `no-adapter`, `device-lost`
 */
export async function createModel(network: Network, options: CreateModelOptions = {}): Promise<GruModel> {
  checkOptions(options, CREATE_OPTIONS);
  // Checked again: it may have changed since it was defined.
  return modelOn(defineNetwork(network), options);
}

async function modelOn(network: Network, options: CreateModelOptions): Promise<GruModel> {
  const { device = "auto", dtype = "auto", nonFinite = "reject", autotune = false, workload = {} } = options;
  if (!DTYPES.includes(dtype)) {
    throw new GruError("unsupported", `dtype: expected ${DTYPES.join(", ")}, got ${describeValue(dtype)}`);
  }
  if (nonFinite !== "reject" && nonFinite !== "allow") {
    throw new GruError("unsupported", `nonFinite: expected "reject" or "allow", got ${describeValue(nonFinite)}`);
  }
  checkOptions(workload, ["batchSize", "sequenceLength", "measure"]);
  checkBatchSize(workload.batchSize ?? 1);
  checkBatchSize(workload.sequenceLength ?? 1, "sequenceLength");
  const stored = dtype === "auto" ? network : withStorage(network, dtype);
  return new GruModel(stored, await chooseEngine(stored, device, autotune, workload), nonFinite);
}
