import { GruError, type GruModel, type LoadProgress, loadModel } from "webgru";
import { Bars } from "./bars.js";
import { type DeviceChoice, deviceOfAddress, DevicePanel } from "./devicePanel.js";
import { Editor } from "./editor.js";
import { element } from "./element.js";
import { Latency } from "./latency.js";
import record from "./models/next-char.json" with { type: "json" };
import { Notice } from "./notice.js";
import { Predictor, promptOf } from "./predictor.js";
import { Slider } from "./slider.js";
import { showSubstitutions } from "./substitutions.js";
import { Vocabulary } from "./vocabulary.js";
import { writeOn } from "./writer.js";

const MODEL_URL = new URL("./models/next-char.safetensors", import.meta.url);

/** One press of Continue ends here; a greedy model may go round in circles for ever. */
const MAX_WRITTEN = 400;

/** A model in use, with what reads the text by it. */
interface Running {
  readonly model: GruModel;
  readonly vocabulary: Vocabulary;
  readonly predictor: Predictor;
}

const textarea = element<HTMLTextAreaElement>("text");
const editor = new Editor(textarea, document.querySelector<HTMLElement>(".heat")!);
const bars = new Bars(element("bars"));
const panel = new DevicePanel((choice) => void use(choice));
const notice = new Notice(element("notice"));
const continueButton = element<HTMLButtonElement>("continue");
const temperature = new Slider("temperature", wordsForTemperature, writeAnew);
const topP = new Slider("top-p", wordsForTopP, writeAnew);

/** Keys that press Continue. */
const SHORTCUT = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘ ↵" : "Ctrl ↵";

let running: Running | null = null;
let loading: AbortController | null = null;
let writing: AbortController | null = null;
let lastTurn = 0;

/** Loads the model on a device and goes on with it; the model in use stays until then. */
async function use(choice: DeviceChoice): Promise<void> {
  loading?.abort();
  stopWriting();
  const controller = (loading = new AbortController());
  const { signal } = controller;
  panel.choice = choice;
  say("Loading the model.");
  try {
    start(await loadModel(MODEL_URL, { device: choice, signal, onProgress: sayProgress }));
  } catch (error) {
    if (!signal.aborted) await refuse(error, choice);
    return;
  } finally {
    if (loading === controller) loading = null;
  }
  notice.clear();
  say("Ready.");
  await read();
}

function start(model: GruModel): void {
  const vocabulary = new Vocabulary(model.vocabulary!);
  const latency = new Latency();
  const predictor = new Predictor(model.createStream(), vocabulary, (timeMs) => {
    if (writing) return; // it waited for the device, which draws characters meanwhile
    latency.add(timeMs);
    panel.showLatency(latency);
  });
  running?.model.dispose();
  running = { model, vocabulary, predictor };
  panel.showModel(model);
  panel.showLatency(latency);
  continueButton.disabled = false;
}

/** Stays with the model in use, or goes to the CPU when there is none; says why. */
async function refuse(error: unknown, choice: DeviceChoice): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof GruError) || choice === "cpu") {
    if (running) panel.choice = running.model.device;
    say(running ? "Ready." : "There is no model yet.");
    notice.show(`The model did not load. ${message}`, () => void use(choice));
    return;
  }
  if (!running) await use("cpu");
  if (!running) return; // and the notice says why
  panel.choice = running.model.device;
  say("Ready.");
  const place = running.model.device === "cpu" ? "the CPU" : "the GPU it has";
  notice.show(`WebGPU cannot be used here, so the model stays on ${place}. The reason: ${message}.`);
}

/** Brings the model to the end of the text and shows what it makes of it. */
async function read(): Promise<void> {
  const reader = running;
  const turn = ++lastTurn;
  bars.isBusy = true;
  if (!reader) return;
  showSubstitutions(element("substitutions"), reader.vocabulary, editor.text);
  try {
    const reading = await reader.predictor.follow(editor.text);
    if (reader !== running) return;
    editor.show(reading);
    bars.show(reading.probabilities, reader.vocabulary.characters);
    panel.showSurprise(reading.characters);
    if (turn === lastTurn) bars.isBusy = false;
  } catch (error) {
    if (reader === running) await replace(error);
  }
}

