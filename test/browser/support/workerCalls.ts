// Workers as a page has them, for the test page.

/** Workers that the page started and ended since the recording began. */
export interface WorkerCalls {
  numStarted: number;
  numTerminated: number;
}

/** Counts the workers that start from now on, and those of them that are terminated: earlier ones may still be at it. */
export function recordWorkers(): WorkerCalls {
  const calls: WorkerCalls = { numStarted: 0, numTerminated: 0 };
  globalThis.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      calls.numStarted++;
    }
    override terminate(): void {
      calls.numTerminated++;
      super.terminate();
    }
  };
  return calls;
}

let shared: Worker | undefined;

/** A worker that serves models, the same one at every call: to start one takes longer than most models live. */
export function sharedWorker(): Worker {
  const host = `${location.origin}/src/entries/workerHost.ts`;
  return (shared ??= new Worker(host, { type: "module" }));
}

/** A worker of the page's own: it serves models, fails when it is told "fail" and loses its GPU when it is told "lose". */
export function ownWorker(): Worker {
  const source = `
    import "${location.origin}/src/entries/workerHost.ts";
    const { requestDevice } = GPUAdapter.prototype;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      const device = await requestDevice.call(this, descriptor);
      addEventListener("message", ({ data }) => data === "lose" && device.destroy());
      return device;
    };
    addEventListener("message", ({ data }) => {
      if (data === "fail") throw new Error("as it was told");
    });`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  return new Worker(address, { type: "module" });
}

/** How a call ends: an error's class, code and message. */
export async function endOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "no error";
  } catch (error) {
    const { name, code, message } = error as { name?: string; code?: unknown; message?: string };
    return name === "GruError" ? `${String(code)}: ${message}` : String(error);
  }
}
