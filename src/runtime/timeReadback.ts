/** Round trips at most, and the time for them but for one that takes longer. */
const MAX_TRIPS = 6;
const BUDGET_MS = 20;

/** Time to submit next to nothing and read it back, in microseconds: the shortest of some round trips. */
export async function timeReadbackUs(device: GPUDevice): Promise<number> {
  const source = device.createBuffer({ label: "readback.source", size: 4, usage: GPUBufferUsage.COPY_SRC });
  const usage = GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ;
  const staging = device.createBuffer({ label: "readback.staging", size: 4, usage });
  const startMs = performance.now();
  let shortestMs = Infinity;
  for (let trip = 0; trip < MAX_TRIPS && performance.now() - startMs < BUDGET_MS; trip++) {
    const tripMs = performance.now();
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, 4);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    staging.unmap();
    shortestMs = Math.min(shortestMs, performance.now() - tripMs);
  }
  source.destroy();
  staging.destroy();
  return 1000 * shortestMs;
}
