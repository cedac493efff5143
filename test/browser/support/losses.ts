// For the test page: models whose GPU is taken away while they are used.

import * as webgru from "webgru";
import * as workers from "webgru/worker";
import { campaignNetwork } from "../../cases/streamCampaign.js";
import { randomTextModel, uniform } from "../../cases/random.js";
import { outcomeOf } from "./outcome.js";

declare global {
  /** Ends the GPU process, from within the page. */
  var crashGpu: () => void;
}

/** Devices that the page has asked for, the last one last. */
const devices: GPUDevice[] = [];

/** Notes the devices that the library makes, so that they can be destroyed from outside. */
export function watchDevices(): void {
  const { prototype } = GPUAdapter;
  const original = prototype.requestDevice;
  prototype.requestDevice = async function (...args) {
    const device = await original.apply(this, args);
    devices.push(device);
    return device;
  };
}

/** A way to lose a GPU. */
export type Fault = "crash" | "destroy";

function lose(fault: Fault): void {
  if (fault === "crash") globalThis.crashGpu();
  else for (const device of devices.splice(0)) device.destroy();
}

/** Loses the GPU, again where that had no effect: a crash has none while the process is starting. */
async function loseUntil(fault: Fault, isTold: () => boolean): Promise<void> {
  for (let i = 0; !isTold(); i++) {
    if (i % 100 === 0) lose(fault);
    await rest(5);
  }
}

const rest = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** FNV-1a of the bits of numbers. */
class Hash {
  #state = 0x811c9dc5;

  add(numbers: ArrayLike<number>): void {
    for (const word of new Uint32Array(Float32Array.from(numbers).buffer)) {
      this.#state = Math.imul(this.#state ^ word, 0x01000193) >>> 0;
    }
  }

  toString(): string {
    return this.#state.toString(16);
  }
}

interface StreamRequest {
  readonly place: "page" | "worker";
  readonly numCrashes: number;
  readonly numPushes: number;
  readonly seed?: number;
  /** The fault of each loss; a crash when absent. */
  readonly faults?: readonly Fault[];
}

/** Streams some pushes, with saves and resets between, while the GPU is lost; the outputs as a hash. */
export async function streamThroughCrashes({ place, numCrashes, numPushes, faults, seed = 77 }: StreamRequest) {
  const network = campaignNetwork(841);
  const model =
    place === "page"
      ? await webgru.createModel(network, { device: "webgpu" })
      : await workers.createModel(network, { device: "webgpu" });
  const changes: string[] = [];
  const lostMs: number[] = [];
  const recoveriesMs: number[] = [];
  model.addEventListener("device", ({ change }) => {
    changes.push(change); console.log(change, performance.now() | 0);
    if (change === "lost") lostMs.push(performance.now());
    if (change === "restored") recoveriesMs.push(performance.now() - lostMs.at(-1)!);
  });
  const streams = Array.from({ length: 3 }, () => model.createStream());
  const hash = new Hash();
  const next = uniform(seed);
  const numLosses = () => changes.filter((change) => change === "lost").length;
  let crashed = 0;
  for (let push = 0; push < numPushes; push++) {
    const inputs = streams.map(() => Float32Array.from({ length: 3 * (1 + (push % 2)) }, () => next() - 0.5));
    if (push % 20 === 0) console.log("push", push, performance.now() | 0);
    const outputs = Promise.all(inputs.map((input, i) => streams[i]!.push(input)));
    if (numCrashes > crashed && push >= ((crashed + 0.5) * numPushes) / numCrashes) {
      while (recoveriesMs.length < crashed) await rest(5);
      crashed++;
      await loseUntil(faults?.[crashed - 1] ?? "crash", () => numLosses() === crashed);
    }
    for (const output of await outputs) hash.add(output);
    if (push % 50 === 20) void streams[push % 3]!.reset();
    if (push % 50 === 40) hash.add(await streams[push % 3]!.save());
  }
  while (recoveriesMs.length < crashed) await rest(5);
  for (const output of await Promise.all(streams.map((stream) => stream.push([0.1, 0.2, 0.3])))) hash.add(output);
  const { device } = model;
  model.dispose();
  return { hash: String(hash), numLosses: numLosses(), changes, recoveriesMs, device };
}

