// Runs in an AudioWorklet, where nothing may be fetched on the way: webgru/cpu registers itself beforehand.

import { createModel, type GruStream, type Network } from "webgru";
// oxlint-disable-next-line import/no-unassigned-import -- it registers itself
import "webgru/cpu";

/** Sound of a block of 128 samples, at 48 kHz. */
const BLOCK_MS = 128 / 48;

/** The processor's answer, each time the page asks. */
export interface Counts {
  readonly deviceName: string;
  readonly numBlocks: number;
  /** Blocks whose gain was not there when the next one came, or took longer than their sound does. */
  readonly numMissed: number;
  /** The last gain. */
  readonly gain: number;
}

/** The part of the worklet's world that TypeScript's DOM library lacks. */
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: typeof AudioWorkletProcessor): void;

class GainProcessor extends AudioWorkletProcessor {
  #stream: GruStream | null = null;
  #deviceName = "";
  #numBlocks = 0;
  #numMissed = 0;
  #gain = 1;
  /** Pushes whose results are not there yet. */
  #numWaiting = 0;

  constructor({ processorOptions }: { processorOptions: { network: Network } }) {
    super();
    this.port.addEventListener("message", () => this.port.postMessage(this.#counts(), []));
    this.port.start();
    void this.#load(processorOptions.network);
  }

  process([input]: Float32Array[][], [output]: Float32Array[][]): boolean {
    const samples = input?.[0];
    const target = output?.[0];
    if (samples === undefined || target === undefined || this.#stream === null) return true;
    this.#numBlocks++;
    if (this.#numWaiting > 0) this.#numMissed++;
    for (let i = 0; i < target.length; i++) target[i] = this.#gain * samples[i]!;
    void this.#push(this.#stream, samples);
    return true;
  }

  async #load(network: Network): Promise<void> {
    const model = await createModel(network, { device: "cpu" });
    this.#deviceName = model.deviceName;
    this.#stream = model.createStream();
    this.port.postMessage(this.#counts(), []);
  }

  async #push(stream: GruStream, samples: Float32Array): Promise<void> {
    this.#numWaiting++;
    const startMs = Date.now(); // an AudioWorklet has no finer clock
    const [gain] = await stream.push(samples);
    this.#gain = gain!;
    this.#numWaiting--;
    if (Date.now() - startMs > BLOCK_MS) this.#numMissed++;
  }

  #counts(): Counts {
    return {
      deviceName: this.#deviceName,
      numBlocks: this.#numBlocks,
      numMissed: this.#numMissed,
      gain: this.#gain,
    };
  }
}

registerProcessor("gain", GainProcessor as unknown as typeof AudioWorkletProcessor);
