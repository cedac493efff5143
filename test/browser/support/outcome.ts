// How calls end, for the test page.

/** The result of a call, numbers as text, or the code of the error that it was refused with. */
export async function outcomeOf(call: Promise<unknown>): Promise<string> {
  try {
    const result = await call;
    return result instanceof Float32Array || result instanceof Uint8Array ? result.join() : "done";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}

/** Waits some turns of the microtask queue, then milliseconds. */
export async function pause([numTurns, delayMs]: Moment): Promise<void> {
  for (let turn = 0; turn < numTurns; turn++) await Promise.resolve();
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
}

/** Turns of the microtask queue, and milliseconds after them. */
export type Moment = readonly [numTurns: number, delayMs: number];

/** From before a push is submitted to after its result is there. */
export const MOMENTS: readonly Moment[] = [
  [0, 0],
  [1, 0],
  [2, 0],
  [4, 0],
  [8, 0],
  [0, 1],
  [0, 3],
  [0, 8],
];

/** GPU errors of a device that nobody catches, from now on; without this they fail the test of the page. */
export function collectErrors(device: GPUDevice): string[] {
  const errors: string[] = [];
  device.addEventListener("uncapturederror", (event) => {
    event.preventDefault();
    errors.push(event.error.message);
  });
  return errors;
}
