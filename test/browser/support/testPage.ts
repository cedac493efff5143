// Runs in the test page. Tests call the functions of `harness` inside `page.evaluate`.

// oxlint-disable-next-line import/no-unassigned-import -- it registers them
import "../../harness/allLayers.js";
import * as webgru from "webgru";
import * as worker from "webgru/worker";
import randomNumberSource from "../../../shaders/lib/random.wgsl?raw";
import { type GenerateOptions, takeGeneration } from "../../../src/model/generative.js";
import { randomNumber } from "../../../src/model/randomNumber.js";
import { runReference } from "../../harness/reference/runReference.js";
import type { RecurrentRow } from "../../../src/plan/recurrent/table.js";
import { borrowDevice } from "../../../src/runtime/openDevice.js";
import { GpuEngine } from "../../../src/runtime/gpuEngine.js";
import { anyTwin } from "../../cases/anyNetwork.js";
import * as badInput from "../../cases/badInput.js";
import { scoreStorages } from "../../harness/bitsPerCharacter.js";
import { compare, type Comparison } from "../../harness/compare.js";
import { type Fixture, type FixtureParts, runFixture } from "../../files/fixture.js";
import { decodeFromEncoder } from "../../cases/encoderDecoder.js";
import { generateTokens, referenceTokens } from "../../cases/generation.js";
import { type OutputCheck, outputChecks } from "../../cases/outputRequests.js";
import { type ModelFixture, runModelFixture } from "../../files/modelFixture.js";
import { fixedScores } from "../../cases/generationCases.js";
import { runSilero, type Silero, type SileroFixture } from "../../cases/silero.js";
import { caseOf, type OnnxFixture, runOnnxFixture } from "../../files/onnxFixture.js";
import { type OnnxruntimeFixture, runOnnxruntimeFixture } from "../../files/onnxruntimeFixture.js";
import { type FunctionName, measureFunction } from "../../cases/functionRange.js";
import { heldStates, holdState } from "../../cases/heldState.js";
import { checkProperty, compareDevices, type PropertyCase, type PropertyName } from "../../cases/properties.js";
import { beginFromOwnStates } from "../../cases/ownStates.js";
import { findNan, nanCases } from "../../cases/keptNan.js";
import * as random from "../../cases/random.js";
import { campaignNetwork } from "../../cases/streamCampaign.js";
import { compareTwinOn, prepareTwin, runAlsoPushed, runTwin } from "../../harness/twin.js";
import { twinCase } from "../../cases/twinCases.js";
import { pushSummaries } from "../../cases/summaryStreams.js";
import { pushWindows } from "../../cases/windowStreams.js";
import type { WholeNetworkName } from "../../cases/wholeNetworks.js";
import { seeConcurrentGroups } from "./concurrency.js";
import { forcedKernels } from "./forcedKernels.js";
import { recordGpuCalls } from "./gpuCalls.js";
import { duringWait, watchedWorker } from "./gpuWaits.js";
import { findKiller } from "./mutants.js";
import * as outcome from "./outcome.js";
import { runWatchedCampaign } from "./watchedCampaign.js";
import { countWeightLoads } from "./weightLoads.js";
import { pushWholeNetwork } from "./wholeNetwork.js";
import * as scenarios from "../../cases/workerScenarios.js";
import * as workerCalls from "./workerCalls.js";

let twinDevice: Promise<GPUDevice> | null = null;

