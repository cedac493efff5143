// Tells what became of a graph's inputs and outputs.

import { type Network, stateOf } from "../../model/network.js";
import { type Axis, roleOf } from "./axes.js";
import type { End } from "./ends.js";
import type { OnnxPort } from "./modelProto.js";
import type { OnnxAxis, OnnxGraph, OnnxInput, OnnxOutput } from "./onnxGraph.js";
import type { Parts } from "./parts.js";
import { demand } from "./refusal.js";
import { afterFrame } from "./states.js";
import type { Specs } from "./specs.js";
import type { Value } from "./value.js";
import { type InputSource, isColumnOf, type Source } from "./wiring.js";

/** The relation of a graph's inputs and outputs to its network. */
export function describeGraph(network: Network, parts: Parts, specs: Specs): OnnxGraph {
  const units = new Units(network, parts, specs);
  const states = stateOf(network).map(({ layer, name, numDirections, size }) => ({
    layer: layer.name,
    block: name,
    numDirections,
    size,
  }));
  return {
    inputs: [...parts.inputs].map(([port, value]) => inputOf(port, value, parts, specs, units)),
    outputs: parts.ends.map((end) => outputOf(end, parts, specs, units)),
    states,
  };
}

/** The place of graph inputs and outputs in the state of one row. */
class Units {
  readonly #parts: Parts;
  /** The first unit of each block, by the layer's name and the block's. */
  readonly #starts: ReadonlyMap<string, number>;
  readonly #specs: Specs;

  constructor(network: Network, parts: Parts, specs: Specs) {
    this.#parts = parts;
    this.#specs = specs;
    this.#starts = new Map(
      stateOf(network).map(({ layer, name, start }) => [JSON.stringify([layer.name, name]), start]),
    );
  }

  startOf(source: Source, block: string): number {
    return this.#starts.get(JSON.stringify([this.#specs.names.get(source)!, block]))!;
  }

  /** Elements of a state input, and the unit that each one is. */
  ofInput(source: InputSource): { elements: number[]; units: number[] } {
    const elements: number[] = [];
    const units: number[] = [];
    for (const layer of this.#parts.recurrent) {
      for (const [block, columns] of layer.initialState) {
        const start = this.startOf(layer, block);
        for (const [i, column] of columns.entries()) {
          if (!isColumnOf(source, column)) continue;
          elements.push(column - source.first);
          units.push(start + i);
        }
      }
    }
    if (this.#parts.carried.some((input) => input.source === source)) {
      const start = this.startOf(source, "carried");
      for (let i = 0; i < source.size; i++) {
        elements.push(i);
        units.push(start + i);
      }
    }
    return { elements, units };
  }

  /** The unit of each element of an output that is a state. */
  ofOutput({ columns }: End): number[] {
    const { wiring } = this.#parts.reading;
    return Array.from(columns, (column) => {
      const source = wiring.sourceOf(column);
      const [layer, block] = source.type === "final" ? [source.of, source.block] : [source, "h"];
      const after = source.type === "recurrent" ? afterFrame(source) : null;
      return this.startOf(layer, block) + (after === null ? column - source.first : after.indexOf(column));
    });
  }
}

function inputOf({ name }: OnnxPort, { axes, content }: Value, parts: Parts, specs: Specs, units: Units): OnnxInput {
  const port = { name, axes: axes.map(nameAxis) };
  if (content.kind === "lengths") return { ...port, as: "lengths" };
  const { wiring } = parts.reading;
  const source =
    content.kind === "indices"
      ? content.input
      : (wiring.sourceOf((content as Value["content"] & { kind: "signal" }).terms[0]!.columns[0]!) as InputSource);
  const start = specs.inputStart(source);
  const state = units.ofInput(source);
  const isState = state.units.length > 0;
  demand(start === undefined || !isState, `its input ${name} is both an initial state and features`);
  if (start !== undefined) return { ...port, as: "input", start };
  return isState ? { ...port, as: "initialState", ...state } : { ...port, as: "unused" };
}

function outputOf(end: End, { asked, pairs, carried }: Parts, specs: Specs, units: Units): OnnxOutput {
  const port = { name: end.port.name, axes: end.axes.map(nameAxis) };
  const source = asked.get(end);
  const { step, isReversed } = end.signal;
  if (source !== undefined) {
    const isTaken = source.type === "layer" && source.spec.type === "last";
    return {
      ...port,
      as: "output",
      layer: specs.names.get(source)!,
      isLastStep: step === "last" && !isTaken,
      isReversed,
    };
  }
  const input = [...pairs].find(([, one]) => one === end)?.[0];
  if (input !== undefined && carried.includes(input)) {
    const start = units.startOf(input.source, "carried");
    return { ...port, as: "finalState", units: Array.from(end.columns, (_, i) => start + i) };
  }
  return { ...port, as: "finalState", units: units.ofOutput(end) };
}

/** The name of an axis; an axis without a known role is batch. */
function nameAxis(axis: Axis): OnnxAxis {
  return typeof axis === "number" ? axis : (roleOf(axis) ?? "batch");
}
