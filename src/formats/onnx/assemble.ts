// Makes a network of a wiring: only the layers that outputs depend on, and the states that the graph carries.

import { defineNetwork } from "../../model/defineNetwork.js";
import { nameOfSteps } from "../../model/withLast.js";
import { describeGraph } from "./describeGraph.js";
import { hasTime } from "./ends.js";
import type { OnnxPort } from "./modelProto.js";
import type { OnnxNetwork } from "./onnxGraph.js";
import { type Parts, partsOf } from "./parts.js";
import type { GraphReading } from "./readGraph.js";
import { demand } from "./refusal.js";
import { Specs } from "./specs.js";
import { keptElements } from "./states.js";
import { type InputSource, runsAlongTime, type Source, type Wiring } from "./wiring.js";

/** Limit of the nodes in a message. */
const MAX_FAULTS = 4;

/**
 * Makes a network of a graph.
 *
 * @param named the states that the caller names, from input to output
 * @throws Refusal for a graph that no network can express
 */
export function assemble(graph: GraphReading, named: ReadonlyMap<string, string>): OnnxNetwork {
  const parts = partsOf(graph, named);
  const { live, carried, inLoops, pairs } = parts;
  const faults = [
    ...live.flatMap((source) => (source.type === "pending" ? [`${source.subject}: ${source.fault}`] : [])),
    ...[...inLoops.values()].flatMap(({ fault }) => fault ?? []),
  ];
  demand(faults.length === 0, faults.slice(0, MAX_FAULTS).join("; "));
  for (const [{ port, source, axes }, end] of pairs) {
    for (const layer of parts.recurrent) {
      const kept = keptElements(source, layer, graph.reading.wiring);
      const isOwn = kept.every(({ element, after }) => end.columns[element] === after);
      demand(
        isOwn,
        `its state input ${port.name} comes back as ${end.port.name}, which is not the state of ${layer.name}`,
      );
    }
    const isCarried = carried.some((input) => input.source === source);
    demand(
      !isCarried || !hasTime(axes),
      `its input ${port.name} is a state of a whole sequence, and of no recurrent layer`,
    );
  }
  const isOverTime =
    bindNamed(graph) || parts.recurrent.length + carried.length + inLoops.size > 0 || live.some(runsAlongTime);
  demand(isOverTime, "it has no recurrent layer");
  checkLengths(parts);
  const states = new Set<Source>([...carried.map(({ source }) => source), ...inLoops.keys()]);
  const isInput = (source: Source): source is InputSource => source.type === "input" && !states.has(source);
  const layers = live.filter((source) => !isInput(source));
  const specs = new Specs(graph.reading.wiring, live.filter(isInput));
  const outputs = parts.instead === null ? [...parts.asked] : [parts.instead];
  for (const [{ port }, source] of outputs) specs.name(source, port.name); // outputs get their names first
  nameLayers(
    layers,
    outputs.map(([, source]) => source),
    specs,
    graph.reading.wiring,
  );
  for (const source of layers) if (!states.has(source)) specs.add(source);
  for (const input of carried) specs.carry(input.source, pairs.get(input)!.columns, null);
  for (const [source, { next, initial }] of inLoops) specs.carry(source, next, initial);
  const network = defineNetwork({
    layers: specs.layers,
    outputs: [...new Set(outputs.map(([, source]) => specs.names.get(source)!))],
  });
  return { ...network, graph: describeGraph(network, parts, specs) };
}

/** Names of an axis that say that it is time. */
const TIME = /^(time|times|time_?steps?|timesteps?|steps?|seq|seq_?len(gth)?|sequence(_?length)?|frames?|n_?frames)$/i;

/** Whether the file names an input's axis as time: then no layer along time must say so. */
export function isNamedTime({ shape }: OnnxPort): boolean {
  return shape?.some((size) => typeof size === "string" && TIME.test(size)) === true;
}

/** Takes axes that are named as time for that; whether there are any. */
function bindNamed({ reading, inputs }: GraphReading): boolean {
  let isBound = false;
  for (const [{ shape }, { axes }] of inputs) {
    for (const [i, axis] of axes.entries()) {
      const size = shape?.[i];
      if (typeof axis === "number" || typeof size !== "string" || !TIME.test(size)) continue;
      reading.roles.bind(axis, "time");
      isBound = true;
    }
  }
  return isBound;
}

/** Names layers as their nodes, where they have no names. A layer of which only the end is read has the name of its steps. */
function nameLayers(layers: readonly Source[], outputs: readonly Source[], specs: Specs, wiring: Wiring): void {
  const reads = layers.flatMap((source) => ("columns" in source ? [...wiring.sourcesOf(source.columns)] : []));
  const isRead = new Set([...outputs, ...reads]);
  for (const source of layers) {
    if (source.type === "final" && !isRead.has(source.of)) {
      specs.name(source, source.of.name);
      specs.name(source.of, nameOfSteps(specs.names.get(source)!));
    }
  }
  for (const source of layers) specs.name(source, source.name);
}

function checkLengths({ recurrent, reading, live }: Parts): void {
  const lengths = new Set(recurrent.map((source) => reading.hasLengths.get(source)).filter((has) => has !== undefined));
  demand(lengths.size <= 1, "some of its recurrent layers have sequence_lens and others have none");
  const along = live.find(runsAlongTime);
  demand(
    along === undefined || !lengths.has(true),
    `its node ${along?.name} computes with all steps, and sequence_lens says that some rows have fewer`,
  );
}
