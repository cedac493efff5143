import { inKerasOrder } from "./frameOrder.js";
import type { LayerSpec } from "../../layers/index.js";
import type { Config } from "./config.js";
import type { LayerCall, LayerReader, OwnState } from "./layerCall.js";
import { statesOf } from "./layerStates.js";
import { innerLayer } from "./cells.js";
import { bidirectionalLayers, recurrentLayer } from "./recurrentLayers.js";
import { stackedCells, stackedLayers } from "./stackedCells.js";

export const readRecurrent: LayerReader = (call) => {
  const { name, config, dialect, builder } = call;
  const { className } = call.layer;
  const input = onlySequence(call);
  const isBidirectional = className === "Bidirectional";
  const inner = isBidirectional ? innerLayer(config, "layer").config : config;
  if (inner.flag("stateful", false)) {
    builder.notes.push(
      `Layer "${name}" is stateful: a stream keeps its state from push to push, run begins with zeros.`,
    );
  }
  const isLast = !inner.flag("return_sequences", false);
  if (!isBidirectional && isLast && input.mask !== null && inner.flag("zero_output_for_mask", false)) {
    builder.notes.push(
      `Layer "${name}" has zero_output_for_mask without return_sequences: ignored here, as Keras's documentation says. ` +
        `Keras itself gives zeros if a row's last step is masked.`,
    );
  }
  const areMaskedStepsRead = builder.areMaskedStepsRead(name);
  const parts = { name, className, config, tensors: call.allWeights(), dialect, input, areMaskedStepsRead };
  const cells = stackedCells(className, config);
  const one = () => (cells === null ? recurrentLayer(parts) : stackedLayers(parts, cells));
  const built = isBidirectional ? bidirectionalLayers(parts) : one();
  const value = call.pushBuilt(built);
  keepStates(call, built.layers, inner);
  return {
    ...value,
    shape: [value.size],
    order: null,
    isSequence: !isLast,
    numSteps: isLast ? null : input.numSteps,
    timePadding: null,
  };
};

/** Tells the states of a layer that gives them, or that begins with some. */
function keepStates(call: LayerCall, layers: readonly LayerSpec[], inner: Config): void {
  const { layer, config } = call;
  const own = layers.flatMap((spec): OwnState[] => {
    if (spec.type !== "gru" && spec.type !== "lstm" && spec.type !== "rnn") return [];
    const numDirections = spec.direction === "bidirectional" ? 2 : 1;
    const blocks = spec.type === "lstm" ? (["h", "c"] as const) : (["h"] as const);
    return Array.from({ length: numDirections }, (_, direction) =>
      blocks.map((block) => ({ layer: spec.name!, block, direction, numDirections, hiddenSize: spec.hiddenSize })),
    ).flat();
  });
  if (layer.states.length > 0 && config.entries().some(([key, value]) => key === "num_constants" && value)) {
    throw config.unsupported("num_constants", "null");
  }
  const states = statesOf(layer);
  if (layer.states.length > 0 && layer.states.length !== states.length) {
    throw call.unsupported(`${states.length} states to begin with, got ${layer.states.length}`);
  }
  // Bidirectional without a merge_mode gives both directions before its states.
  const isPair = config.entries().some(([key, value]) => key === "merge_mode" && value === null);
  if (states.length === own.length && inner.flag("return_state", false) && !isPair) call.builder.keepStates(layer, own);
  if (layer.states.length > 0) call.builder.begins.push({ layer, states: own });
}

/** The sequence that a recurrent layer reads. */
function onlySequence(call: LayerCall) {
  const { given } = call;
  if (given.length > 1) {
    throw call.unsupported(`to read one sequence, got ${given.length} inputs`);
  }
  const { input } = call;
  if (input.isSequence && input.shape.length === 1) return inKerasOrder(call, input);
  const got = input.isSequence ? `frames of [${input.shape.join(", ")}]` : "a tensor without steps";
  throw call.unsupported(`a sequence of features, got ${got}`);
}
