/** The part of a stream that a pipe needs. */
export interface PipedStream {
  push(input: ArrayLike<number>): Promise<Float32Array>;
  dispose(): void;
}

/**
 * Two ends of a pipe through a stream: each chunk that is written is pushed, and its main output can be read. The stream is
 * disposed when either end closes, fails or is cancelled.
 *
 * Not a TransformStream: it would have to know when its readable end is cancelled, and `transformer.cancel` is newer than some
 * browsers with WebGPU.
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
      // Not the sink's `abort`: it is called after the current write, which may wait for a reader.
      controller.signal.addEventListener("abort", () => {
        fail(controller.signal.reason);
        onDemand();
      });
    },
    async write(input) {
      await demand; // back-pressure: nothing is pushed before a reader wants it
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