const harness = {
  webgru,
  worker,
  scenarios,
  random,
  runReference,
  compare,
  badInput,
  recordGpuCalls,
  watchedWorker,
  duringWait,
  findKiller,
  countWeightLoads,
  seeConcurrentGroups,
  ...outcome,
  ...workerCalls,
  campaignNetwork,
  runWatchedCampaign,
  scoreStorages,
  fixedScores,
  generateTokens,
  referenceTokens,
  randomNumber,

  /** Tokens of a session for each request, and the lengths of the chunks that they came in. */
  async generateInChunks(network: webgru.Network, requests: readonly GenerateOptions[]) {
    const choice = borrowDevice(await sharedDevice());
    const engine = await GpuEngine.create(network, choice, "a test", forcedKernels(choice, []));
    const results: { tokens: number[]; lengths: number[] }[] = [];
    for (const request of requests) {
      const { prompt, streams, generation } = takeGeneration(network, request);
      const session = engine.createSession(streams, 1);
      const chunks: number[][] = [];
      for await (const chunk of session.generate(prompt[0]!, generation)) chunks.push([...chunk]);
      session.dispose();
      results.push({ tokens: chunks.flat(), lengths: chunks.map(({ length }) => length) });
    }
    engine.dispose();
    return results;
  },

  /** Numbers of shaders/lib/random.wgsl for keys [N, 3]. */
  async drawRandomNumbers(keys: Uint32Array<ArrayBuffer>): Promise<Float32Array> {
    const device = await harness.requestDevice();
    const code = `${randomNumberSource}
      @group(0) @binding(0) var<storage, read> keys: array<u32>;
      @group(0) @binding(1) var<storage, read_write> numbers: array<f32>;
      @compute @workgroup_size(64) fn compute(@builtin(global_invocation_id) id: vec3u) {
        if (id.x < arrayLength(&numbers)) {
          numbers[id.x] = random_number(keys[3 * id.x], keys[3 * id.x + 1], keys[3 * id.x + 2]);
        }
      }`;
    const module = device.createShaderModule({ code });
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
    const numNumbers = keys.length / 3;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffers = [keys.length, numNumbers].map((length) => device.createBuffer({ size: 4 * length, usage }));
    const mapped = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const staging = device.createBuffer({ size: 4 * numNumbers, usage: mapped });
    device.queue.writeBuffer(buffers[0]!, 0, keys);
    const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(Math.ceil(numNumbers / 64));
    pass.end();
    encoder.copyBufferToBuffer(buffers[1]!, 0, staging, 0, 4 * numNumbers);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const numbers = new Float32Array(staging.getMappedRange()).slice();
    device.destroy();
    return numbers;
  },

  /** A device that may bind as much as the page's adapter can, as the library makes its own. */
  async requestLargeDevice(): Promise<GPUDevice> {
    const adapter = await navigator.gpu.requestAdapter();
    const { maxBufferSize, maxStorageBufferBindingSize } = adapter!.limits;
    return adapter!.requestDevice({ requiredLimits: { maxBufferSize, maxStorageBufferBindingSize } });
  },

  /** Lets the page go on for a while. */
  rest: (timeMs: number) => new Promise((resolve) => setTimeout(resolve, timeMs)),

  /** A device of the page's adapter. */
  async requestDevice(): Promise<GPUDevice> {
    const adapter = await navigator.gpu.requestAdapter();
    return adapter!.requestDevice();
  },

  /** 2 * `number` + 1, by a shader that has nothing to do with the library. */
  async computeOn(device: GPUDevice, number: number): Promise<number> {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const numbers = device.createBuffer({ size: 4, usage });
    const staging = device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const code = `
      @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
      @compute @workgroup_size(1) fn compute() { numbers[0] = 2 * numbers[0] + 1; }`;
    const module = device.createShaderModule({ code });
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
    const entries = [{ binding: 0, resource: { buffer: numbers } }];
    device.queue.writeBuffer(numbers, 0, Float32Array.of(number));
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(numbers, 0, staging, 0, 4);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    return new Float32Array(staging.getMappedRange())[0]!;
  },

  /** Runs the text of a module, to its end. */
  async runModule(source: string): Promise<void> {
    await import(/* @vite-ignore */ URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  },

  /** Whether a property of test/cases/properties.ts holds on WebGPU. */
  async checkProperty(name: PropertyName, each: PropertyCase, tolerance: number): Promise<Comparison> {
    return checkProperty(name, each, await sharedDevice(), tolerance);
  },

  /** A check of test/cases/outputRequests.ts on WebGPU. */
  async checkOutput(name: OutputCheck) {
    return outputChecks[name](await sharedDevice());
  },

  /** A case of test/cases/properties.ts on WebGPU beside the CPU. */
  async compareWithCpu(each: PropertyCase, tolerance: number): Promise<Comparison> {
    return compareDevices(each, await sharedDevice(), "cpu", tolerance);
  },

  /** Runs a case of test/cases/twinCases.ts on WebGPU beside the reference. All cases share one device. */
  async runTwin(id: string): Promise<Record<string, Comparison>> {
    twinDevice ??= harness.requestLargeDevice();
    return runTwin(twinCase(id), await twinDevice);
  },

  /** Runs a case of test/cases/anyNetwork.ts as `runTwin` does, and in pushes. */
  async runAnyTwin(seed: number): Promise<Record<string, Comparison>> {
    twinDevice ??= harness.requestLargeDevice();
    return runAlsoPushed(anyTwin(seed), await twinDevice);
  },

  /** The device that `auto` takes for a small network when the adapter passes for a GPU; it does not know SwiftShader by this name. */
  async chooseOnHardware(workload: webgru.Workload) {
    const request = navigator.gpu.requestAdapter.bind(navigator.gpu);
    navigator.gpu.requestAdapter = async (options) => {
      const adapter = (await request(options))!;
      return Object.defineProperty(adapter, "info", { value: { vendor: "test" } });
    };
    const network = random.randomStack({ seed: 1, inputSize: 2, hiddenSizes: [64], resetAfter: true });
    const model = await webgru.createModel(network, { workload });
    const output = await model.createStream().push([1, 2]);
    const told = { device: model.device, explanation: model.explain(), numOutputs: output.length };
    model.dispose();
    return told;
  },

  /** The device that `auto` takes for a workload of one layer of H units, and its time on either device, in ms. */
  async chooseAndTime(
    hiddenSize: number,
    workload: webgru.Workload,
  ): Promise<{ chosen: string; cpuMs: number; webgpuMs: number }> {
    const { batchSize = 1, sequenceLength = 1 } = workload;
    const network = random.randomStack({ seed: 2, inputSize: 8, hiddenSizes: [hiddenSize], resetAfter: true });
    const input = random.randomInput(network, batchSize * sequenceLength, 3);
    const timeMs = async (device: "cpu" | "webgpu") => {
      const model = await webgru.createModel(network, { device });
      const timesMs: number[] = [];
      for (let i = 0; i < 6; i++) {
        const startMs = performance.now();
        await model.run(input, { batchSize });
        timesMs.push(performance.now() - startMs);
      }
      model.dispose();
      return timesMs.slice(1).sort((a, b) => a - b)[2]!; // the median without the first
    };
    const model = await webgru.createModel(network, { workload });
    const { device: chosen } = model;
    model.dispose();
    return { chosen, cpuMs: await timeMs("cpu"), webgpuMs: await timeMs("webgpu") };
  },

  measureFunction: (name: FunctionName, device: "cpu" | "webgpu", count: number) =>
    measureFunction(name, device, count, webgru),

  /** A case of test/cases/keptNan.ts on WebGPU, by its index there. */
  pushSummaries: async (id: string) => pushSummaries(id, await sharedDevice()),
  pushWindows: async (id: string) => pushWindows(id, await sharedDevice()),

  /** The network of a case of test/cases/twinCases.ts. */
  twinNetwork: (id: string) => twinCase(id).network(),

  findNan: async (index: number) => findNan(nanCases[index]!, await sharedDevice(), webgru),

  /** A case of test/cases/heldState.ts, by its index there. */
  decodeFromEncoder: (where: "page" | "worker", device: "cpu" | "webgpu") =>
    decodeFromEncoder((network) =>
      where === "page"
        ? webgru.createModel(network, { device })
        : worker.createModel(network, { device, worker: workerCalls.sharedWorker() }),
    ),
  beginFromOwnStates: (device: "cpu" | "webgpu") => beginFromOwnStates(device, webgru),
  holdState: (index: number, device: "cpu" | "webgpu", numSteps: number) =>
    holdState(heldStates[index]!, device, numSteps, webgru),

  /** A case of test/cases/twinCases.ts on the CPU, in the form that the page takes. */
  async runCpuTwin(id: string): Promise<Record<string, Comparison>> {
    return runTwin(twinCase(id), "cpu");
  },

  /** As `runTwin`, with a table of kernels to choose from that is not the device's own. */
  async runTunedTwin(id: string, table: readonly RecurrentRow[]): Promise<Record<string, Comparison>> {
    const prepared = prepareTwin(twinCase(id));
    return compareTwinOn(prepared, await harness.createTunedModel(prepared.network, table));
  },

  /** A model on the twin cases' device, with a table of kernels to choose from that is not the device's own. */
  async createTunedModel(network: webgru.Network, table: readonly RecurrentRow[]): Promise<webgru.GruModel> {
    twinDevice ??= harness.requestLargeDevice();
    const choice = borrowDevice(await twinDevice);
    const engine = await GpuEngine.create(network, choice, "a test", forcedKernels(choice, table));
    return new webgru.GruModel(network, engine, "reject");
  },

  /** Pushes a few steps at a time to a network of test/cases/wholeNetworks.ts. */
  async pushWholeNetwork(name: WholeNetworkName, batchSize: number) {
    twinDevice ??= harness.requestLargeDevice();
    return pushWholeNetwork(await twinDevice, name, batchSize);
  },

  /** Runs a fixture of test/fixtures/, by its name, on WebGPU. */
  async runFixture(name: string, { modelFile, others }: FixtureParts): Promise<Record<string, Comparison>> {
    const fixture = JSON.parse(new TextDecoder().decode(await readFixtureFile(`${name}.json`))) as Fixture;
    const bytes = modelFile === null ? null : await readFixtureFile(modelFile);
    const files = await Promise.all(others.map(async (file) => [file, await readFixtureFile(file)] as const));
    return runFixture(fixture, bytes, await sharedDevice(), new Map(files));
  },

  /** Runs a model of test/fixtures/onnxruntime/ on WebGPU, as a whole and step by step. */
  async runOnnxruntimeFixture(name: string): Promise<Record<string, Comparison>> {
    const folder = "/test/fixtures/onnxruntime/";
    const fixture = (await (await fetch(`${folder}${name}.json`)).json()) as OnnxruntimeFixture;
    const bytes = new Uint8Array(await (await fetch(`${folder}${name}.onnx`)).arrayBuffer());
    return runOnnxruntimeFixture(fixture, bytes, await sharedDevice());
  },

  /** Runs an ONNX model of test/fixtures/onnx/, by its file's name without the ending, on WebGPU. */
  async runOnnxFixture(name: string): Promise<Record<string, Comparison>> {
    const folder = "/test/fixtures/onnx/";
    const fixture = (await (await fetch(`${folder}${caseOf(name)}.json`)).json()) as OnnxFixture;
    const bytes = new Uint8Array(await (await fetch(`${folder}${name}.onnx`)).arrayBuffer());
    return runOnnxFixture(fixture, bytes, await sharedDevice());
  },

  /** Runs a model of test/fixtures/models/ on WebGPU. */
  async runModelFixture(file: string): Promise<Record<string, Comparison>> {
    const folder = "/test/fixtures/models/";
    const fixture = (await (await fetch(`${folder}${file.replace(/\.\w+$/, "")}.json`)).json()) as ModelFixture;
    const bytes = new Uint8Array(await (await fetch(folder + file)).arrayBuffer());
    return runModelFixture(fixture, bytes, await sharedDevice());
  },

  /** Streams Silero VAD on WebGPU. @param encoded its file, in base64 */
  async runSilero(silero: Silero, encoded: string, fixture: SileroFixture, numFrames: number) {
    const bytes = Uint8Array.from(atob(encoded), (letter) => letter.charCodeAt(0));
    return runSilero(silero, bytes, fixture, numFrames, await sharedDevice());
  },
};

async function readFixtureFile(file: string): Promise<Uint8Array> {
  return new Uint8Array(await (await fetch(`/test/fixtures/${file}`)).arrayBuffer());
}

let shared: Promise<GPUDevice> | undefined;

/** One device for the many small models of fixtures and properties. */
function sharedDevice(): Promise<GPUDevice> {
  return (shared ??= harness.requestDevice());
}

declare global {
  // `var` is how TypeScript declares a property of globalThis.
  var harness: Harness;
}

/** The functions that the test page offers. */
export type Harness = typeof harness;

globalThis.harness = harness;
