// What was found to be the fastest on this device, kept by the browser from visit to visit. Where there is no IndexedDB, in
// Node or in a private window, it is kept as long as the page.

const DATABASE = "webgru";
const STORE = "kernels";

const inMemory = new Map<string, string>();

/** What was kept under `key`; null when there is nothing, or it cannot be read. */
export async function keptChoice(key: string): Promise<string | null> {
  const known = inMemory.get(key);
  if (known !== undefined) return known;
  const kept = await inStore("readonly", (store) => store.get(key));
  return typeof kept === "string" ? kept : null;
}

/** Keeps `choice` under `key`. */
export async function keepChoice(key: string, choice: string): Promise<void> {
  inMemory.set(key, choice);
  await inStore("readwrite", (store) => store.put(choice, key));
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
