// JSON with members changed at random.

/** Values that a member is changed to. */
const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  0.5,
  2,
  3,
  1e9,
  2 ** 53,
  1e308,
  "",
  "a",
  "gru",
  [],
  [[]],
  {},
  [null],
  [1, 2],
];

/**
 * A copy with one to three members left out, replaced, swapped for another part of it, or repeated.
 *
 * @param next random numbers in [0, 1)
 */
export function damagedJson(json: unknown, next: () => number): unknown {
  const pick = <T>(list: readonly T[]) => list[Math.floor(next() * list.length)]!;
  const copy: unknown = structuredClone(json);
  const numChanges = pick([1, 1, 2, 3]);
  for (let i = 0; i < numChanges; i++) {
    const places = placesIn(copy);
    if (places.length === 0) return copy;
    const [owner, key] = pick(places);
    const action = next();
    if (action < 0.2) {
      if (Array.isArray(owner)) owner.splice(Number(key), 1);
      else delete owner[key];
    } else if (action < 0.3 && Array.isArray(owner)) {
      owner.push(structuredClone(owner[Number(key)]));
    } else if (action < 0.4) {
      const [other, otherKey] = pick(places);
      owner[key] = structuredClone(other[otherKey]);
    } else {
      owner[key] = structuredClone(pick(ODD));
    }
  }
  return copy;
}

type Owner = Record<string | number, unknown>;

/** Most members of a list to change: weights are many, and alike. */
const MAX_MEMBERS = 4;

/** Every object or list with each of its keys, a few of a long list. */
function placesIn(value: unknown, places: [Owner, string | number][] = []): [Owner, string | number][] {
  if (typeof value !== "object" || value === null) return places;
  const keys = Array.isArray(value) ? [...value.keys()].slice(0, MAX_MEMBERS) : Object.keys(value);
  for (const key of keys) {
    places.push([value as Owner, key]);
    placesIn((value as Owner)[key], places);
  }
  return places;
}
