import type { ReadCharacter, Reading } from "./predictor.js";

/** Bits of surprise at which each level of heat begins; below the first there is none. */
const HEAT_BITS = [1, 2.5, 4, 6, 9];

/** Gives the line after a last line break its height. */
const LINE_HOLDER = "\u200b";

/** The text box, with the surprise of each character as heat behind it. */
export class Editor {
  readonly #textarea: HTMLTextAreaElement;
  /** Behind the text box, with the same text in the same places: it carries the heat and gives the box its height. */
  readonly #heat: HTMLElement;
  /** The box's text beyond `#heated`. */
  readonly #tail = document.createTextNode(LINE_HOLDER);
  /** The text that has its heat. */
  #heated = "";
  #characters: readonly ReadCharacter[] = [];
  #numHeated = 0;

  /** @param textarea is inside a box that scrolls */
  constructor(textarea: HTMLTextAreaElement, heat: HTMLElement) {
    this.#textarea = textarea;
    this.#heat = heat;
    heat.replaceChildren(this.#tail);
    textarea.addEventListener("input", () => this.#fit());
    this.#fit();
  }

  get text(): string {
    return this.#textarea.value;
  }

  /** Writes at the end and keeps the end in sight. */
  append(addition: string): void {
    const end = this.text.length;
    const isCaretAtEnd = this.#textarea.selectionStart === end;
    this.#textarea.setRangeText(addition, end, end, isCaretAtEnd ? "end" : "preserve");
    this.#fit();
    const scroller = this.#heat.closest(".editor")!;
    scroller.scrollTop = scroller.scrollHeight;
  }

  /** Shows the heat of what was read, unless the text has moved on. */
  show({ skipped, characters }: Reading): void {
    if (this.#characters !== characters) {
      this.#cool();
      this.#tail.before(skipped);
      this.#heated = skipped;
      this.#characters = characters;
    }
    const added = characters.slice(this.#numHeated);
    this.#tail.before(...added.map(heatOf));
    this.#heated += added.map(({ character }) => character).join("");
    this.#numHeated = characters.length;
    this.#fit();
  }

  /** Lets the layer behind hold the text of the box, to the letter. */
  #fit(): void {
    if (!this.text.startsWith(this.#heated)) this.#cool();
    const tail = this.text.slice(this.#heated.length) + LINE_HOLDER;
    if (this.#tail.data !== tail) this.#tail.data = tail;
  }

  #cool(): void {
    this.#heat.replaceChildren(this.#tail);
    this.#heated = "";
    this.#characters = [];
    this.#numHeated = 0;
  }
}

function heatOf({ character, bits }: ReadCharacter): Node {
  const level = HEAT_BITS.filter((least) => bits >= least).length;
  if (level === 0) return document.createTextNode(character);
  const element = document.createElement("span");
  element.textContent = character;
  element.dataset.heat = String(level);
  return element;
}
