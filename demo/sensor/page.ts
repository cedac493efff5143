import { type GruModel, loadModel } from "webgru";
import { loadModel as loadInWorker, type WorkerModel } from "webgru/worker";
import { type DeviceChoice, deviceOfAddress, milliseconds, sentence } from "../devicePanel.js";
import { element } from "../element.js";
import record from "../models/sensor.json" with { type: "json" };
import { Notice } from "../notice.js";
import { seededRandom } from "./seededRandom.js";
import { Deadlines } from "./deadlines.js";
import { pace } from "./pace.js";
import { Plot } from "./plot.js";
import { RATE_HZ, sensorSignal } from "./signal.js";
import { Trace } from "./trace.js";

const MODEL_URL = new URL("../models/sensor.safetensors", import.meta.url);

/** A result must be there before the next step is due. */
const INTERVAL_MS = 1000 / RATE_HZ;

/** Figures change so often; a person cannot read faster. */
const FIGURES_MS = 500;

/** Frames a second of the plot: every second one of most screens. With reduced motion it is drawn with the figures. */
const PLOT_MS = 30;

const address = new URLSearchParams(location.search);
const numSeconds = Math.min(3600, Math.max(1, Math.round(Number(address.get("seconds"))) || 60));

const plot = new Plot(element<HTMLCanvasElement>("plot"), {
  signal: document.querySelector(".key .signal")!,
  forecast: document.querySelector(".key .forecast")!,
});
const notice = new Notice(element("notice"));
const button = element<HTMLButtonElement>("run");
const radios = [...document.querySelectorAll<HTMLInputElement>("input[name=device]")];
const workerBox = element<HTMLInputElement>("worker");
const isStill = matchMedia("(prefers-reduced-motion: reduce)");

/** Of the run under way. */
let running: AbortController | null = null;

/** Loads the model as chosen and runs it to the end, in the place of the run before. */
async function run(): Promise<void> {
  running?.abort();
  const controller = (running = new AbortController());
  notice.clear();
  button.textContent = "Stop";
  say("Loading the model.");
  const words = await attempt(controller).catch((error: unknown) => {
    if (controller.signal.aborted && error === controller.signal.reason) return "Stopped.";
    notice.show(error instanceof Error ? error.message : String(error), () => void run());
    return "The run ended early.";
  });
  if (running !== controller) return; // another run took over
  running = null;
  button.textContent = "Run again";
  say(words);
}

async function attempt(controller: AbortController): Promise<string> {
  const model = await load(controller.signal);
  try {
    showDevice(model);
    return await measure(model, controller);
  } finally {
    model.dispose();
  }
}

function load(signal: AbortSignal): Promise<GruModel | WorkerModel> {
  const options = { device: radios.find(({ checked }) => checked)!.value as DeviceChoice, signal };
  return workerBox.checked ? loadInWorker(MODEL_URL, options) : loadModel(MODEL_URL, options);
}

/**
 * Feeds the sensor's values to a stream as they are due, until `controller` aborts or a step fails.
 *
 * @returns how it went, in a sentence
 */
async function measure(model: GruModel | WorkerModel, controller: AbortController): Promise<string> {
  const { signal } = controller;
  const stream = model.createStream();
  await stream.push([0]); // what a first step sets up is not a step's time
  await stream.reset();
  const numSteps = numSeconds * RATE_HZ;
  const deadlines = new Deadlines(INTERVAL_MS, numSteps);
  const trace = new Trace(record.horizonSteps, RATE_HZ);
  const sensor = sensorSignal(seededRandom(Number(address.get("seed") ?? Date.now())));
  const stopDrawing = keepDrawing(trace, deadlines);
  const results: Promise<void>[] = [];
  say(`Running for ${numSeconds} seconds.`);
  try {
    await pace(numSteps, INTERVAL_MS, signal, ({ index, dueMs }) => {
      const value = sensor();
      trace.addValue(value);
      const result = stream.push([value]).then(([forecast]) => {
        deadlines.add(performance.now() - dueMs);
        return trace.addForecast(index, forecast!);
      });
      results.push(result);
      result.catch(() => controller.abort("a step failed")); // which one, is told below
    });
    await Promise.all(results);
  } finally {
    stopDrawing();
  }
  return verdict(deadlines, numSteps, signal);
}

