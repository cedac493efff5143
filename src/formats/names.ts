// Lists of tensor names for a message: a state_dict may have hundreds of them.

/** More names than this are grouped by module. */
const MAX_NAMES = 8;
/** Modules to list. */
const MAX_MODULES = 6;
/** Characters of one name. */
const MAX_LENGTH = 80;

/** The names as a list. Many names are grouped by module, `conv.* (24)`, with the number of further modules. */
export function listNames(names: readonly string[]): string {
  if (names.length <= MAX_NAMES) return names.map(cut).join(", ");
  const start = sharedPrefix(names).length;
  const counts = new Map<string, number>();
  for (const name of names) {
    const end = name.indexOf(".", start);
    const module = end < 0 ? name : name.slice(0, end);
    counts.set(module, (counts.get(module) ?? 0) + 1);
  }
  const groups = [...counts].map(([module, count]) => (count === 1 ? cut(module) : `${cut(module)}.* (${count})`));
  const numMore = groups.length - MAX_MODULES;
  return [...groups.slice(0, MAX_MODULES), ...(numMore > 0 ? [`${numMore} more`] : [])].join(", ");
}

/** The beginning of the path that all names have in common. */
function sharedPrefix(names: readonly string[]): string {
  let prefix = "";
  while (prefix.length < MAX_LENGTH) {
    const dot = names[0]!.indexOf(".", prefix.length);
    const longer = names[0]!.slice(0, dot + 1);
    if (dot < 0 || !names.every((name) => name.startsWith(longer))) break;
    prefix = longer;
  }
  return prefix;
}

function cut(name: string): string {
  return name.length <= MAX_LENGTH ? name : `${name.slice(0, MAX_LENGTH)}...`;
}
