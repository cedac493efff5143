import type { Engine, Session } from "../engine.js";
import type { Network } from "../model/network.js";
import { CpuSession } from "./cpuSession.js";

/** Runs a network on the CPU, in plain JavaScript. */
export class CpuEngine implements Engine {
  readonly device = "cpu";
  readonly isBatched = false;
  readonly deviceName = "CPU, plain JavaScript";
  readonly reason: string;
  readonly #network: Network;

  /** @param reason why the CPU was chosen */
  constructor(network: Network, reason: string) {
    this.#network = network;
    this.reason = reason;
  }

  createSession(numSlots: number): Session {
    return new CpuSession(this.#network, numSlots);
  }

  describe(): string {
    return "one loop over layers, steps and rows, in float32";
  }

  describeChoices(): string[] {
    return [];
  }

  dispose(): void {}
}
