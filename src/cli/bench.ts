import { createModel, type GruModel, type GruStream, type Network } from "../index.js";
import { canStream, fewestIndices } from "../model/network.js";
import { breathe, defineCommand, EXIT, takeChoice, takeCount } from "./command.js";
import { Progress } from "./progress.js";
import { MODEL_HELP, MODEL_OPTIONS, readModel } from "./readModel.js";
import { print, printJson, table } from "./stdout.js";

/** Part of the time that is not measured, at the beginning: compilers and caches settle. */
const WARM_UP = 0.2;

/** `webgru bench FILE` */
export const bench = defineCommand({
  name: "bench",
  usage: "FILE",
  summary: "times sequences and single steps of a model on this machine",
  help: `  --steps T           steps of a sequence; 100 when absent
  --batch B           rows of a sequence; 1 when absent
  --seconds S         how long each of the two is timed; 2 when absent
  --device DEVICE     auto, webgpu or cpu
${MODEL_HELP}
  --json              the result as JSON`,
  options: {
    ...MODEL_OPTIONS,
    steps: { type: "string", default: "100" },
    batch: { type: "string", default: "1" },
    seconds: { type: "string", default: "2" },
    device: { type: "string", default: "auto" },
    json: { type: "boolean" },
  },
  numPositionals: 1,
  async run({ positionals: [path], values }) {
    const numSteps = takeCount("steps", values.steps);
    const batchSize = takeCount("batch", values.batch);
    const timeMs = 1000 * takeCount("seconds", values.seconds);
    const device = takeChoice("device", values.device, ["auto", "webgpu", "cpu"]);
    const { network } = await readModel(path!, values);
    const model = await createModel(network, { device });
    const input = benchInput(network, numSteps * batchSize);
    const runs = await timeEach("sequences", timeMs, async () => void (await model.run(input, { batchSize })));
    const frames = model.framesPerStep;
    const pushes = canStream(network) ? await timePushes(model, benchInput(network, frames * numSteps), timeMs) : null;
    const { deviceName, deviceReason } = model;
    model.dispose();
    const sequence = summarize(runs);
    const result = {
      device: model.device,
      deviceName,
      deviceReason,
      shape: `T=${numSteps} B=${batchSize}`,
      sequence: { ...sequence, stepsPerSecond: (1000 * numSteps * batchSize) / sequence.meanMs },
      push: pushes === null ? null : summarize(pushes),
    };
    if (values.json) {
      await printJson(result);
      return EXIT.fine;
    }
    await print(
      `device: ${deviceName}; ${deviceReason}`,
      ...table([
        ["", "times", "min ms", "mean ms", "std ms", "p50 ms", "p99 ms"],
        row(`sequence ${result.shape}`, sequence),
        ...(result.push === null
          ? []
          : [row(`push of ${frames === 1 ? "one step" : `${frames} steps`}, B=1`, result.push)]),
      ]),
      `${Math.round(result.sequence.stepsPerSecond).toLocaleString("en")} steps/s in sequences`,
      ...(pushes === null ? ["no pushes: a layer that runs in reverse needs the whole sequence"] : []),
    );
    return EXIT.fine;
  },
});

/** Statistics of times, in milliseconds. */
interface Summary {
  readonly times: number;
  readonly minMs: number;
  readonly meanMs: number;
  readonly stdMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

async function timePushes(model: GruModel, input: Float32Array, timeMs: number): Promise<number[]> {
  const stream: GruStream = model.createStream();
  const length = model.framesPerStep * model.inputSize;
  let at = 0;
  return timeEach("pushes", timeMs, async () => {
    await stream.push(input.subarray(at, at + length));
    at = (at + length) % input.length;
  });
}

/** Repeats `work` for `timeMs`. @returns the time of each repetition after the warm-up, in milliseconds */
async function timeEach(what: string, timeMs: number, work: () => Promise<void>): Promise<number[]> {
  const progress = new Progress(what, timeMs);
  const startMs = performance.now();
  const times: number[] = [];
  let breathedMs = startMs;
  for (let nowMs = startMs; nowMs < startMs + timeMs || times.length === 0;) {
    const beforeMs = performance.now();
    await work();
    const afterMs = performance.now();
    if (nowMs >= startMs + WARM_UP * timeMs) times.push(afterMs - beforeMs);
    nowMs = afterMs;
    if (afterMs - breathedMs > 50) {
      await breathe();
      breathedMs = performance.now();
      progress.at(nowMs - startMs);
    }
  }
  return times;
}

function summarize(times: readonly number[]): Summary {
  const sorted = [...times].sort((a, b) => a - b);
  const meanMs = times.reduce((sum, time) => sum + time, 0) / times.length;
  const variance = times.reduce((sum, time) => sum + (time - meanMs) ** 2, 0) / times.length;
  const quantile = (p: number) => sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))]!;
  return {
    times: times.length,
    minMs: sorted[0]!,
    meanMs,
    stdMs: Math.sqrt(variance),
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  };
}

function row(what: string, { times, ...ms }: Summary): string[] {
  return [what, String(times), ...Object.values(ms).map((value: number) => value.toPrecision(3))];
}

/** An input of [numRows, I], the same at each call: samples of a sine, or indices. */
function benchInput(network: Network, numRows: number): Float32Array {
  if (network.inputType === "features") {
    return Float32Array.from({ length: numRows * network.inputSize }, (_, i) => Math.sin(1.7 * i));
  }
  const { numIndices } = fewestIndices(network)!;
  return Float32Array.from({ length: numRows }, (_, i) => (7 * i) % numIndices);
}
