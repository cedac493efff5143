/**
 * Records dispatches into one compute pass, and submits whenever about a submit's worth of work has been recorded, so
 * that none holds the GPU for long.
 */
export class Recorder {
  readonly #device: GPUDevice;
  readonly #flopPerSubmit: number;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #flop = 0;

  constructor(device: GPUDevice, flopPerSubmit: number) {
    this.#device = device;
    this.#flopPerSubmit = flopPerSubmit;
  }

  /** The pass to record a dispatch of `flop` multiplications and additions into. */
  passFor(flop: number): GPUComputePassEncoder {
    if (this.#flop > 0 && this.#flop + flop > this.#flopPerSubmit) this.submit();
    this.#flop += flop;
    this.#pass ??= this.#openEncoder().beginComputePass({ label: "webgru.chunk" });
    return this.#pass;
  }

  /** The encoder to record copies into, after the pass so far. */
  encoderForCopies(): GPUCommandEncoder {
    this.#pass?.end();
    this.#pass = null;
    return this.#openEncoder();
  }

  submit(): void {
    this.#device.queue.submit([this.encoderForCopies().finish()]);
    this.#encoder = null;
    this.#flop = 0;
  }

  #openEncoder(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder({ label: "webgru.chunk" });
    return this.#encoder;
  }
}
