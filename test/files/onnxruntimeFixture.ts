// ONNX models and the results of onnxruntime, held against the ONNX reader: test/fixtures/onnxruntime/README.md. Runs in Node and
// in the page.

import {
  fromRun,
  type GraphTensor,
  type OnnxNetwork,
  parseOnnx,
  type ParseOnnxOptions,
  toRun,
} from "../../src/entries/onnx.js";
import { createModel } from "../../src/load/loadModel.js";
import type { GruModel } from "../../src/stream/gruModel.js";
import { compare, type Comparison } from "../harness/compare.js";
import { runReference } from "../harness/reference/runReference.js";

interface JsonTensor {
  readonly shape: number[];
  readonly data: number[];
}

/** The contents of a fixture's .json, by the graph's own names. */
export interface OnnxruntimeFixture {
  readonly name: string;
  /** Options of the reader. */
  readonly options: ParseOnnxOptions;
  /** State inputs, and the outputs that they come back as; none for a graph that runs once. */
  readonly carried: Record<string, string>;
  /** Shapes of the state inputs. */
  readonly shapes: Record<string, number[]>;
  /** With a value for each step, [T, ...], where states are carried. */
  readonly inputs: Record<string, JsonTensor>;
  /** Likewise, but for the states, which are those after the last step. */
  readonly outputs: Record<string, JsonTensor>;
  /** The largest difference, as a share of the largest value, or of 1; 2e-6 when absent. */
  readonly tolerance?: number;
}

type Device = "reference" | "cpu" | GPUDevice;

/** Runs a fixture on a device or on the float64 reference; compares every output, by name. */
export async function runOnnxruntimeFixture(
  fixture: OnnxruntimeFixture,
  bytes: Uint8Array,
  device: Device,
): Promise<Record<string, Comparison>> {
  const network = parseOnnx(bytes, fixture.options);
  const isStepwise = Object.keys(fixture.carried).length > 0;
  if (device === "reference") {
    return isStepwise
      ? stepwise(fixture, network, (input) => Promise.resolve(runReference(network, { input, batchSize: 1 })))
      : once(fixture, network, (input, options) => Promise.resolve(runReference(network, { input, ...options })));
  }
  const model = await createModel(network, { device });
  try {
    if (!isStepwise) return await once(fixture, network, (input, options) => model.run(input, options));
    const whole = await stepwise(fixture, network, (input) => model.run(input));
    const pushed = await stepwise(fixture, network, (input) => push(model, network, input));
    const renamed = Object.entries(pushed).map(([name, comparison]) => [`${name}, step by step`, comparison]);
    return { ...whole, ...Object.fromEntries(renamed) };
  } finally {
    model.dispose();
  }
}

interface Results {
  readonly outputs: Readonly<Record<string, ArrayLike<number>>>;
  readonly finalState: ArrayLike<number>;
}

/** All outputs of a stream that gets one frame after the other. */
async function push(model: GruModel, { inputSize, outputs }: OnnxNetwork, input: Float64Array): Promise<Results> {
  const stream = model.createStream();
  const joined = Object.fromEntries(outputs.map((name): [string, number[]] => [name, []]));
  for (let start = 0; start < input.length; start += inputSize) {
    const frame = input.subarray(start, start + inputSize);
    if (outputs.length === 1) joined[outputs[0]!]!.push(...(await stream.push(frame)));
    else for (const [name, values] of Object.entries(await stream.pushNamed(frame))) joined[name]!.push(...values);
  }
  const finalState = Object.values(await stream.state()).flatMap((block) => [...block]);
  stream.dispose();
  return { outputs: joined, finalState };
}

async function once(
  fixture: OnnxruntimeFixture,
  { graph }: OnnxNetwork,
  run: (input: Float64Array, options: ReturnType<typeof toRun>["options"]) => Promise<Results>,
): Promise<Record<string, Comparison>> {
  const given = toRun(graph, fixture.inputs);
  const outputs = fromRun(graph, await run(given.input, given.options), given);
  return compareAll(fixture, outputs);
}

/** Runs a graph of one step over the steps of a fixture. */
async function stepwise(
  fixture: OnnxruntimeFixture,
  { graph, inputSize }: OnnxNetwork,
  run: (input: Float64Array) => Promise<Results>,
): Promise<Record<string, Comparison>> {
  const [numSteps] = Object.values(fixture.inputs)[0]!.shape as [number];
  const states = Object.entries(fixture.shapes).map(([name, shape]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    return [name, { shape, data: new Float64Array(length) }];
  });
  const input = new Float64Array(numSteps * inputSize);
  let one: ReturnType<typeof toRun> | null = null;
  for (let step = 0; step < numSteps; step++) {
    const frame = Object.entries(fixture.inputs).map(([name, tensor]) => [name, part(tensor, step)]);
    one = toRun(graph, Object.fromEntries([...states, ...frame]) as Record<string, GraphTensor>);
    input.set(one.input, step * inputSize);
  }
  const results = await run(input);
  const joined: Record<string, { shape: number[]; data: number[] }> = {};
  for (let step = 0; step < numSteps; step++) {
    const parts = Object.entries(results.outputs).map(([name, values]) => {
      const length = values.length / numSteps;
      return [name, Array.from({ length }, (_, i) => values[step * length + i]!)];
    });
    const outputs = fromRun(graph, { ...results, outputs: Object.fromEntries(parts) }, one!);
    for (const [name, { shape, data }] of Object.entries(outputs)) {
      const isState = Object.values(fixture.carried).includes(name);
      const known = (joined[name] ??= { shape: isState ? [...shape] : [numSteps, ...shape], data: [] });
      if (!isState || step === 0) known.data.push(...Array.from(data));
    }
  }
  return compareAll(fixture, joined);
}

function part({ shape: [, ...shape], data }: JsonTensor, step: number): JsonTensor {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: data.slice(step * length, (step + 1) * length) };
}

function compareAll(
  { outputs, tolerance = 2e-6 }: OnnxruntimeFixture,
  got: Readonly<Record<string, GraphTensor>>,
): Record<string, Comparison> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, { shape, data }]) => {
      const given = got[name];
      if (given?.shape.join() !== shape.join()) throw new Error(`${name}: expected [${shape}], got [${given?.shape}]`);
      const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
      return [name, compare(given.data, data, { atol: tolerance * largest, rtol: 0 })];
    }),
  );
}
