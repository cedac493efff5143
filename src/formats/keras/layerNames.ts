import type { LayerSpec } from "../../layers/index.js";

/**
 * The layers with other names. Another layer of such a name gets one of its own.
 *
 * @param names new ones by the old ones
 */
export function withNames(layers: readonly LayerSpec[], names: ReadonlyMap<string, string>): LayerSpec[] {
  const taken = new Set([...layers.map(({ name }) => name), ...names.values()]);
  const wanted = new Set(names.values());
  const all = new Map(names);
  for (const { name } of layers) {
    if (names.has(name) || !wanted.has(name)) continue;
    let own = `${name}.inner`;
    while (taken.has(own)) own += "_";
    taken.add(own);
    all.set(name, own);
  }
  const renamed = (name: string) => all.get(name) ?? name;
  return layers.map((layer) => {
    const { inputs } = layer;
    const own = { ...layer, name: renamed(layer.name) };
    return (inputs === undefined ? own : { ...own, inputs: inputs.map(renamed) }) as LayerSpec;
  });
}

/** Names, each once: another "scores" is "scores.2". */
export function uniqueNames(names: readonly string[]): string[] {
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name}.${before + 1}`;
  });
}
