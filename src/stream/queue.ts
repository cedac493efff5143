interface Link<T> {
  readonly item: T;
  next: Link<T> | null;
}

/** First in, first out. Removing an item takes constant time; `Array.shift` takes longer for a long array. */
export class Queue<T> {
  #first: Link<T> | null = null;
  #last: Link<T> | null = null;

  get first(): T | undefined {
    return this.#first?.item;
  }

  push(item: T): void {
    const link = { item, next: null };
    if (this.#last === null) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
  }

  /** Removes and returns the first item, or the first one that `matches` accepts; undefined where there is none. */
  shift(matches?: (item: T) => boolean): T | undefined {
    let before: Link<T> | null = null;
    let link = this.#first;
    while (link !== null && matches?.(link.item) === false) {
      before = link;
      link = link.next;
    }
    if (link === null) return undefined;
    if (before === null) this.#first = link.next;
    else before.next = link.next;
    if (link.next === null) this.#last = before;
    return link.item;
  }
}
