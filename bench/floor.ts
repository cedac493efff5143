import { requestAdapter } from "./adapter.js";

/** The least that a WebGPU push can take where nothing but the browser's own timer looks for its end. */
export interface Floor {
  /** An empty dispatch, a copy of a result's size and its mapping, and nothing else. */
  roundTrip(): Promise<void>;
  dispose(): void;
}

/** Opens a device of its own for a result of `numElements` float32 numbers. */
export async function openFloor(numElements: number): Promise<Floor> {
  const device = await (await requestAdapter()).requestDevice({ label: "floor" });
  const size = numElements * Float32Array.BYTES_PER_ELEMENT;
  const result = device.createBuffer({ label: "floor.result", size, usage: GPUBufferUsage.COPY_SRC });
  const staging = device.createBuffer({
    label: "floor.staging",
    size,
    usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
  });
  const module = device.createShaderModule({ label: "floor", code: "@compute @workgroup_size(1) fn nothing() {}" });
  const pipeline = await device.createComputePipelineAsync({ label: "floor", layout: "auto", compute: { module } });
  return {
    async roundTrip() {
      const encoder = device.createCommandEncoder({ label: "floor" });
      const pass = encoder.beginComputePass({ label: "floor" });
      pass.setPipeline(pipeline);
      pass.dispatchWorkgroups(1);
      pass.end();
      encoder.copyBufferToBuffer(result, 0, staging, 0, size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      staging.unmap();
    },
    dispose: () => device.destroy(),
  };
}
