import type { GruLayer } from "../../src/layers/gru.js";
import type { Contender } from "../contender.js";
import { writeOnnxGru } from "../onnxGru.js";

/** The parts of onnxruntime-web and onnxruntime-node that are used. */
export interface Ort {
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
  readonly InferenceSession: { create(model: Uint8Array, options: SessionOptions): Promise<OrtSession> };
  readonly Tensor: new (
    type: "float32" | "int64",
    data: Float32Array | BigInt64Array,
    dims: readonly number[],
  ) => OrtTensor;
}

interface SessionOptions {
  readonly executionProviders: readonly string[];
  readonly intraOpNumThreads?: number;
  readonly interOpNumThreads?: number;
  readonly preferredOutputLocation?: "gpu-buffer" | "cpu";
}

export interface OrtSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  /** Of each input; an open axis is a name, or "". */
  readonly inputMetadata: readonly (
    | { readonly isTensor: true; readonly shape: readonly (number | string)[] }
    | { readonly isTensor: false }
  )[];
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

export interface OrtTensor {
  readonly data: Float32Array;
  getData(): Promise<Float32Array>;
  dispose(): void;
}

const FOLDER = "/bench/node_modules/onnxruntime-web/dist";

/** The `/webgpu` build: the bare import takes "webgpu" and runs on the CPU. */
export const onnxruntimeWebgpu = onnxruntime(
  "onnxruntime-web/webgpu",
  () => import(/* @vite-ignore */ `${FOLDER}/ort.webgpu.bundle.min.mjs`),
  "webgpu",
);

/** The wasm build, in a page. */
export function fetchWasm(): Promise<Ort> {
  return import(/* @vite-ignore */ `${FOLDER}/ort.wasm.bundle.min.mjs`) as Promise<Ort>;
}

/** The wasm build, one thread. */
export const onnxruntimeWasm = onnxruntime("onnxruntime-web/wasm", fetchWasm, "wasm");

/** ONNX Runtime on one of its execution providers. */
export function onnxruntime(
  name: string,
  fetchOrt: () => Promise<Ort>,
  provider: "webgpu" | "wasm" | "cpu",
): Contender {
  let ort: Ort;
  return {
    name,
    tolerance: 1e-5,
    isPeer: true,
    async load() {
      ort = await fetchOrt();
      ort.env.logLevel = "error";
      ort.env.wasm.numThreads = 1;
    },
    async prepare(network) {
      const layer = network.layers[0] as GruLayer;
      const { inputSize, hiddenSize } = layer;
      const sessions: Promise<OrtSession>[] = [];
      const open = (withState: boolean) => {
        const session = ort.InferenceSession.create(writeOnnxGru(layer, withState), {
          executionProviders: [provider],
          intraOpNumThreads: 1,
          interOpNumThreads: 1,
          // A stream's state stays where it is, as ours does; its copy comes down as the output.
          preferredOutputLocation: provider === "webgpu" && withState ? "gpu-buffer" : "cpu",
        });
        sessions.push(session);
        return session;
      };
      let sequences: Promise<OrtSession> | null = null;
      let steps: Promise<OrtSession> | null = null;
      return {
        async runSequence(input, batchSize) {
          const session = await (sequences ??= open(false));
          const numSteps = input.length / (batchSize * inputSize);
          const X = new ort.Tensor("float32", input, [numSteps, batchSize, inputSize]);
          return (await session.run({ X })).Y!.data;
        },
        openStream() {
          steps ??= open(true);
          let state = new ort.Tensor("float32", new Float32Array(hiddenSize), [1, 1, hiddenSize]);
          return {
            async push(input) {
              const session = await steps!;
              const X = new ort.Tensor("float32", input, [1, 1, inputSize]);
              const before = state;
              state = (await session.run({ X, initial_h: before })).Y_h!;
              before.dispose();
              return provider === "webgpu" ? state.getData() : state.data;
            },
            dispose: () => state.dispose(),
          };
        },
        dispose() {
          for (const session of sessions) void session.then((one) => one.release());
        },
      };
    },
  };
}