function verdict({ numDone, numMissed }: Deadlines, numSteps: number, signal: AbortSignal): string {
  const end = signal.aborted ? `Stopped after ${count(numDone)} of ${count(numSteps)} steps.` : "Done.";
  const lateness =
    numMissed === 0 ? "No result was late." : `${count(numMissed)} of ${count(numDone)} results were late.`;
  return `${end} ${lateness}`;
}

/** Shows how a run goes until the function that it returns is called. */
function keepDrawing(trace: Trace, deadlines: Deadlines): () => void {
  let figuresMs = -Infinity;
  let plotMs = -Infinity;
  let frame = 0;
  const show = () => {
    showFigures(trace, deadlines);
    plot.draw(trace);
  };
  const look = (nowMs: number) => {
    frame = requestAnimationFrame(look);
    if (nowMs - figuresMs >= FIGURES_MS) {
      figuresMs = plotMs = nowMs;
      show();
    } else if (nowMs - plotMs >= PLOT_MS && !isStill.matches) {
      plotMs = nowMs;
      plot.draw(trace);
    }
  };
  look(performance.now());
  return () => {
    cancelAnimationFrame(frame);
    show();
  };
}

function showFigures(trace: Trace, deadlines: Deadlines): void {
  const [p50, p99, largest] = deadlines.percentiles([0.5, 0.99, 1]) ?? [null, null, null];
  element("steps").textContent = count(deadlines.numDone);
  element("missed").textContent = count(deadlines.numMissed);
  element("p50").textContent = milliseconds(p50!);
  element("p99").textContent = milliseconds(p99!);
  element("max").textContent = milliseconds(largest!);
  element("max").dataset.ms = `${largest}`; // not rounded: 10.2 ms is later than 10
  element("error").textContent = trace.error?.toFixed(3) ?? "–";
  element("naive").textContent = trace.lastValueError?.toFixed(3) ?? "–";
}

function showDevice({ device, deviceName, deviceReason }: GruModel | WorkerModel): void {
  element("badge").textContent = device === "webgpu" ? `WebGPU, ${deviceName}` : deviceName;
  element("badge").dataset.device = device;
  element("reason").textContent = sentence(deviceReason);
}

function showRecord(): void {
  const { hiddenSize, numParameters, heldOutError, heldOutLastValueError, horizonSteps } = record;
  element("about-model").textContent =
    `The model has one GRU layer with a state of ${hiddenSize} numbers and one dense layer that reads it and the value ` +
    `itself: ${count(numParameters)} weights. On signals that it was not trained on, its forecasts, ` +
    `${(horizonSteps * 1000) / RATE_HZ}\u00a0ms ahead, are off by ${heldOutError.toFixed(3)} (root mean square); to say that ` +
    `the last value stays is off by ${heldOutLastValueError.toFixed(3)}.`;
}

function say(words: string): void {
  element("status").textContent = words;
}

function count(number: number): string {
  return number.toLocaleString("en");
}

button.addEventListener("click", () => (running ? running.abort() : void run()));
for (const input of [...radios, workerBox]) input.addEventListener("change", () => void run());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden || !running) return;
  running.abort();
  notice.show("The run was stopped: browsers give a hidden page one turn a second.", () => void run());
});

for (const radio of radios) radio.checked = radio.value === deviceOfAddress();
workerBox.checked = address.get("worker") === "1";
element("due").textContent = `Steps of ${count(numSeconds * RATE_HZ)}`;
showRecord();
await run();
