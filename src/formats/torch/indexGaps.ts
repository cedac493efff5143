// nn.Sequential numbers its modules. A module without weights, such as an activation, has no tensors and leaves a gap.

/** Most missing numbers to name for a path. */
const MAX_NAMED = 3;

/**
 * Missing modules before others of a state_dict: `fc.0` and `fc.2` where there are `fc.1` and `fc.3`.
 *
 * @param paths of the modules that have tensors
 */
export function indexGaps(paths: readonly string[]): string[] {
  const indices = new Map<string, Set<number>>();
  for (const path of paths) {
    const parts = path.split(".");
    parts.forEach((part, i) => {
      if (!/^\d{1,9}$/.test(part)) return;
      const parent = parts
        .slice(0, i)
        .map((each) => `${each}.`)
        .join("");
      indices.set(parent, (indices.get(parent) ?? new Set<number>()).add(Number(part)));
    });
  }
  return [...indices].flatMap(([parent, present]) => {
    const missing: string[] = [];
    const last = Math.max(...present);
    for (let i = 0; i < last && missing.length < MAX_NAMED; i++) if (!present.has(i)) missing.push(`${parent}${i}`);
    return missing;
  });
}
