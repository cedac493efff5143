/** Kinds of failure. Codes are stable across releases; messages are for people and may change. */
export type GruErrorCode =
  | "bad-file" // the bytes are not what the format promises
  | "bad-input" // an input holds a value that no model can take: NaN, Infinity, an index out of range
  | "unsupported" // a valid model or request that this engine cannot run
  | "shape-mismatch" // a tensor or an input has the wrong shape
  | "limit-exceeded" // the device is too small for the request
  | "no-adapter" // WebGPU was demanded and the browser offers none
  | "device-lost" // the GPU went away while in use
  | "worker-lost" // the model's worker did not start, or died
  | "disposed" // used after dispose()
  | "dropped"; // a push that gave way to a newer one, under `whenFull: "latest"`

/** The only error class this library throws on purpose. An abort rejects with the signal's own reason. */
export class GruError extends Error {
  override readonly name: string = "GruError";
  readonly code: GruErrorCode;

  constructor(code: GruErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
