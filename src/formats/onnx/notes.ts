import { timeOf } from "../../layers/index.js";
import { countTypes } from "../../model/describeLayer.js";
import { isNamedTime } from "./assemble.js";
import { type OnnxModel } from "./modelProto.js";
import type { OnnxAxis, OnnxGraph, OnnxInput, OnnxNetwork, OnnxOutput } from "./onnxGraph.js";
import type { GraphReading, ReadRequest } from "./readGraph.js";

/** Notes for a person on how a graph was read. */
export function notesOf(
  model: OnnxModel,
  { reading }: GraphReading,
  { layers, graph }: OnnxNetwork,
  { linearBeforeReset }: ReadRequest,
): string[] {
  const producer = `${model.producer} ${model.producerVersion}`.trim() || "an unnamed producer";
  const read = `ONNX, opset ${model.opset}, by ${producer}: ${model.nodes.length} nodes became ${layers.length} layers: ${countTypes(layers)}.`;
  return [
    read,
    ...suspicion(reading.suspects, linearBeforeReset),
    ...(layers.some((layer) => timeOf(layer) === "recurrent") || model.inputs.some(isNamedTime)
      ? []
      : timeNotes(graph)),
    ...inputNotes(graph),
    ...graph.outputs.flatMap(outputNotes),
    ...(reading.isFromTorch ? paddingNotes(graph) : []),
    ...reading.notes,
  ];
}

function suspicion(suspects: readonly string[], linearBeforeReset: boolean | undefined): string[] {
  if (suspects.length === 0) return [];
  const said = `${suspects.join(", ")}: the file comes from PyTorch, whose GRUs reset after the product, and says that they do not`;
  if (linearBeforeReset === true) return [`${said}; read with linearBeforeReset: true.`];
  const cause = "newer exporters of PyTorch leave linear_before_reset out";
  return [`Warning: ${said} (${cause}). If outputs differ from PyTorch's, pass linearBeforeReset: true.`];
}

/** Without a layer that has a state, the axis of time is a guess: an image has axes like it. */
function timeNotes({ inputs }: OnnxGraph): string[] {
  return inputs.flatMap(({ name, axes }) => {
    const at = axes.indexOf("time");
    if (at < 0) return [];
    const graph = `axis ${at} of graph input ${name}, [${axes.join(", ")}]`;
    const way = "export the model with time and batch, and no other axes, in dynamic_axes";
    return [
      `Warning: no layer has a state, which would say which axis is time: ${graph}, is taken for it. If it is not, ${way}.`,
    ];
  });
}

function inputNotes({ inputs, states }: OnnxGraph): string[] {
  const features = inputs.filter(({ as }) => as === "input");
  const notes = inputs.flatMap(inputNote);
  if (features.length > 1) {
    notes.push(`The input is ${features.map(({ name }) => name).join(", ")}, joined along the features in this order.`);
  }
  const names = states.map(({ layer, block }) => `${layer}.${block}`).join(", ");
  const hasStates = inputs.some(({ as }) => as === "initialState");
  return hasStates && states.length > 1 ? [...notes, `States are those of ${names}, one after the other.`] : notes;
}

/** PyTorch's exporter drops the padding value of pad_packed_sequence, without a word. */
function paddingNotes({ inputs, outputs }: OnnxGraph): string[] {
  if (!inputs.some(({ as }) => as === "lengths")) return [];
  return outputs.flatMap(({ name, axes }) =>
    axes.includes("time")
      ? [`Graph output ${name} is zero past a row's end: a padding_value of pad_packed_sequence is not in the file.`]
      : [],
  );
}

const isTimeMajor = (axes: readonly OnnxAxis[]) => axes[0] === "time" && axes[1] === "batch";

function inputNote(input: OnnxInput): string[] {
  const { name, as, axes } = input;
  const graph = `Graph input ${name}, [${axes.join(", ")}],`;
  switch (as) {
    case "input": {
      const isIndices = axes.every((axis) => typeof axis !== "number");
      const given = isIndices ? "[time, batch]" : "[time, batch, features]";
      if (!axes.includes("time")) return [`${graph} is one step: here it is ${given}, with any number of them.`];
      return isTimeMajor(axes) ? [] : [`${graph} is given time-major here: ${given}, any time and any batch.`];
    }
    case "lengths":
      return [`${graph} is the option lengths.`];
    case "initialState":
      return [`${graph} is the option initialState; a stream keeps it itself.`];
    case "unused":
      return [`${graph} affects no output.`];
  }
}

function outputNotes(output: OnnxOutput): string[] {
  const { name, axes } = output;
  const graph = `Graph output ${name}, [${axes.join(", ")}],`;
  if (output.as === "finalState") return [`${graph} is in finalState.`];
  const notes: string[] = [];
  const hasBoth = axes.includes("time") && axes.includes("batch");
  if (hasBoth && !isTimeMajor(axes)) notes.push(`${graph} is given time-major here: [time, batch, features].`);
  if (output.isLastStep) notes.push(`${graph} is the last step of ${output.layer}: pass returnSequences: false.`);
  if (output.isReversed) notes.push(`${graph} runs backwards in the graph, and forwards here.`);
  return notes;
}
