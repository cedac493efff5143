import type { GruModel } from "webgru";
import { element } from "./element.js";
import type { Latency } from "./latency.js";
import type { ReadCharacter } from "./predictor.js";

const CHOICES = ["auto", "webgpu", "cpu"] as const;

/** Where the model may run. */
export type DeviceChoice = (typeof CHOICES)[number];

/** The choice of a device, its name, and how fast it answers. */
export class DevicePanel {
  readonly #radios = [...document.querySelectorAll<HTMLInputElement>("input[name=device]")];

  /** @param onChoose hears of a choice that the user makes */
  constructor(onChoose: (choice: DeviceChoice) => void) {
    for (const radio of this.#radios) radio.addEventListener("change", () => onChoose(radio.value as DeviceChoice));
  }

  set choice(choice: DeviceChoice) {
    for (const radio of this.#radios) radio.checked = radio.value === choice;
  }

  /** Names the device of `model` and why it was chosen. */
  showModel(model: GruModel): void {
    const { device, deviceName, deviceReason } = model;
    element("badge").textContent = device === "webgpu" ? `WebGPU, ${deviceName}` : deviceName;
    element("badge").dataset.device = device;
    element("reason").textContent = sentence(deviceReason);
    element("explanation").textContent = model.explain();
    const { length } = model.vocabulary!;
    element("uniform").textContent =
      `Blind guessing among ${length} characters would make ${Math.log2(length).toFixed(1)}.`;
  }

  showLatency(latency: Latency): void {
    element("p50").textContent = milliseconds(latency.percentile(0.5));
    element("p95").textContent = milliseconds(latency.percentile(0.95));
    element("count").textContent = latency.count.toLocaleString("en");
  }

  showSurprise(characters: readonly ReadCharacter[]): void {
    const bits = characters.reduce((sum, character) => sum + character.bits, 0);
    element("surprise").textContent = characters.length === 0 ? "–" : `${(bits / characters.length).toFixed(2)} bits`;
  }
}

/** The device that the page's address asks for: `?device=webgpu`. */
export function deviceOfAddress(): DeviceChoice {
  const asked = new URLSearchParams(location.search).get("device");
  return CHOICES.find((choice) => choice === asked) ?? "auto";
}

/** Words as a sentence. */
export function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

/** A time for a person. */
export function milliseconds(timeMs: number | null): string {
  if (timeMs === null) return "–";
  return `${timeMs.toFixed(timeMs < 9.95 ? 1 : 0)} ms`;
}
