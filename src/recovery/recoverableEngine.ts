import type { DeviceChange, Engine, MortalEngine } from "../engine/engine.js";
import type { Recovery } from "../engine/registry.js";
import { GruError } from "../errors.js";
import type { Network } from "../model/network.js";
import { type RecoverableHost, RecoverableSession } from "./recoverableSession.js";

/** The devices that an engine may take. */
export interface Devices {
  /**
   * Asks for a GPU.
   *
   * @param former the engine that was lost, to take its kernels where the device is alike; null at first
   * @throws GruError `no-adapter`, `device-lost`, and what the network meets there
   */
  openGpu(former: MortalEngine | null): Promise<MortalEngine>;
  /** @param reason why the CPU is taken, for a person */
  openCpu(reason: string): Promise<Engine>;
}

/** Waits between requests for a GPU before the CPU takes over: Chromium (156) has one again 20 to 300 ms after a crash. */
const SHORT_WAITS_MS = [0, 20, 40, 80, 160, 320];
/** Waits after that, the last one again and again: Chromium refuses for 120 s after a second crash within two minutes. */
const LONG_WAITS_MS = [500, 1000, 2000, 4000, 8000];
/** Without a CPU path calls wait so long for a GPU. */
const LAST_WAIT_MS = 150_000;
/** Losses in a row, with calls under way and no result between, after which the CPU takes over: the calls may be the cause. */
const MAX_FUTILE = 4;

/**
 * A GPU that may go away. Its sessions then go on on the next one, or meanwhile on the CPU, from checkpoints; the GPU is
 * taken back when the browser gives one again.
 */
export class RecoverableEngine implements Engine, RecoverableHost {
  readonly isImmediate = false;
  readonly inputSize: number;
  readonly #devices: Devices;
  readonly #recovery: Recovery;
  readonly #reason: string;
  readonly #sessions = new Set<RecoverableSession>();
  /** In use; while there is none, the one before. */
  #engine: Engine;
  /** The GPU in use, or the one before. */
  #gpu: MortalEngine;
  /** Counts the changes of the device: what was begun before the last one is of no use. */
  #turn = 0;
  #isDown = false;
  #numLosses = 0;
  #numFutile = 0;
  #hasProgress = true;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isStalled = false;
  /** For `reason`: what became of the device. */
  #note = "";
  /** Why there was no GPU when one was asked for. */
  #refusal = "";
  #failure: unknown = null;
  #tell: (change: DeviceChange) => void = () => {};
  #isDisposed = false;

  /** @param gpu that the engine begins with */
  constructor(network: Network, gpu: MortalEngine, devices: Devices, recovery: Recovery) {
    this.inputSize = network.inputSize;
    this.#devices = devices;
    this.#recovery = recovery;
    this.#reason = gpu.reason;
    this.#engine = gpu;
    this.#gpu = gpu;
    this.#watch(gpu);
  }

  get device(): "webgpu" | "cpu" {
    return this.#engine.device;
  }

  get deviceName(): string {
    return this.#engine.deviceName;
  }

  get reason(): string {
    return this.#note === "" ? this.#reason : `${this.#reason}; ${this.#note}`;
  }

  get isOnCpu(): boolean {
    return this.#engine.device === "cpu";
  }

