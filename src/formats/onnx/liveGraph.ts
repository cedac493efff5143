import { type GraphProto, type OnnxNode, readsOf } from "./modelProto.js";

/** The part of a graph that its outputs depend on. */
export interface LiveGraph {
  /** In the file's order. */
  readonly nodes: readonly OnnxNode[];
  /** Number of readers of each name: nodes, and the output itself. */
  readonly numReads: ReadonlyMap<string, number>;
  /** Names of the file's tensors that only one input of one node reads. */
  readonly readOnce: ReadonlySet<string>;
}

/** Finds the part of a graph that its outputs depend on. Both branches of an If count. */
export function findLive({ nodes, outputs, initializers }: GraphProto): LiveGraph {
  const numReads = new Map<string, number>();
  const read = (name: string) => numReads.set(name, (numReads.get(name) ?? 0) + 1);
  const outputNames = new Set(outputs.map(({ name }) => name));
  outputNames.forEach(read);
  const captured = new Set<string>();
  const reversed = [...nodes].reverse().filter((node) => {
    const isLive = node.outputs.some((name) => name !== "" && numReads.has(name));
    if (!isLive) return false;
    readsOf(node).forEach(read);
    for (const graph of node.graphs.values()) graph.captures.forEach((name) => captured.add(name));
    return true;
  });
  const names = [...initializers.keys()];
  const readOnce = new Set(
    names.filter((name) => numReads.get(name) === 1 && !outputNames.has(name) && !captured.has(name)),
  );
  return { nodes: reversed.reverse(), numReads, readOnce };
}
