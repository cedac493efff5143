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

/** Where and how a model is to run. */
export interface CreateModelOptions {
  /** Where to run; `auto` when absent. */
  readonly device?: DeviceRequest;
  /**
   * How matrices are kept on the device: as the file keeps them (`auto`, when absent), or converted. Arithmetic is
   * float32 always.
   */
  readonly dtype?: "auto" | Storage;
  /**
   * Whether a GPU is asked which kernels it is best at: about 200 ms the first time, kept by the browser from then on. False
   * when absent: a table decides.
   */
  readonly autotune?: boolean;
  /** What to do with NaN and infinity in inputs; `reject` when absent. */
  readonly nonFinite?: NonFinite;
  /** How the model will mostly be used: `auto` takes the device that finishes that first. */
  readonly workload?: Workload;
}

/** Where and how a model is to run, and how its file is to be read. */
export interface LoadModelOptions extends CreateModelOptions, LoadBytesOptions, ParseModelOptions {}

const CREATE_OPTIONS = ["device", "dtype", "nonFinite", "autotune", "workload"];
const DTYPES = ["auto", "f32", "f16", "int8"];

/**
 * Loads a model file: webgru's own, or PyTorch's, ONNX's or Keras's, told by how it begins. The files that a TF.js model.json
 * or an ONNX model names are fetched from beside it, where that has an address and `files` does not have them.
 *
 * @param source URL, bytes, Blob, File or Response; in Node, Bun and Deno a path too
 * @throws GruError `bad-file`, `unsupported`, `shape-mismatch`, `limit-exceeded`, `no-adapter`, `device-lost`; an abort rejects
 *   with `signal.reason`
 */
export async function loadModel(source: ModelSource, options: LoadModelOptions = {}): Promise<GruModel> {
  const known = [...CREATE_OPTIONS, "description", "linearBeforeReset", "files", "signal", "onProgress"];
  checkOptions(options, known);
  checkLoadOptions(options);
  const { files = fetcherBeside(source, options) } = options;
  const isCallers = bytesIn(source) !== null || options.files !== undefined;
  const network = await parseModel(await loadBytes(source, options), { ...options, files }, !isCallers);
  const model = await placeModel(network, options);
  if (options.signal?.aborted) {
    model.dispose();
    throw options.signal.reason;
  }
  return model;
}

/** What fetches the files beside a model; undefined for a model that came without an address. */
function fetcherBeside(source: ModelSource, options: LoadBytesOptions) {
  if (!isAddress(source)) return undefined;
  return (name: string) => loadBytes(besideUrl(source, name), options);
}

/**
 * Makes a model of a network that is already in memory (see `defineNetwork`).
 *
 * @throws GruError `unsupported`, `limit-exceeded`, `no-adapter`, `device-lost`
 */
export async function createModel(network: Network, options: CreateModelOptions = {}): Promise<GruModel> {
  checkOptions(options, CREATE_OPTIONS);
  // Checked again: it may have been changed since it was defined.
  return placeModel(defineNetwork(network), options);
}

async function placeModel(network: Network, options: CreateModelOptions): Promise<GruModel> {
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
