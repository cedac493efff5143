import type { GruLayer } from "../../src/layers/gru.js";
import type { Contender } from "../contender.js";
import type { FlatBuilder } from "../flatbuffer.js";
import { writeTfliteGru } from "../tfliteGru.js";

/** The parts of LiteRT.js that are used. */
interface LiteRt {
  loadLiteRt(folder: string): Promise<unknown>;
  loadAndCompile(model: Uint8Array, options: { readonly accelerator: "webgpu" }): Promise<CompiledModel>;
  readonly Tensor: new (data: Float32Array, shape: readonly number[]) => Tensor;
}

interface CompiledModel {
  readonly isFullyAccelerated: boolean;
  run(inputs: readonly Tensor[]): Promise<Tensor[]>;
  delete(): void;
}

interface Tensor {
  moveTo(place: "webgpu" | "wasm"): Promise<Tensor>;
  copyTo(place: "webgpu" | "wasm"): Promise<Tensor>;
  data(): Promise<Float32Array>;
  delete(): void;
}

const MODULES = "/bench/node_modules";

let liteRt: LiteRt;
let newBuilder: () => FlatBuilder;

/** LiteRT.js on WebGPU: it has no GRU, so a sequence is a graph with every step written out, one for each T and B. */
export const litert: Contender = {
  name: "LiteRT.js/webgpu",
  tolerance: 1e-5,
  isPeer: true,
  async load() {
    liteRt = await import(/* @vite-ignore */ `${MODULES}/@litertjs/core/dist/index.js`);
    const { Builder } = await import(/* @vite-ignore */ `${MODULES}/flatbuffers/mjs/flatbuffers.js`);
    newBuilder = () => new Builder(1024);
  },
  async prepare(network) {
    const layer = network.layers[0] as GruLayer;
    const { inputSize, hiddenSize } = layer;
    await startOnce();
    const models = new Map<string, Promise<CompiledModel>>();
    const modelFor = (numSteps: number, batchSize: number, withState: boolean) => {
      const key = `${numSteps} ${batchSize} ${withState}`;
      const model = models.get(key) ?? compile(layer, { numSteps, batchSize, withState });
      models.set(key, model);
      return model;
    };
    return {
      async runSequence(input, batchSize) {
        const numRows = input.length / inputSize;
        const model = await modelFor(numRows / batchSize, batchSize, false);
        const x = await new liteRt.Tensor(input, [numRows, inputSize]).moveTo("webgpu");
        const [output] = await model.run([x]);
        x.delete();
        return read(await output!.moveTo("wasm"));
      },
      openStream() {
        let h: Tensor | null = null;
        return {
          async push(input) {
            const model = await modelFor(1, 1, true);
            h ??= await new liteRt.Tensor(new Float32Array(hiddenSize), [1, hiddenSize]).moveTo("webgpu");
            const x = await new liteRt.Tensor(input, [1, inputSize]).moveTo("webgpu");
            const [next] = await model.run([x, h]);
            x.delete();
            h.delete();
            h = next!;
            return read(await h.copyTo("wasm"));
          },
          dispose: () => h?.delete(),
        };
      },
      dispose() {
        for (const model of models.values()) void model.then((one) => one.delete());
      },
    };
  },
};

let starting: Promise<unknown> | null = null;

/** Its wasm is the page's. */
function startOnce(): Promise<unknown> {
  return (starting ??= liteRt.loadLiteRt(`${MODULES}/@litertjs/core/wasm/`));
}

async function compile(layer: GruLayer, request: Parameters<typeof writeTfliteGru>[2]): Promise<CompiledModel> {
  const model = await liteRt.loadAndCompile(writeTfliteGru(newBuilder(), layer, request), { accelerator: "webgpu" });
  if (!model.isFullyAccelerated)
    throw new Error("LiteRT.js: expected the whole graph on WebGPU, got some of it on the CPU");
  return model;
}

async function read(tensor: Tensor): Promise<Float32Array> {
  const values = (await tensor.data()).slice();
  tensor.delete();
  return values;
}
