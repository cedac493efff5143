/** Longest text that a message quotes in full, in characters. */
const MAX_QUOTED = 60;

/**
 * A value for a message, with its kind: `the string "0.1"`, `a BigInt`, `an array of 3`, `a detached buffer`.
 *
 * It never throws, even where reading the value throws. It costs no more for a long value.
 */
export function describeValue(value: unknown): string {
  try {
    return describe(value);
  } catch {
    return "an object that cannot be read"; // a revoked proxy, a getter that throws
  }
}

/** As `describeValue`, for a message that expects a number: a number has no kind before it, `0.5`. */
export function describeNumber(value: unknown): string {
  return typeof value === "number" ? String(value) : describeValue(value);
}

/** A text in quotes, shortened if it is long, with escapes for characters that cannot be seen. */
export function quoteText(text: string): string {
  const short = JSON.stringify(text.slice(0, MAX_QUOTED)).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escape);
  return text.length <= MAX_QUOTED ? short : `${short}... (${text.length} characters)`;
}

function escape(character: string): string {
  return `\\u{${character.codePointAt(0)!.toString(16)}}`;
}

function describe(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the string ${quoteText(value)}`;
    case "number":
      return Number.isFinite(value) ? `the number ${value}` : String(value);
    case "bigint":
      return "a BigInt"; // not its digits: there may be a million
    case "symbol":
      return "a Symbol";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : describeObject(value);
    default:
      return String(value); // undefined, true, false
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const isView = ArrayBuffer.isView(value);
  const isDetached = isDetachedBuffer(isView ? value.buffer : value);
  if (isDetached && !isView) return "a detached buffer";
  const kind = kindOf(value);
  if (isView) return `${kind}${isDetached ? " of a detached buffer" : "length" in value ? ` of ${value.length}` : ""}`;
  return value instanceof ArrayBuffer ? `${kind} of ${value.byteLength} bytes` : kind;
}

/** The platform's name for an object's class: `a Map`, `an ArrayBuffer`, `an object`. */
function kindOf(value: object): string {
  const name = Object.prototype.toString.call(value).slice(8, -1);
  if (!/^\w{1,40}$/.test(name) || name === "Object") return "an object";
  return /^[AEIO]/.test(name) ? `an ${name}` : `a ${name}`;
}

/** Does without `ArrayBuffer.detached`, which some browsers with WebGPU do not have. */
function isDetachedBuffer(buffer: object): boolean {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength > 0) return false;
  try {
    return new Uint8Array(buffer).length > 0;
  } catch {
    return true;
  }
}
