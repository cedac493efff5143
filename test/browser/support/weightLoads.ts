// Counts how often a run loads each weight, by the kernels' own index arithmetic: the device compiles them with a counter
// beside each load, as mutants.ts compiles something else than it was handed. The library knows nothing of it.

import { GruModel } from "../../../src/stream/gruModel.js";
import { defineNetwork } from "../../../src/model/defineNetwork.js";
import type { Direction } from "../../../src/layers/direction.js";
import type { Network } from "../../../src/model/network.js";
import { maxBindingBytes } from "../../../src/plan/budget.js";
import { layOutNetwork } from "../../../src/plan/layOutNetwork.js";
import { borrowDevice } from "../../../src/runtime/openDevice.js";
import { GpuEngine } from "../../../src/runtime/gpuEngine.js";
import { randomGru, randomInput, uniform } from "../../cases/random.js";
import { FAMILY_TABLES, type FamilyName } from "../../cases/familyTables.js";
import { forcedKernels } from "./forcedKernels.js";

/** A run: GRU layers, each of which reads the one before. */
export interface LoadsRequest {
  readonly family: FamilyName;
  readonly resetAfter: boolean;
  readonly direction: Direction;
  readonly numLayers: number;
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly batchSize: number;
  readonly numSteps: number;
  /** Text of a shader, and the text to compile in its place. */
  readonly mutation?: readonly [from: string, to: string];
}

/** The loads of a run. */
export interface WeightLoads {
  /** Entry points of the kernels in the order of the plan. */
  readonly kernels: readonly string[];
  /** How often each four weights of a row are loaded, as they lie in the buffer, by the weight's label. */
  readonly counts: Readonly<Record<string, readonly number[]>>;
}

/** A binding that no kernel has. */
const LOADS_BINDING = 15;

/** Of four weights as f32. A counter takes as much, so that it is where they are. */
const VEC4_BYTES = 16;

/** Runs a network once, all weights as f32, and counts. */
export async function countWeightLoads(request: LoadsRequest): Promise<WeightLoads> {
  const { family, batchSize, numSteps, mutation } = request;
  const network = networkOf(request);
  const gpu = await requestDevice();
  const choice = borrowDevice(gpu);
  const tuning = forcedKernels(choice, FAMILY_TABLES[family]);
  const { weights, allWeights } = layOutNetwork(network, maxBindingBytes(choice.facts));
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC;
  const loads = gpu.createBuffer({ label: "loads", size: allWeights.sizeBytes, usage });
  const names = countOn(gpu, loads, mutation ?? ["", ""]);
  const model = new GruModel(network, await GpuEngine.create(network, choice, "a test", tuning), "reject");
  await model.run(randomInput(network, batchSize * numSteps, 830), { batchSize });
  const words = await read(gpu, loads);
  gpu.destroy();
  const counts = weights.map(({ label, offsetBytes, sizeBytes: bytes }) => {
    const first = offsetBytes / VEC4_BYTES;
    return [label, Array.from({ length: bytes / VEC4_BYTES }, (_, vec4) => words[4 * (first + vec4)]!)] as const;
  });
  return { kernels: names, counts: Object.fromEntries(counts) };
}

function networkOf({ numLayers, inputSize, hiddenSize, resetAfter, direction }: LoadsRequest): Network {
  const next = uniform(831);
  const layers = Array.from({ length: numLayers }, (_, i) => {
    const shape = { inputSize: i === 0 ? inputSize : hiddenSize, hiddenSize, resetAfter, direction };
    return randomGru(`gru${i}`, [i === 0 ? "input" : `gru${i - 1}`], shape, next);
  });
  return defineNetwork({ layers });
}

/** One that binds a buffer more than the library asks for. */
async function requestDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  const { maxStorageBuffersPerShaderStage } = adapter!.limits;
  return adapter!.requestDevice({ requiredLimits: { maxStorageBuffersPerShaderStage } });
}

/** Has a device count in `loads`, in the same place as the weights. @returns the kernels that are bound, a list that grows */
function countOn(gpu: GPUDevice, loads: GPUBuffer, [from, to]: readonly [string, string]): string[] {
  const names: string[] = [];
  const weightBindings = new Map<string, number>();
  const compile = gpu.createShaderModule.bind(gpu);
  gpu.createShaderModule = ({ label = "", code }) => {
    const [, binding] = WEIGHTS.exec(code) ?? [];
    weightBindings.set(label, Number(binding));
    return compile({ label, code: countLoads(code.replace(from, () => to)) });
  };
  const layOut = gpu.createBindGroupLayout.bind(gpu);
  gpu.createBindGroupLayout = ({ label = "", entries }) => {
    const visibility = GPUShaderStage.COMPUTE;
    const counter = { binding: LOADS_BINDING, visibility, buffer: { type: "storage" } } as const;
    return layOut({ label, entries: [...entries, counter] });
  };
  const bind = gpu.createBindGroup.bind(gpu);
  gpu.createBindGroup = ({ label = "", layout, entries }) => {
    names.push(label.split(" ")[0]!);
    const weights = [...entries].find(({ binding }) => binding === weightBindings.get(label))!;
    const resource = { ...(weights.resource as GPUBufferBinding), buffer: loads };
    return bind({ label, layout, entries: [...entries, { binding: LOADS_BINDING, resource }] });
  };
  return names;
}

const WEIGHTS = /@binding\((\d+)\) var<storage, read> (\w+): array<(WeightVec4|WeightTile)>/;

/** Vec4s that a kernel loads at once. */
const VEC4S = { WeightVec4: 1, WeightTile: 4 };

/** A kernel that counts what it loads of its weights; what is past their end counts as the last of them. */
function countLoads(code: string): string {
  const [, , weights, type] = WEIGHTS.exec(code)!;
  const vec4s = VEC4S[type as keyof typeof VEC4S];
  return `${code.replaceAll(new RegExp(`\\b${weights}\\[([^\\]]*)\\]`, "g"), "counted_load($1)")}
    struct Loads { @size(${VEC4_BYTES}) count: atomic<u32> }
    @group(0) @binding(${LOADS_BINDING}) var<storage, read_write> loads: array<Loads>;
    fn counted_load(i: u32) -> ${type} {
      for (var vec4 = ${vec4s} * i; vec4 < ${vec4s} * (i + 1); vec4++) {
        atomicAdd(&loads[min(vec4, arrayLength(&loads) - 1)].count, 1);
      }
      return ${weights}[i];
    }`;
}

async function read(gpu: GPUDevice, buffer: GPUBuffer): Promise<Uint32Array> {
  const { size } = buffer;
  const staging = gpu.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  const encoder = gpu.createCommandEncoder();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
  gpu.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  return new Uint32Array(staging.getMappedRange()).slice();
}
