import type { GruLayer } from "../../src/layers/gru.js";
import type { Contender } from "../contender.js";

/** The parts of TensorFlow.js that are used. */
interface Tf {
  setBackend(name: string): Promise<boolean>;
  getBackend(): string;
  ready(): Promise<void>;
  tidy<T>(f: () => T): T;
  keep(tensor: Tensor): Tensor;
  tensor(values: Float32Array, shape: readonly number[]): Tensor;
  zeros(shape: readonly number[]): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  split(x: Tensor, numParts: number, axis: number): Tensor[];
  concat(tensors: readonly Tensor[]): Tensor;
  readonly wasm: { setWasmPaths(folder: string): void; setThreadsCount(count: number): void };
}

interface Tensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

interface Weights {
  readonly weight: Tensor;
  readonly recurrentWeight: Tensor;
  readonly bias: Tensor;
  readonly recurrentBias: Tensor;
}

const FOLDER = "/bench/node_modules/@tensorflow";
const SCRIPTS = ["core/dist/tf-core", "backend-cpu/dist/tf-backend-cpu", "backend-wasm/dist/tf-backend-wasm", "backend-webgpu/dist/tf-backend-webgpu"]; // prettier-ignore

let loading: Promise<Tf> | null = null;

/** TensorFlow.js by its operations: `layers.gru` refuses `resetAfter`. */
export function tfjs(backend: "webgpu" | "wasm"): Contender {
  let tf: Tf;
  /** The backend is the page's, and another contender may have changed it. */
  const enter = async () => {
    if (tf.getBackend() !== backend) await tf.setBackend(backend);
  };
  return {
    name: `TF.js/${backend}`,
    tolerance: 1e-5,
    isPeer: true,
    async load() {
      tf = await (loading ??= loadScripts());
    },
    async prepare(network) {
      if (!(await tf.setBackend(backend))) throw new Error(`TF.js: expected backend ${backend}, got none`);
      await tf.ready();
      const layer = network.layers[0] as GruLayer;
      const { inputSize, hiddenSize } = layer;
      const weights = weightsOf(tf, layer);
      return {
        async runSequence(input, batchSize) {
          await enter();
          const output = tf.tidy(() => runSequence(tf, weights, tf.tensor(input, [input.length / inputSize, inputSize]), batchSize)); // prettier-ignore
          const values = await output.data();
          output.dispose();
          return values;
        },
        openStream() {
          let h: Tensor | null = null;
          return {
            async push(input) {
              await enter();
              const before: Tensor = h ?? tf.zeros([1, hiddenSize]);
              h = tf.tidy(() => cell(tf, weights, project(tf, weights, tf.tensor(input, [1, inputSize])), before));
              before.dispose();
              return h.data();
            },
            dispose: () => h?.dispose(),
          };
        },
        dispose() {
          for (const tensor of Object.values(weights)) tensor.dispose();
        },
      };
    },
  };
}

async function loadScripts(): Promise<Tf> {
  for (const script of SCRIPTS) await loadScript(`${FOLDER}/tfjs-${script}.min.js`);
  const { tf } = globalThis as unknown as { tf: Tf };
  tf.wasm.setWasmPaths(`${FOLDER}/tfjs-backend-wasm/dist/`);
  tf.wasm.setThreadsCount(1);
  return tf;
}

function loadScript(src: string): Promise<void> {
  const script = document.createElement("script");
  script.src = src;
  document.head.append(script);
  return new Promise((resolve, reject) => {
    script.addEventListener("load", () => resolve());
    script.addEventListener("error", () => reject(new Error(`${src}: expected a script, got none`)));
  });
}

function weightsOf(tf: Tf, { inputSize, hiddenSize, weight, recurrentWeight, bias, recurrentBias }: GruLayer): Weights {
  return {
    weight: tf.tensor(weight.slice(), [3 * hiddenSize, inputSize]),
    recurrentWeight: tf.tensor(recurrentWeight.slice(), [3 * hiddenSize, hiddenSize]),
    bias: tf.tensor(bias!.slice(), [3 * hiddenSize]),
    recurrentBias: tf.tensor(recurrentBias!.slice(), [3 * hiddenSize]),
  };
}

/** @param x [T B, I] @returns [T B, H] */
function runSequence(tf: Tf, weights: Weights, x: Tensor, batchSize: number): Tensor {
  const numSteps = x.shape[0]! / batchSize;
  const hiddenSize = weights.recurrentWeight.shape[1]!;
  const projections = tf.split(project(tf, weights, x), numSteps, 0);
  const outputs: Tensor[] = [];
  let h = tf.zeros([batchSize, hiddenSize]);
  for (const projection of projections) {
    h = cell(tf, weights, projection, h);
    outputs.push(h);
  }
  return tf.concat(outputs);
}

/** W x + b of rows, [rows, 3H]. */
function project(tf: Tf, { weight, bias }: Weights, x: Tensor): Tensor {
  return tf.add(tf.matMul(x, weight, false, true), bias);
}

/** @param projection [B, 3H] @param h [B, H] @returns [B, H] */
function cell(tf: Tf, { recurrentWeight, recurrentBias }: Weights, projection: Tensor, h: Tensor): Tensor {
  const recurrent = tf.add(tf.matMul(h, recurrentWeight, false, true), recurrentBias);
  const [xr, xz, xn] = tf.split(projection, 3, 1) as [Tensor, Tensor, Tensor];
  const [hr, hz, hn] = tf.split(recurrent, 3, 1) as [Tensor, Tensor, Tensor];
  const r = tf.sigmoid(tf.add(xr, hr));
  const z = tf.sigmoid(tf.add(xz, hz));
  const n = tf.tanh(tf.add(xn, tf.mul(r, hn)));
  return tf.add(n, tf.mul(z, tf.sub(h, n)));
}
