// The times of the kernel tables on this device, kept by the browser from visit to visit. Without IndexedDB, as in Node or in
// a private window, they are kept as long as the page.

const DATABASE = "webgru";
const STORE = "kernels";

/** Milliseconds by the name of a table. */
type Times = ReadonlyMap<string, number>;

const inMemory = new Map<string, Times>();

/** The times kept under `key`; null when there are none, or they cannot be read. */
export async function keptTimes(key: string): Promise<Times | null> {
  const known = inMemory.get(key);
  if (known !== undefined) return known;
  const kept = await inStore("readonly", (store) => store.get(key));
  return kept instanceof Map ? kept : null;
}

/** Keeps `times` under `key`. */
export async function keepTimes(key: string, times: Times): Promise<void> {
  inMemory.set(key, times);
  await inStore("readwrite", (store) => store.put(times, key));
}

/** The result of a request to the store; null where the browser refuses it, as tuning works without a store. */
async function inStore(mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest): Promise<unknown> {
  if (globalThis.indexedDB === undefined) return null;
  try {
    const opening = indexedDB.open(DATABASE, 1);
    opening.addEventListener("upgradeneeded", () => opening.result.createObjectStore(STORE));
    const database = await settled(opening);
    try {
      return await settled(ask(database.transaction(STORE, mode).objectStore(STORE)));
    } finally {
      database.close();
    }
  } catch {
    return null;
  }
}

function settled<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("the store did not answer")));
  });
}
