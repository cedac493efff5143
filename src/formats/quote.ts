const MAX_LENGTH = 100;

/**
 * A value of a file as JSON for a message, shortened if it is long. It reads no more of the value than it shows: a list that
 * holds another list twice, which holds a third one twice, and so on, would be exponentially long.
 */
export function quote(value: unknown): string {
  const text = write(value, MAX_LENGTH);
  if (text.length <= MAX_LENGTH) return text;
  const length = typeof value === "string" ? ` (${value.length} characters)` : "";
  return `${text.slice(0, MAX_LENGTH)}...${length}`;
}

/** The JSON of a value, or more than `room` characters of its beginning. */
function write(value: unknown, room: number): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, Math.max(0, room)));
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return writeItems("[", value, "]", room, (item, left) => write(item, left));
  const entries = value instanceof Map ? value : ownEntries(value);
  return writeItems("{", entries, "}", room, ([key, item], left) => {
    const name = write(key, left);
    return `${name}:${write(item, left - name.length - 1)}`;
  });
}

function* ownEntries(value: object): Generator<[string, unknown]> {
  for (const key in value) if (Object.hasOwn(value, key)) yield [key, (value as Record<string, unknown>)[key]];
}

/** Writes the bracket before the items, so that nesting is no deeper than `room`. */
function writeItems<Item>(
  open: string,
  items: Iterable<Item>,
  close: string,
  room: number,
  writeItem: (item: Item, room: number) => string,
): string {
  let text = open;
  for (const item of items) {
    if (text.length > room) return text;
    if (text !== open) text += ",";
    text += writeItem(item, room - text.length);
  }
  return text + close;
}