  createSession(numSlots: number, sequenceLength: number): RecoverableSession {
    if (this.#failure !== null) throw this.#failure;
    const session = new RecoverableSession(this, numSlots, sequenceLength);
    try {
      if (!this.#isDown) session.begin(this.#engine);
    } catch (error) {
      // A device that is lost without our knowing yet: the session begins on the next one.
      if (!(error instanceof GruError) || error.code !== "device-lost") throw error;
    }
    this.#sessions.add(session);
    return session;
  }

  describe(batchSize: number, sequenceLength: number): string {
    return this.#engine.describe(batchSize, sequenceLength);
  }

  describeChoices(): string[] {
    return this.#engine.describeChoices();
  }

  onChange(tell: (change: DeviceChange) => void): void {
    this.#tell = tell;
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#turn++;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#engine.dispose();
  }

  progress(): void {
    this.#hasProgress = true;
  }

  giveUp(error: unknown): void {
    if (this.#engine === this.#gpu && !this.#isDown) void this.#lose(String(error), true);
    else this.#fail(error);
  }

  resume(session: RecoverableSession): void {
    if (!this.#isDown) void session.resume(this.#engine);
  }

  remove(session: RecoverableSession): void {
    this.#sessions.delete(session);
  }

  #watch(gpu: MortalEngine): void {
    void gpu.loss.gone.then(({ message }) => {
      if (this.#engine === gpu && !this.#isDown) void this.#lose(message, false);
    });
    gpu.loss.onWait = () => {
      if (this.#timer === null) this.#watchAnswers(gpu);
    };
  }

  /** Goes on on the next GPU, or on the CPU where `isUnfit`, or where there is no GPU soon. */
  async #lose(why: string, isUnfit: boolean): Promise<void> {
    if (this.#isDisposed) return;
    const turn = this.#letGo();
    this.#numLosses++;
    this.#numFutile = this.#hasProgress ? 0 : this.#numFutile + 1;
    this.#hasProgress = this.#sessions.size === 0;
    this.#note = `lost (${why}), a GPU is being asked for`;
    this.#tell({ change: "lost", reason: why });
    this.#gpu.dispose();
    const isBarred = isUnfit || this.#numFutile >= MAX_FUTILE;
    const gpu = isBarred ? null : await this.#askForGpu(turn, SHORT_WAITS_MS, false);
    if (turn !== this.#turn) return gpu?.dispose();
    if (gpu !== null) return this.#useGpu(gpu);
    await this.#fallBack(turn, isBarred ? `the GPU is lost again and again (${why})` : this.#refusal);
  }

  /** Goes on on the CPU until there is a GPU. */
  async #fallBack(turn: number, why: string): Promise<void> {
    try {
      const cpu = await this.#devices.openCpu(why);
      if (turn !== this.#turn) return cpu.dispose();
      this.#use(cpu);
      this.#note = `meanwhile on the CPU: ${why}`;
      this.#tell({ change: "fallback", reason: why });
    } catch (error) {
      this.#note = `${why}; no CPU path (${String(error)})`;
      setTimeout(() => turn === this.#turn && this.#fail(error), LAST_WAIT_MS);
    }
    const current = this.#turn;
    const gpu = await this.#askForGpu(current, LONG_WAITS_MS, true);
    if (gpu === null) return;
    if (current !== this.#turn) return gpu.dispose();
    const former = this.#isDown ? null : this.#engine;
    this.#letGo();
    former?.dispose();
    this.#useGpu(gpu);
  }

  /** Asks for a GPU after each of these waits, and then after the last one again and again if `isEndless`. */
  async #askForGpu(turn: number, waitsMs: readonly number[], isEndless: boolean): Promise<MortalEngine | null> {
    for (let i = 0; i < (isEndless ? Infinity : waitsMs.length); i++) {
      // At random by a half: the tabs of a browser lose their GPU together.
      await rest(waitsMs[Math.min(i, waitsMs.length - 1)]! * (1 + Math.random() / 2));
      if (turn !== this.#turn) return null;
      try {
        return await this.#open();
      } catch (error) {
        this.#refusal = error instanceof Error ? error.message : String(error);
      }
    }
    return null;
  }

  /** @throws GruError, `stalled` where the browser gives no answer within the deadline */
  async #open(): Promise<MortalEngine> {
    const opening = this.#devices.openGpu(this.#gpu);
    const { deadlineMs } = this.#recovery;
    const late = rest(deadlineMs).then(() => null);
    const gpu = await Promise.race([opening, late]);
    if (gpu !== null) return gpu;
    opening.then(
      (unwanted) => unwanted.dispose(),
      () => {},
    );
    throw new GruError("no-adapter", `GPU: expected an answer within ${deadlineMs} ms, got none`);
  }

  #letGo(): number {
    this.#isDown = true;
    this.#isStalled = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const session of this.#sessions) session.suspend();
    return ++this.#turn;
  }

  #useGpu(gpu: MortalEngine): void {
    this.#gpu = gpu;
    this.#note = `restored after ${this.#numLosses === 1 ? "a loss" : `${this.#numLosses} losses`}`;
    this.#watch(gpu);
    this.#use(gpu);
    this.#tell({ change: "restored", reason: this.#note });
  }

  #use(engine: Engine): void {
    this.#engine = engine;
    this.#isDown = false;
    for (const session of this.#sessions) void session.resume(engine);
  }

  #fail(error: unknown): void {
    this.#turn++;
    this.#failure = error;
    for (const session of this.#sessions) session.fail(error);
  }

  /** Looks from time to time whether a GPU gives its answers, as long as some are awaited. */
  #watchAnswers(gpu: MortalEngine): void {
    const { deadlineMs, onStall } = this.#recovery;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const silentMs = gpu.loss.silentMs();
      if (silentMs > deadlineMs && !this.#isStalled) {
        this.#isStalled = true;
        const reason = `the GPU has given no answer for ${Math.round(silentMs)} ms`;
        this.#tell({ change: "stalled", reason });
        if (onStall === "cpu") return void this.#leave(gpu, reason);
      } else if (silentMs <= deadlineMs && this.#isStalled) {
        this.#isStalled = false;
        this.#tell({ change: "resumed", reason: "the GPU answers again" });
      }
      if (silentMs > 0) this.#watchAnswers(gpu);
    }, deadlineMs / 4);
  }

  /** Goes on without a GPU that hangs; what it answers later is ignored. */
  async #leave(gpu: MortalEngine, why: string): Promise<void> {
    const turn = this.#letGo();
    gpu.dispose();
    await this.#fallBack(turn, why);
  }
}

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
