import { GruError, type GruErrorCode } from "../index.js";

/** An error in a message: a GruError in parts, since a copy loses its class and its code; other errors unchanged. */
export type SentError =
  | { readonly code: GruErrorCode; readonly message: string; readonly cause: unknown }
  | { readonly thrown: unknown };

/** An error in the form to send. */
export function toSend(error: unknown): SentError {
  return error instanceof GruError
    ? { code: error.code, message: error.message, cause: error.cause }
    : { thrown: error };
}

/** The message of an error, for one that cannot be sent itself. A GruError keeps its code, and loses its cause. */
export function plain(error: unknown): Error {
  return error instanceof GruError ? new GruError(error.code, error.message) : new Error(String(error));
}

/** The error from a message. */
export function received(error: SentError): unknown {
  if ("thrown" in error) return error.thrown;
  const { code, message, cause } = error;
  return new GruError(code, message, cause === undefined ? {} : { cause });
}
