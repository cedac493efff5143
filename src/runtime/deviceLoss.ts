import { GruError } from "../errors.js";

/**
 * Whether a device is lost, and the one error that says so.
 *
 * A call that is under way when a device is lost fails by another name: an OperationError, an AbortError, a pipeline that
 * does not compile, no compilation messages; or it gives an answer without meaning. So every answer of a device is awaited
 * through `told`.
 */
export class DeviceLoss {
  readonly #device: GPUDevice;
  readonly #told: Promise<void>;
  #message: string | null = null;

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#told = device.lost.then(({ reason, message }) => this.note(`${reason}: ${message}`));
  }

  /** Takes the device for lost from now on. */
  note(message: string): void {
    this.#message ??= message;
  }

  /** @throws GruError `device-lost` once the device is gone */
  check(cause?: unknown): void {
    if (this.#message !== null) throw this.error(cause);
  }

  /** Takes the device for lost from now on, because of `cause`. */
  error(cause: unknown): GruError {
    if (cause instanceof GruError) return cause;
    this.note(`the GPU dropped its work (${String(cause)})`);
    const message = `GPU device: expected to be there, got "${this.#message}"; load the model again`;
    return new GruError("device-lost", message, { cause });
  }

  /**
   * Awaits an answer of the device.
   *
   * @throws GruError `device-lost` where the device is gone by then, whatever became of `answer`
   */
  async told<T>(answer: Promise<T>): Promise<T> {
    let value: T;
    try {
      value = await answer;
    } catch (cause) {
      await this.#ask(cause);
      throw cause;
    }
    this.check();
    return value;
  }

  /** Chromium (156) fails what was under way before it tells of the loss: a device that answers once more is there. */
  async #ask(cause: unknown): Promise<void> {
    this.#device.pushErrorScope("validation");
    const answer = this.#device.popErrorScope().catch(() => {
      throw this.error(cause);
    });
    await Promise.race([this.#told, answer]);
    this.check(cause);
  }
}
