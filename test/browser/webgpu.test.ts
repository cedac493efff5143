import { expect, it } from "vitest";
import { openPage } from "./support/openPage.js";

it("doubles numbers in a compute shader", async () => {
  const page = await openPage();
  const doubled = await page.evaluate(async () => {
    const device = await harness.requestDevice();
    const input = new Float32Array([1, 2, 3, 0.25]);
    const numbers = device.createBuffer({
      size: input.byteLength,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    const staging = device.createBuffer({
      size: input.byteLength,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    const module = device.createShaderModule({
      code: `
        @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
        @compute @workgroup_size(4)
        fn double(@builtin(global_invocation_id) id: vec3u) {
          numbers[id.x] *= 2;
        }`,
    });
    const pipeline = await device.createComputePipelineAsync({ layout: "auto", compute: { module } });
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [{ binding: 0, resource: { buffer: numbers } }],
    });

    device.queue.writeBuffer(numbers, 0, input);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(numbers, 0, staging, 0, input.byteLength);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const output = [...new Float32Array(staging.getMappedRange())];
    device.destroy();
    return output;
  });
  expect(doubled).toEqual([2, 4, 6, 0.5]);
});

it("loads the library from source", async () => {
  const page = await openPage();
  expect(await page.evaluate(() => Object.keys(harness.webgru))).toContain("loadModel");
});

it("says which file is not there", async () => {
  const page = await openPage();
  await page.setRequestInterception(true);
  page.on("request", (request) => {
    if (!/\/webgpu[-.][^/]*$/.test(request.url())) return void request.continue();
    void request.respond({ contentType: "text/javascript", body: "throw new Error('no such file')" });
  });
  const refusal = await page.evaluate(async () => {
    const network = harness.random.randomTextModel(139, 30);
    const error = await harness.webgru.createModel(network, { device: "webgpu" }).catch((thrown: unknown) => thrown);
    const { code, message } = error as { code: string; message: string };
    return [code, message];
  });
  const message = "webgpu.js: expected the file beside webgru's main one, got Error: no such file";
  expect(refusal).toEqual(["unsupported", message]);
});
