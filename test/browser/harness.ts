// Runs in the test page. What it puts on `harness`, tests call inside `page.evaluate`.

import * as webgru from "webgru";
import { runReference } from "../../src/reference/runReference.js";
import * as badInput from "../badInput.js";
import { compare, type Comparison } from "../compare.js";
import * as random from "../random.js";
import { runTwin } from "../twin.js";
import { twinCases } from "../twinCases.js";
import { recordGpuCalls } from "./gpuCalls.js";

const harness = {
  webgru,
  random,
  runReference,
  compare,
  badInput,
  recordGpuCalls,

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

  /** Runs a case of test/twinCases.ts, by its name, on WebGPU beside the reference. */
  async runTwin(name: string): Promise<Record<string, Comparison>> {
    return runTwin(
      twinCases.find((twin) => twin.name === name)!,
      "webgpu",
    );
  },
};

declare global {
  // `var` is how TypeScript declares a property of globalThis.
  var harness: Harness;
}

/** The functions that the test page offers. */
export type Harness = typeof harness;

globalThis.harness = harness;
