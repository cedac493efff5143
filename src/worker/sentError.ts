import { GruError, type GruErrorCode } from "../index.js";

/** An error as it crosses: a GruError in parts, for a copy of one has neither its class nor its code; others as they are. */
export type SentError =
  | { readonly code: GruErrorCode; readonly message: string; readonly cause: unknown }
  | { readonly thrown: unknown };

/** An error as it can be sent. */
export function toSend(error: unknown): SentError {
  return error instanceof GruError
    ? { code: error.code, message: error.message, cause: error.cause }
    : { thrown: error };
}

/** An error that can be sent whatever it was made of: a GruError stays one, without its cause. */
export function plain(error: unknown): Error {
  return error instanceof GruError ? new GruError(error.code, error.message) : new Error(String(error));
}

/** The error that was sent. */
export function received(error: SentError): unknown {
  if ("thrown" in error) return error.thrown;
  const { code, message, cause } = error;
  return new GruError(code, message, cause === undefined ? {} : { cause });
}
