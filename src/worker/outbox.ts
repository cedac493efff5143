/** A message, and what to do if it cannot be sent. */
interface Letter<Message> {
  readonly message: Message;
  readonly transfer: readonly ArrayBuffer[];
  readonly refuse: (error: unknown) => void;
}

/**
 * Sends what is posted in one task as one array. Pushes to many streams thus arrive together, as they would without a
 * worker, and share a tick.
 */
export class Outbox<Message> {
  readonly #port: MessagePort;
  #letters: Letter<Message>[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /**
   * @param transfer buffers to hand over instead of copying them
   * @param refuse called when the message holds what cannot be sent: a function, say
   */
  post(message: Message, transfer: readonly ArrayBuffer[], refuse: (error: unknown) => void): void {
    this.#letters.push({ message, transfer, refuse });
    if (this.#letters.length === 1) queueMicrotask(() => this.#send(this.#letters.splice(0)));
  }

  #send(letters: readonly Letter<Message>[]): void {
    const messages = letters.map(({ message }) => message);
    const buffers = new Set(letters.flatMap(({ transfer }) => transfer));
    try {
      this.#port.postMessage(messages, [...buffers]);
    } catch (error) {
      if (letters.length === 1) letters[0]!.refuse(error);
      else for (const letter of letters) this.#send([letter]);
    }
  }
}
