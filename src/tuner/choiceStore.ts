// What the candidates took on this device, kept by the browser from visit to visit. Where there is no IndexedDB, in
// Node or in a private window, it is kept as long as the page.

const DATABASE = "webgru";
const STORE = "kernels";

/** Milliseconds by candidate. */
type Times = ReadonlyMap<string, number>;

const inMemory = new Map<string, Times>();

/** What was kept under `key`; null when there is nothing, or it cannot be read. */
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

/** What a request to the store gives; null where the browser refuses one, which is no reason to fail. */
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
