/** A message, and a function to call if it cannot be sent. */
interface Letter<Message> {
  readonly message: Message;
  readonly transfer: readonly ArrayBuffer[];
  readonly refuse: (error: unknown) => void;
}

/**
 * Sends the messages of one task as one array. So pushes to many streams arrive together, and share a tick as they would
 * without a worker.
 */
export class Outbox<Message> {
  readonly #port: MessagePort;
  #letters: Letter<Message>[] = [];

  constructor(port: MessagePort) {
    this.#port = port;
  }

  /**
   * @param transfer buffers to transfer instead of copying
   * @param refuse called if the message cannot be sent, since it holds a function, for example
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
