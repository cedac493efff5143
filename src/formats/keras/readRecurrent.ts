import { inKerasOrder } from "./frameOrder.js";
import type { LayerCall, LayerReader } from "./layerCall.js";
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
  const value = call.pushBuilt(isBidirectional ? bidirectionalLayers(parts) : one());
  return {
    ...value,
    shape: [value.size],
    order: null,
    isSequence: !isLast,
    numSteps: isLast ? null : input.numSteps,
    timePadding: null,
  };
};

/** The sequence that a recurrent layer reads. */
function onlySequence(call: LayerCall) {
  const { given } = call;
  if (given.length > 1) {
    throw call.unsupported(`to read one sequence, and to begin with a state of zeros, got ${given.length} inputs`);
  }
  const { input } = call;
  if (input.isSequence && input.shape.length === 1) return inKerasOrder(call, input);
  const got = input.isSequence ? `frames of [${input.shape.join(", ")}]` : "a tensor without steps";
  throw call.unsupported(`a sequence of features, got ${got}`);
}
