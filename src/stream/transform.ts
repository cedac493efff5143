/** A stream to pipe through, and what frees it. */
export interface PipedStream {
  push(input: ArrayLike<number>): Promise<Float32Array>;
  dispose(): void;
}

/**
 * Two ends of a pipe through a stream: what is written is pushed, its main output can be read. The stream is disposed
 * when either end closes, fails or is given up.
 *
 * A TransformStream would do, but for its being told when its readable end is cancelled: `transformer.cancel` is newer
 * than the browsers that have WebGPU.
 */
export function transformOf(stream: PipedStream): ReadableWritablePair<Float32Array, ArrayLike<number>> {
  let output!: ReadableStreamDefaultController<Float32Array>;
  let onDemand!: () => void;
  let demand!: Promise<void>;
  const readable = new ReadableStream<Float32Array>(
    {
      start: (controller) => {
        output = controller;
        demand = new Promise((resolve) => (onDemand = resolve));
      },
      pull: () => onDemand(),
      cancel: () => {
        onDemand();
        stream.dispose();
      },
    },
    { highWaterMark: 0 },
  );
  const fail = (reason: unknown) => {
    stream.dispose();
    output.error(reason);
  };
  const writable = new WritableStream<ArrayLike<number>>({
    start(controller) {
      // `abort` is called when the write under way has ended, and that one may wait for a reader.
      controller.signal.addEventListener("abort", () => {
        fail(controller.signal.reason);
        onDemand();
      });
    },
    async write(input) {
      await demand; // back-pressure: nothing is pushed that nobody reads
      demand = new Promise((resolve) => (onDemand = resolve));
      try {
        output.enqueue(await stream.push(input));
      } catch (error) {
        fail(error);
        throw error;
      }
    },
    close() {
      stream.dispose();
      output.close();
    },
  });
  return { readable, writable };
}
