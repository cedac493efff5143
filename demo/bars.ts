import { glyphOf } from "./glyph.js";

const NUM_BARS = 8;

/** The likeliest next characters as bars, the likeliest on top, and one bar for all the others together. */
export class Bars {
  readonly #list: HTMLElement;
  readonly #rows: Row[];

  constructor(list: HTMLElement) {
    this.#list = list;
    this.#rows = Array.from({ length: NUM_BARS + 1 }, () => new Row());
    this.#rows.at(-1)!.element.classList.add("others");
    list.append(...this.#rows.map((row) => row.element));
  }

  /** Says whether the bars are behind the text. */
  set isBusy(isBusy: boolean) {
    this.#list.setAttribute("aria-busy", String(isBusy));
  }

  /**
   * @param probabilities [V]
   * @param characters [V], what each index stands for
   */
  show(probabilities: ArrayLike<number>, characters: readonly string[]): void {
    const ranked = Array.from(probabilities, (share, index) => ({ share, index })).sort((a, b) => b.share - a.share);
    const top = ranked.slice(0, NUM_BARS);
    const others = ranked.slice(NUM_BARS);
    top.forEach(({ share, index }, rank) => {
      const { sign, name } = glyphOf(characters[index]!);
      this.#rows[rank]!.show(sign, name ?? "", share);
    });
    const rest = others.reduce((sum, { share }) => sum + share, 0);
    this.#rows.at(-1)!.show("", `${others.length} others`, rest);
  }
}

class Row {
  readonly element = document.createElement("li");
  readonly #sign = part("sign");
  readonly #name = part("name");
  readonly #bar = part("bar");
  readonly #share = part("share");

  constructor() {
    const label = part("label", this.#name, this.#sign);
    this.element.append(label, part("track", this.#bar), this.#share);
  }

  show(sign: string, name: string, share: number): void {
    this.#sign.textContent = sign;
    this.#name.textContent = name;
    this.#bar.style.width = `${100 * share}%`;
    this.#share.textContent = percent(share);
  }
}

function part(name: string, ...children: readonly Node[]): HTMLElement {
  const element = document.createElement("span");
  element.className = name;
  element.append(...children);
  return element;
}

function percent(share: number): string {
  const value = 100 * share;
  if (value >= 9.95) return `${value.toFixed(0)} %`;
  return value < 0.05 ? "< 0.1 %" : `${value.toFixed(1)} %`;
}
