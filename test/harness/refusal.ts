import { expect } from "vitest";
import { GruError, type GruErrorCode } from "../../src/errors.js";

/**
 * Asserts that a call throws, or rejects with, a GruError.
 *
 * @param message all of it, or an expression where a part of it is the JavaScript engine's
 */
export async function expectRefusal(call: () => unknown, code: GruErrorCode, message: string | RegExp): Promise<void> {
  let thrown: unknown = "nothing";
  try {
    await call();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(GruError);
  const refusal = thrown as GruError;
  expect(refusal.code).toBe(code);
  if (typeof message === "string") expect(refusal.message).toBe(message);
  else expect(refusal.message).toMatch(message);
}
