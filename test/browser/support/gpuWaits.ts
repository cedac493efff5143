// For the test page and its workers: a call to WebGPU that is under way when something happens to the GPU.

/** Methods whose answer is waited for. */
const WAITS: readonly [type: string, method: string][] = [
  ["GPUAdapter", "requestDevice"],
  ["GPUDevice", "createComputePipelineAsync"],
  ["GPUDevice", "popErrorScope"],
  ["GPUShaderModule", "getCompilationInfo"],
  ["GPUBuffer", "mapAsync"],
  ["GPUQueue", "onSubmittedWorkDone"],
];

/** A kernel that takes long to compile: seconds on SwiftShader. */
const LONG_KERNEL = `
  @group(0) @binding(0) var<storage, read_write> numbers: array<f32>;
  @compute @workgroup_size(1) fn compute() {
    var sum = 0.0;
    ${"sum += sin(sum * numbers[0]);\n".repeat(20_000)}
    numbers[0] = sum;
  }`;

/** Calls `happen` while the call that comes after `numBefore` others waits for its answer: the GPU is kept busy with another kernel. */
export function duringWait(numBefore: number, happen: () => void): void {
  let numWaits = 0;
  let device: GPUDevice | null = null;
  for (const [type, method] of WAITS) {
    const { prototype } = (globalThis as never as Record<string, { prototype: Record<string, Method> }>)[type]!;
    const original = prototype[method]!;
    prototype[method] = function (this: unknown, ...args: unknown[]) {
      const isIt = numWaits++ === numBefore;
      if (isIt && device !== null) compileLong(device);
      const answer = original.apply(this, args);
      if (method === "requestDevice") void (answer as Promise<GPUDevice>).then((made) => (device = made));
      if (isIt) happen();
      return answer;
    };
  }
}

type Method = (...args: unknown[]) => unknown;

function compileLong(device: GPUDevice): void {
  const module = device.createShaderModule({ code: LONG_KERNEL });
  device.createComputePipeline({ layout: "auto", compute: { module } });
}

/** A worker that serves models, and tells the page of a moment as `duringWait` does, and of rejections that nobody handled. */
export function watchedWorker(numBefore: number): Worker {
  const source = `
    import "${location.origin}/src/entries/workerHost.ts";
    import { duringWait } from "${location.origin}/test/browser/support/gpuWaits.ts";
    duringWait(${numBefore}, () => postMessage({ isTime: true }));
    addEventListener("unhandledrejection", ({ reason }) => postMessage({ unhandled: String(reason) }));`;
  return new Worker(URL.createObjectURL(new Blob([source], { type: "text/javascript" })), { type: "module" });
}
