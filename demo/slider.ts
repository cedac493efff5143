import { element } from "./element.js";

/** A number that the user sets, with its value and what it means beside it. */
export class Slider {
  readonly #input: HTMLInputElement;
  readonly #wordsFor: (value: number) => string;

  /**
   * @param id of the input, which is in a box with its output and its note
   * @param wordsFor says in words what a value does
   * @param onSet hears that the user has chosen, not of each value on the way
   */
  constructor(id: string, wordsFor: (value: number) => string, onSet: () => void) {
    this.#input = element(id);
    this.#wordsFor = wordsFor;
    this.#input.addEventListener("input", () => this.#show());
    this.#input.addEventListener("change", onSet);
    this.#show();
  }

  get value(): number {
    return this.#input.valueAsNumber;
  }

  #show(): void {
    const value = this.value.toFixed(2);
    const words = this.#wordsFor(this.value);
    const box = this.#input.closest(".slider")!;
    box.querySelector("output")!.textContent = value;
    box.querySelector(".note")!.textContent = words;
    this.#input.setAttribute("aria-valuetext", `${value}: ${words}`);
  }
}
