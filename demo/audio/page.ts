// The page around an AudioWorklet that runs a GRU. With `?offline=SECONDS` it renders so much sound as fast as it can, and
// tells what came of it; that needs no loudspeaker.

import { gainNetwork } from "./network.js";
import type { Counts } from "./processor.js";
// oxlint-disable-next-line import/default -- it is not the module but its address
import processorUrl from "./processor.ts?worker&url";

const SAMPLE_RATE = 48_000;
const SHOW_MS = 500;

const told = document.querySelector<HTMLOutputElement>("#told")!;
const start = document.querySelector<HTMLButtonElement>("#start")!;
const offlineSeconds = Number(new URLSearchParams(location.search).get("offline"));

if (offlineSeconds > 0) void tellOffline(offlineSeconds);
start.addEventListener("click", () => void play());

async function play(): Promise<void> {
  start.disabled = true;
  const context = new AudioContext({ sampleRate: SAMPLE_RATE });
  const worklet = await connect(context);
  setInterval(() => void ask(worklet).then(show), SHOW_MS);
}

async function tellOffline(seconds: number): Promise<void> {
  const context = new OfflineAudioContext(1, seconds * SAMPLE_RATE, SAMPLE_RATE);
  const worklet = await connect(context);
  await context.startRendering();
  show(await ask(worklet));
}

/** An oscillator through the GRU; resolves when the model is there. */
async function connect(context: BaseAudioContext): Promise<AudioWorkletNode> {
  await context.audioWorklet.addModule(processorUrl);
  const worklet = new AudioWorkletNode(context, "gain", { processorOptions: { network: gainNetwork() } });
  const oscillator = new OscillatorNode(context, { frequency: 220 });
  oscillator.connect(worklet).connect(context.destination);
  await nextMessage(worklet);
  oscillator.start();
  return worklet;
}

function ask(worklet: AudioWorkletNode): Promise<Counts> {
  const answer = nextMessage(worklet);
  worklet.port.postMessage(null, []);
  return answer;
}

function nextMessage({ port }: AudioWorkletNode): Promise<Counts> {
  port.start();
  return new Promise((resolve) => {
    port.addEventListener("message", ({ data }) => resolve(data as Counts), { once: true });
  });
}

function show({ deviceName, numBlocks, numMissed, gain }: Counts): void {
  told.textContent = `${deviceName}: ${numBlocks} blocks, ${numMissed} missed, gain ${gain.toFixed(3)}`;
}
