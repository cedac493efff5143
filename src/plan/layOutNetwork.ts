import { paddedSize } from "../kernels/kernelSpec.js";
import type { Cadence } from "../layers/cadence.js";
import { stateBlocks, timeOf } from "../layers/index.js";
import { type Network, sequencesOf } from "../model/network.js";
import { layerPlan } from "./layers.js";
import { networkProgram } from "./network/program.js";
import type { Beat, NetworkLayout, StateBuffer, StateRow, WeightBuffer } from "./networkLayout.js";
import type { PackedWeight } from "./packedWeight.js";
import type { BufferPlan } from "./plan.js";

/** A part of a buffer that is bound by itself begins at a multiple of this: WebGPU's largest offset alignment. */
const ALIGNMENT_BYTES = 256;

/** A slot has two states: each step reads one and writes the other. */
const BYTES_PER_STATE_ELEMENT = 2 * Float32Array.BYTES_PER_ELEMENT;

/** Lays out a network. @param maxBytes of one buffer, by the device's limits */
export function layOutNetwork(network: Network, maxBytes: number): NetworkLayout {
  const arena = new Arena();
  const weights = new Map<string, WeightBuffer>();
  for (const layer of network.layers) {
    for (const [tensor, weight] of Object.entries(layerPlan(layer).weights(layer))) {
      const label = `${layer.name}.${tensor}`;
      weights.set(label, arena.add(label, weight));
    }
  }
  const states = layOutStates(network);
  const program = networkProgram(network, weights, states);
  const operations =
    program === null
      ? null
      : arena.add("program", { sizeBytes: program.operations.byteLength, pack: () => program.operations.buffer });
  const hasProgram = arena.sizeBytes <= maxBytes;
  if (!hasProgram && operations !== null) arena.takeBack();
  const { buffers, sizeBytes } = arena;
  return {
    network,
    weights: buffers,
    isOneBuffer: sizeBytes <= maxBytes,
    allWeights: { label: "weights", sizeBytes, lifetime: "weights" },
    allBiases: { label: "biases", sizeBytes, lifetime: "weights" },
    program: hasProgram ? program : null,
    operations: hasProgram ? operations : null,
    states: states.all,
    stateSize: states.size,
    stateRows: states.rows,
    sequences: states.sequences,
    cadences: states.cadences,
    beats: states.beats,
    weight: ({ name }, tensor) => weights.get(`${name}.${tensor}`)!,
    state: ({ name }) => states.parts.get(name)!,
  };
}

/** Weights, one after the other. */
class Arena {
  readonly buffers: WeightBuffer[] = [];
  sizeBytes = 0;

  add(label: string, weight: PackedWeight): WeightBuffer {
    const offsetBytes = Math.ceil(this.sizeBytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    const buffer = { label, ...weight, offsetBytes, lifetime: "weights" } as const;
    this.buffers.push(buffer);
    this.sizeBytes = offsetBytes + weight.sizeBytes;
    return buffer;
  }

  /** Takes the last one away. */
  takeBack(): void {
    this.buffers.pop();
    const last = this.buffers.at(-1)!;
    this.sizeBytes = last.offsetBytes + last.sizeBytes;
  }
}

interface StateLayout {
  readonly all: BufferPlan;
  readonly size: number;
  readonly rows: readonly StateRow[];
  readonly sequences: ReadonlyMap<string, Cadence>;
  readonly cadences: readonly Cadence[];
  readonly beats: readonly Beat[];
  /** By the layer's name. */
  readonly parts: ReadonlyMap<string, StateBuffer>;
}

function layOutStates({ layers }: Network): StateLayout {
  const sequences = sequencesOf(layers);
  const cadences = [...new Set(sequences.values())];
  const byChunk = layers.some((layer) => timeOf(layer) !== "recurrent" && stateBlocks(layer).length > 0);
  const beats: readonly Beat[] = byChunk ? [...cadences, "chunk"] : cadences;
  const alignment = ALIGNMENT_BYTES / Float32Array.BYTES_PER_ELEMENT;
  const rows: StateRow[] = [];
  const parts = new Map<string, StateBuffer>();
  let [end, start] = [0, 0];
  for (const layer of layers) {
    const blocks = stateBlocks(layer);
    if (blocks.length === 0) continue;
    const beat = beats.indexOf(timeOf(layer) === "recurrent" ? sequences.get(layer.name)! : "chunk");
    const first = Math.ceil(end / alignment) * alignment;
    end = first;
    for (const { numDirections, size } of blocks) {
      for (let d = 0; d < numDirections; d++) {
        rows.push({ size, offset: end, start, beat });
        end += paddedSize(size);
        start += size;
      }
    }
    const sizeBytes = (end - first) * BYTES_PER_STATE_ELEMENT;
    parts.set(layer.name, { label: `${layer.name}.state`, sizeBytes, lifetime: "state", start: first });
  }
  const size = Math.ceil(end / alignment) * alignment;
  const all = { label: "states", sizeBytes: size * BYTES_PER_STATE_ELEMENT, lifetime: "state" } as const;
  return { all, size, rows, sequences, cadences, beats, parts };
}