/** A browser may take the GPU away at any moment; the text is here, so the CPU can go on with it. */
async function replace(error: unknown): Promise<void> {
  running?.model.dispose();
  running = null;
  continueButton.disabled = true;
  await use("cpu");
  if (!running) return; // and the notice says why
  const message = error instanceof Error ? error.message : String(error);
  notice.show(`The device stopped working, so the model moved to the CPU. The reason: ${message}.`);
}

async function toggleWriting(): Promise<void> {
  if (writing) return stopWriting();
  if (!running) return;
  const writer = running;
  const { model, vocabulary } = writer;
  const controller = (writing = new AbortController());
  showWriting(true);
  const write = (index: number) => {
    editor.append(vocabulary.characters[index]!);
    void read();
  };
  try {
    const tokens = model.generate({
      prompt: promptOf(editor.text, vocabulary),
      length: MAX_WRITTEN,
      temperature: temperature.value,
      topP: topP.value,
      seed: crypto.getRandomValues(new Uint32Array(1))[0]!,
      tokensPerSubmit: 16, // the guesses come in between
    });
    const numWritten = await writeOn(tokens, write, controller.signal);
    if (writing === controller) stopWriting();
    if (!writing && !loading) say(`Wrote ${numWritten} characters.`);
  } catch (error) {
    if (writer === running) await replace(error);
  }
}

/** Goes on with other settings, if it is writing. */
function writeAnew(): void {
  if (!writing) return;
  stopWriting();
  void toggleWriting();
}

function stopWriting(): void {
  writing?.abort();
  writing = null;
  showWriting(false);
}

function showWriting(isWriting: boolean): void {
  continueButton.querySelector(".verb")!.textContent = isWriting ? "Stop" : "Continue";
  continueButton.querySelector("kbd")!.textContent = isWriting ? "Esc" : SHORTCUT;
  if (isWriting) say("Writing.");
}

function wordsForTemperature(value: number): string {
  if (value === 0) return "Always the likeliest character.";
  if (value < 0.5) return "Cautious: mostly the likeliest.";
  if (value < 0.95) return "Likely characters, made likelier.";
  if (value <= 1.05) return "As likely as the model believes.";
  return "Bold: unlikely characters, too.";
}

function wordsForTopP(value: number): string {
  if (value === 1) return "From all characters.";
  return `From the likeliest that make up ${(100 * value).toFixed(0)} %.`;
}

function showRecord(): void {
  const { vocabularySize, embeddingSize, hiddenSize, numParameters, heldOutBitsPerCharacter } = record;
  element("about-model").textContent =
    `This model: ${vocabularySize} characters, each an embedding of ${embeddingSize} numbers, one GRU layer with a state ` +
    `of ${hiddenSize}, one dense layer; ${numParameters.toLocaleString("en")} weights. It has read one book, and on the ` +
    `parts of it that were held back it is surprised by ${heldOutBitsPerCharacter.toFixed(2)} bits per character.`;
}

function sayProgress({ loaded, total }: LoadProgress): void {
  // In tenths: a screen reader speaks every change.
  if (total !== null) say(`Loading the model: ${10 * Math.floor((10 * loaded) / total)} %.`);
}

function say(words: string): void {
  const status = element("status");
  if (status.textContent !== words) status.textContent = words;
}

textarea.addEventListener("input", () => {
  if (writing) stopWriting(); // the user has the pen
  void read();
});
continueButton.addEventListener("click", () => void toggleWriting());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stopWriting();
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  event.preventDefault();
  if (!event.repeat) void toggleWriting();
});

showWriting(false);
showRecord();
await use(deviceOfAddress());
