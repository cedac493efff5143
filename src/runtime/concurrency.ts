import { type KernelSpec, paddedSize } from "../kernels/kernelSpec.js";
import type { Network } from "../model/network.js";
import type { DeviceFacts } from "../plan/deviceFacts.js";
import { cooperationProbe, TUNING_TABLE } from "../plan/tables.js";
import type { TuningRow } from "../plan/tuning.js";
import type { GpuChoice } from "./openDevice.js";

/** Workgroups to try at once, most first; a device is asked for half of what it was seen to run. */
const TRIED_GROUPS = [256, 128, 32];

/** Steps that they hand each other: enough for those that came first to be waited for by the last. */
const NUM_STEPS = 64;

/** Workgroups that each device was seen to run at once, by its name, as long as the page. */
const seen = new Map<string, Promise<number>>();

/**
 * The facts of a device, with the number of workgroups that it runs at once where the table has some layer of the network
 * advance by workgroups that wait for each other. That is tried on the device itself: it takes a few milliseconds, and some tens of them
 * for each try that is in vain.
 */
export async function proveConcurrency(
  network: Network,
  { device, facts, name }: GpuChoice,
  table: readonly TuningRow[] = TUNING_TABLE,
): Promise<DeviceFacts> {
  const probe = cooperationProbe(network, facts, table);
  if (probe === null) return facts;
  const known = seen.get(name) ?? countConcurrentGroups(device, probe);
  seen.set(name, known);
  return { ...facts, concurrentGroups: await known };
}

/** The most workgroups that hand a state on in time, of those tried; 0 when none do or the device does not answer. */
async function countConcurrentGroups(device: GPUDevice, probe: (numGroups: number) => KernelSpec): Promise<number> {
  for (const numGroups of TRIED_GROUPS) {
    if (await isHandedOn(device, probe(numGroups), numGroups).catch(() => false)) return numGroups;
  }
  return 0;
}

/** Advances a layer of zeros, a unit for each workgroup. @returns whether all of them came to the last step */
async function isHandedOn(device: GPUDevice, kernel: KernelSpec, numGroups: number): Promise<boolean> {
  const buffers: GPUBuffer[] = [];
  const allocate = (numWords: number, usage: number) => {
    const buffer = device.createBuffer({ label: "webgru.concurrency", size: 4 * numWords, usage });
    buffers.push(buffer);
    return buffer;
  };
  const { STORAGE, UNIFORM, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  try {
    const pipeline = await compile(device, kernel);
    const rowWords = paddedSize(3 * numGroups);
    // As gru_cooperative.wgsl binds them. New buffers hold zeros, and all but the first two are to hold zeros.
    const numWords = [1, 1, NUM_STEPS * rowWords, numGroups * rowWords, 2 * rowWords, 2 * numGroups];
    const [params, lengths] = [allocate(4, UNIFORM | COPY_DST), allocate(1, STORAGE | COPY_DST)];
    const inner = numWords.slice(1).map((words) => allocate(words, STORAGE));
    const [output, status] = [allocate(NUM_STEPS * numGroups, STORAGE | COPY_SRC), allocate(2, STORAGE)];
    const last = allocate(numGroups, MAP_READ | COPY_DST);
    device.queue.writeBuffer(params, 0, Uint32Array.of(0, 0, NUM_STEPS, 1));
    device.queue.writeBuffer(lengths, 0, Uint32Array.of(NUM_STEPS));

    const entries = [params, lengths, ...inner, output, status].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    }));
    const encoder = device.createCommandEncoder({ label: "webgru.concurrency" });
    const pass = encoder.beginComputePass({ label: "webgru.concurrency" });
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
    pass.dispatchWorkgroups(...kernel.workgroups(1));
    pass.end();
    encoder.copyBufferToBuffer(output, 4 * (NUM_STEPS - 1) * numGroups, last, 0, 4 * numGroups);
    device.queue.submit([encoder.finish()]);
    await last.mapAsync(GPUMapMode.READ);
    return new Uint32Array(last.getMappedRange()).every((word) => word !== 0);
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}

async function compile(device: GPUDevice, { label, source, entryPoint, constants }: KernelSpec) {
  const module = device.createShaderModule({ label, code: source });
  const compute = { module, entryPoint, constants: { ...constants } };
  return device.createComputePipelineAsync({ label, layout: "auto", compute });
}