/** Each kind of call, with the GPU lost while it is under way; none when null. Outcomes by the call's name. */
export async function callsThroughLosses(fault: Fault | null) {
  const outcomes: Record<string, string | string[]> = {};
  console.log("begin");
  for (const [type, method] of [["GPUAdapter", "requestDevice"], ["GPUDevice", "createComputePipelineAsync"], ["GPUDevice", "popErrorScope"], ["GPUBuffer", "mapAsync"], ["GPUQueue", "onSubmittedWorkDone"], ["GPU", "requestAdapter"]] as const) {
    const prototype = (globalThis as any)[type].prototype; const original = prototype[method];
    prototype[method] = function (...args: unknown[]) { const p = original.apply(this, args); const n = Math.random().toString(36).slice(2, 5); console.log("call", n, method); p.then(() => console.log("answer", n, method), (e: unknown) => console.log("fail", n, method, String(e))); return p; };
  }
  console.log("adapter", String(await navigator.gpu.requestAdapter()));
  const network = campaignNetwork(842);
  const model = await webgru.createModel(network, { device: "webgpu" });
  console.log("made 1");
  const texts = await webgru.createModel(randomTextModel(50, 9), { device: "webgpu" });
  console.log("made 2");
  let numLosses = 0;
  const count = ({ change }: webgru.DeviceEvent) => void (numLosses += Number(change === "lost"));
  model.addEventListener("device", count);
  texts.addEventListener("device", count);
  const now = async (name: string, calls: () => Promise<unknown>[], own = model) => {
    const under = calls().map(outcomeOf);
    // Under way, on the way and before: by turns.
    if (Object.keys(outcomes).length % 2 > 0) await rest(1);
    if (fault !== null) {
      let numTold = 0;
      own.addEventListener("device", ({ change }) => void (numTold += Number(change === "lost")));
      await loseUntil(fault, () => numTold > 0);
    }
    console.log(name, performance.now() | 0);
    outcomes[name] = await Promise.all(under);
  };
  const steps = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i));
  await now("run, of a new kernel", () => [
    model.run(steps, { output: { topK: 2 } }).then(({ output }) => output.indices),
  ]);
  await now("run", () => [model.run(steps).then(({ output }) => output)]);
  const streams = Array.from({ length: 100 }, () => model.createStream());
  const push = () => streams.map((stream, i) => stream.push(steps.subarray(3 * (i % 90), 3 * (i % 90) + 3)));
  await Promise.all(push());
  await now("100 streams", () => [...push(), ...push()]);
  await now("save", () => streams.slice(0, 5).map((stream) => stream.save()));
  const forks: Promise<webgru.GruStream>[] = [];
  await now("fork", () => {
    forks.push(...streams.slice(5, 10).map((stream) => stream.fork()));
    return forks;
  });
  await now("push of a fork", () => forks.map(async (fork) => (await fork).push([1, 2, 3])));
  await now("reset", () => [streams[0]!.reset(), streams[0]!.push([1, 2, 3])]);
  const saved = await streams[1]!.save();
  await now("restore", () => [streams[2]!.restore(saved), streams[2]!.push([1, 2, 3])]);
  await now("push without output", () => [
    ...Array.from({ length: 9 }, () => streams[3]!.push([3, 2, 1], { output: "none" })),
    streams[3]!.push([1, 2, 3]),
  ]);
  const write = async (seed: number) => {
    const tokens: number[] = [];
    for await (const token of texts.generate({
      prompt: [1, 2, 3],
      length: 400,
      streams: 2,
      seed,
      tokensPerSubmit: 5,
    })) {
      tokens.push(...token);
    }
    return Float32Array.from(tokens);
  };
  await now("generate", () => [write(5), write(6)], texts);
  const { explanation, device } = { explanation: model.explain(), device: model.device };
  const last = [streams[4]!.push([1, 2, 3]), model.run([1, 2, 3]).then(({ output }) => output)];
  await rest(0); // they are submitted
  await now("dispose", () => {
    model.dispose();
    return last;
  });
  texts.dispose();
  return { outcomes, numLosses, explanation, device };
}
