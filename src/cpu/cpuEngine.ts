import type { Engine, Session } from "../engine/engine.js";
import type { Network } from "../model/network.js";
import { CpuSession } from "./cpuSession.js";
import type { FastCpu } from "./fastCpu.js";
import { Pace } from "./pace.js";
import { Runner } from "./runner.js";

/** Runs a network on the CPU: in WebAssembly, or in plain JavaScript where WebAssembly was refused. */
export class CpuEngine implements Engine {
  readonly device = "cpu";
  readonly isImmediate = true;
  readonly deviceName: string;
  readonly reason: string;
  readonly #network: Network;
  /** Makes the runner, with its own copy of the weights. */
  readonly #createRunner: () => Runner;
  /** Shared by all sessions: its runs do not overlap, and none reads the results of another. */
  #runner: Runner | null;
  readonly #pace = new Pace();
  readonly #form: string;

  /**
   * @param reason why the CPU was chosen
   * @param fast the WebAssembly form, or the reason why there is none
   * @param runner of that form, if it was made already
   */
  constructor(network: Network, reason: string, fast: FastCpu | string, runner?: Runner) {
    this.#network = network;
    this.reason = reason;
    this.#runner = runner ?? null;
    if (typeof fast === "string") {
      this.deviceName = "CPU, plain JavaScript";
      this.#createRunner = () => new Runner(network, null);
      this.#form = `one loop over layers, steps and rows, in float32; plain JavaScript, because ${fast}`;
    } else {
      this.deviceName = `CPU, ${fast.name}`;
      this.#createRunner = () => fast.createRunner(network);
      this.#form = "one call for each layer, of the WebAssembly module where it has the layer's type, in float32";
    }
  }

  /** The first session makes the runner: while a file loads, memory is at its peak. */
  createSession(numSlots: number): Session {
    this.#runner ??= this.#createRunner();
    return new CpuSession(this.#network, this.#runner, this.#pace, numSlots);
  }

  describe(): string {
    return this.#form;
  }

  describeChoices(): string[] {
    this.#runner ??= this.#createRunner();
    const { skipped } = this.#runner;
    const hasInt8 = this.#network.layers.some(({ storage }) => storage === "int8");
    return [
      ...(hasInt8
        ? ["int8 weights: as float32, in four times the memory; no engine multiplies int8 by float32 as fast"]
        : []),
      ...(skipped.length > 0
        ? [`weights skipped, in blocks of zeros, 8 rows by 4 columns: ${skipped.join(", ")}`]
        : []),
    ];
  }

  dispose(): void {}
}
