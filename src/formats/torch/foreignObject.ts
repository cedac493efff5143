/**
 * Stands for an object, or a class, that a pickle names and the reader does not know. Nothing of the class is looked up or called,
 * and messages show no more of it than its path.
 */
export class ForeignObject {
  /** `module.name` of its class. */
  readonly path: string;
  #attributes: ReadonlyMap<unknown, unknown> = new Map();
  #state: unknown;

  constructor(path: string) {
    this.path = path;
  }

  /** The object's `__dict__`; empty without one. A private field, which `quote` leaves out. */
  get attributes(): ReadonlyMap<unknown, unknown> {
    return this.#attributes;
  }

  set attributes(attributes: ReadonlyMap<unknown, unknown>) {
    this.#attributes = attributes;
  }

  /** What it was made of, where that is no `__dict__`; undefined without it. */
  get state(): unknown {
    return this.#state;
  }

  set state(state: unknown) {
    this.#state = state;
  }

  /** Whether it is an nn.Module. */
  get isModule(): boolean {
    return this.#attributes.get("_modules") instanceof Map;
  }
}
