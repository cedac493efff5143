/** A message that something did not go as asked, with a way to try again where that may help. */
export class Notice {
  readonly #box: HTMLElement;
  readonly #words: HTMLElement;
  readonly #retryButton: HTMLButtonElement;
  #retry: (() => void) | null = null;

  /** @param box holds a paragraph and the buttons `retry` and `dismiss` */
  constructor(box: HTMLElement) {
    this.#box = box;
    this.#words = box.querySelector("p")!;
    this.#retryButton = box.querySelector(".retry")!;
    this.#retryButton.addEventListener("click", () => this.#retry?.());
    box.querySelector(".dismiss")!.addEventListener("click", () => this.clear());
  }

  show(words: string, retry: (() => void) | null = null): void {
    this.#words.textContent = words;
    this.#retry = retry;
    this.#retryButton.hidden = retry === null;
    this.#box.hidden = false;
  }

  clear(): void {
    this.#box.hidden = true;
  }
}
