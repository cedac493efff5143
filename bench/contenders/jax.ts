import type { GruLayer } from "../../src/layers/gru.js";
import type { Contender } from "../contender.js";

/** The parts of jax-js that are used. A function takes its arguments away; `ref` keeps one for another use. */
interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): void;
  jit<F>(f: F): F & { dispose(): void };
  readonly numpy: {
    array(values: Float32Array): JaxArray;
    zeros(shape: readonly number[]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    stack(arrays: readonly JaxArray[]): JaxArray;
    tanh(x: JaxArray): JaxArray;
  };
  readonly nn: { sigmoid(x: JaxArray): JaxArray };
}

interface JaxArray {
  readonly ref: JaxArray;
  readonly shape: readonly number[];
  add(other: JaxArray): JaxArray;
  sub(other: JaxArray): JaxArray;
  mul(other: JaxArray): JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  transpose(): JaxArray;
  slice(...index: (number | readonly number[])[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

/** W^T [I, 3H], R^T [H, 3H], b and c [3H]. */
type Weights = readonly [JaxArray, JaxArray, JaxArray, JaxArray];

const MODULE = "/bench/node_modules/@jax-js/jax/dist/index.js";

let jax: Jax;

/** jax-js on WebGPU: a whole sequence is one jitted function, and so is a streamed step. */
export const jaxJs: Contender = {
  name: "jax-js/webgpu",
  tolerance: 1e-5,
  isPeer: true,
  async load() {
    jax = await import(/* @vite-ignore */ MODULE);
  },
  async prepare(network) {
    const { numpy } = jax;
    const devices = await jax.init("webgpu");
    if (!devices.includes("webgpu")) throw new Error(`jax-js: expected WebGPU, got ${devices.join(", ")}`);
    jax.defaultDevice("webgpu");
    const layer = network.layers[0] as GruLayer;
    const { inputSize, hiddenSize } = layer;
    const weights = await weightsOf(layer);
    const sequence = jax.jit(runSequence);
    const step = jax.jit(runStep);
    const refs = () => weights.map((weight) => weight.ref) as unknown as Weights;
    return {
      async runSequence(input, batchSize) {
        const x = numpy.array(input).reshape([input.length / (batchSize * inputSize), batchSize, inputSize]);
        return sequence(x, ...refs()).data();
      },
      openStream() {
        let h = numpy.zeros([1, hiddenSize]);
        return {
          async push(input) {
            h = step(numpy.array(input).reshape([1, inputSize]), h, ...refs());
            return h.ref.data();
          },
          dispose: () => h.dispose(),
        };
      },
      dispose() {
        sequence.dispose();
        step.dispose();
        for (const weight of weights) weight.dispose();
      },
    };
  },
};

/** The weights on the device, transposed there once. */
async function weightsOf(layer: GruLayer): Promise<Weights> {
  const { inputSize, hiddenSize, weight, recurrentWeight, bias, recurrentBias } = layer;
  const matrix = (values: Float32Array, size: number) => transpose(values, 3 * hiddenSize, size);
  const biases = [bias!, recurrentBias!].map((values) => jax.numpy.array(values.slice()));
  return [matrix(weight, inputSize), matrix(recurrentWeight, hiddenSize), biases[0]!, biases[1]!];
}

/** An array of the device, [numColumns, numRows]. */
function transpose(values: Float32Array, numRows: number, numColumns: number): JaxArray {
  const transposed = new Float32Array(values.length);
  for (let row = 0; row < numRows; row++) {
    for (let column = 0; column < numColumns; column++) {
      transposed[column * numRows + row] = values[row * numColumns + column]!;
    }
  }
  return jax.numpy.array(transposed).reshape([numColumns, numRows]);
}

/** @param x [T, B, I] @returns [T, B, H] */
function runSequence(x: JaxArray, ...[weight, recurrentWeight, bias, recurrentBias]: Weights): JaxArray {
  const { numpy } = jax;
  const [numSteps, batchSize] = x.shape as [number, number, number];
  const hiddenSize = recurrentWeight.shape[0]!;
  const projection = numpy.matmul(x, weight).add(bias);
  const outputs: JaxArray[] = [];
  let h = numpy.zeros([batchSize, hiddenSize]);
  for (let t = 0; t < numSteps; t++) {
    h = cell(projection.ref.slice(t), h, recurrentWeight.ref, recurrentBias.ref);
    outputs.push(h.ref);
  }
  for (const array of [projection, h, recurrentWeight, recurrentBias]) array.dispose();
  return numpy.stack(outputs);
}

/** @param x [B, I] @param h [B, H] @returns [B, H] */
function runStep(x: JaxArray, h: JaxArray, ...[weight, recurrentWeight, bias, recurrentBias]: Weights): JaxArray {
  return cell(jax.numpy.matmul(x, weight).add(bias), h, recurrentWeight, recurrentBias);
}

/** @param projection W x + b, [B, 3H] @param h [B, H] @returns [B, H] */
function cell(projection: JaxArray, h: JaxArray, recurrentWeight: JaxArray, recurrentBias: JaxArray): JaxArray {
  const { numpy, nn } = jax;
  const hiddenSize = h.shape[1]!;
  const gate = (array: JaxArray, i: number) => array.slice([], [i * hiddenSize, (i + 1) * hiddenSize]);
  const recurrent = numpy.matmul(h.ref, recurrentWeight).add(recurrentBias);
  const r = nn.sigmoid(gate(projection.ref, 0).add(gate(recurrent.ref, 0)));
  const z = nn.sigmoid(gate(projection.ref, 1).add(gate(recurrent.ref, 1)));
  const n = numpy.tanh(gate(projection, 2).add(r.mul(gate(recurrent, 2))));
  return n.ref.add(z.mul(h.sub(n)));
}
