/** A value that a caller gives by mistake, and its kind as a message must say it. */
export interface OddValue {
  readonly value: unknown;
  readonly kind: RegExp;
}

/** Values that no option takes, or few: new ones for each call, since some can be used once. */
export function oddValues(): OddValue[] {
  const detached = new ArrayBuffer(16);
  const detachedView = new Float32Array(detached);
  structuredClone(detached, { transfer: [detached] });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  return [
    { value: null, kind: /null/ },
    { value: true, kind: /true/ },
    { value: Number.NaN, kind: /NaN/ },
    { value: -Infinity, kind: /-Infinity/ },
    { value: -1, kind: /-1/ },
    { value: 0.5, kind: /0\.5/ },
    { value: 2 ** 53, kind: /9007199254740992/ },
    { value: 3n, kind: /a BigInt/ },
    { value: Symbol("odd"), kind: /a Symbol/ },
    { value: "", kind: /the string ""/ },
    { value: "1", kind: /the string "1"/ },
    { value: "\u001b[2J\u202e", kind: /the string "\\u001b\[2J\\u\{202e\}"/ },
    { value: "x".repeat(100_000), kind: /the string "x{60}"\.\.\. \(100000 characters\)/ },
    { value: () => 1, kind: /a function/ },
    { value: [], kind: /an array of 0/ },
    { value: ["1", null], kind: /an array of 2/ },
    { value: {}, kind: /an object/ },
    { value: { length: -1 }, kind: /an object/ },
    { value: Object.create(null), kind: /an object/ },
    { value: new Map([["a", 1]]), kind: /a Map/ },
    { value: new Date(Number.NaN), kind: /a Date/ },
    { value: Promise.resolve(1), kind: /a Promise/ },
    { value: new ArrayBuffer(12), kind: /an ArrayBuffer of 12 bytes/ },
    { value: new DataView(new ArrayBuffer(12)), kind: /a DataView/ },
    { value: new BigInt64Array(2), kind: /a BigInt64Array of 2/ },
    { value: detached, kind: /a detached buffer/ },
    { value: detachedView, kind: /a Float32Array of a detached buffer/ },
    { value: revoked, kind: /an object that cannot be read/ },
    { value: throwing(), kind: /an object that cannot be read/ },
  ];
}

/** An object of which nothing can be read. */
function throwing(): object {
  return new Proxy({}, { get: refuse, has: refuse, ownKeys: refuse, getPrototypeOf: refuse });
}

function refuse(): never {
  throw new TypeError("a trap of the caller's");
}
