import type { Engine, Session } from "../engine/engine.js";

/** Sessions to keep for later runs: a page that alternates between two batch sizes allocates nothing. */
const MAX_IDLE_SESSIONS = 2;

/** Sessions of finished runs, so that a similar run allocates nothing. */
export class SessionPool {
  readonly #engine: Engine;
  /** By batch size, the one that was kept first in front. */
  readonly #idle = new Map<number, Session>();
  #isDisposed = false;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** @param sequenceLength steps that a new session has room for at first; an idle one grows */
  take(batchSize: number, sequenceLength: number): Session {
    const idle = this.#idle.get(batchSize);
    this.#idle.delete(batchSize);
    return idle ?? this.#engine.createSession(batchSize, sequenceLength);
  }

  keep(batchSize: number, session: Session): void {
    if (this.#isDisposed || this.#idle.has(batchSize)) return session.dispose();
    this.#idle.set(batchSize, session);
    if (this.#idle.size <= MAX_IDLE_SESSIONS) return;
    const [oldest] = this.#idle.keys();
    this.#idle.get(oldest!)!.dispose();
    this.#idle.delete(oldest!);
  }

  /** Frees the idle sessions; those in use are freed when they come back. */
  dispose(): void {
    this.#isDisposed = true;
    for (const session of this.#idle.values()) session.dispose();
    this.#idle.clear();
  }
}
