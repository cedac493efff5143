// Whole modules as torch.save pickles them, for tests; what PyTorch itself wrote is among the fixtures.

import { type Pickled, pickledTensor, ptFile } from "./pickleFile.js";

/** Elements of the one storage that all parameters have. */
const NUM_ELEMENTS = 60;

/** A module of a class, with its parts, its parameters and other attributes. */
export function wholeModule(
  path: string,
  parts: Readonly<Record<string, Pickled>>,
  parameters: Readonly<Record<string, Pickled>> = {},
  others: Readonly<Record<string, Pickled>> = {},
): Pickled {
  const attributes = new Map<string, Pickled>([
    ["training", false],
    ["_parameters", new Map(Object.entries(parameters))],
    ["_buffers", new Map()],
    ["_modules", new Map(Object.entries(parts))],
    ...Object.entries(others),
  ]);
  return { attributesOf: { call: { global: path }, args: [] }, attributes };
}

/** A parameter, of the first numbers of the storage. */
export const parameter = (shape: number[]): Pickled => ({
  call: { global: "torch._utils._rebuild_parameter" },
  args: [pickledTensor({ shape, numElements: NUM_ELEMENTS }), true, null],
});

/** A .pt file of a value that has the storage's tensors. */
export const wrapped = (root: Pickled, entries = {}) =>
  ptFile(root, { "data/0": new Uint8Array(4 * NUM_ELEMENTS), ...entries });

/** An nn.GRU of `inputSize` inputs and `hiddenSize` units. */
export const gruModule = (inputSize: number, hiddenSize: number): Pickled =>
  wholeModule(
    "torch.nn.modules.rnn.GRU",
    {},
    {
      weight_ih_l0: parameter([3 * hiddenSize, inputSize]),
      weight_hh_l0: parameter([3 * hiddenSize, hiddenSize]),
      bias_ih_l0: parameter([3 * hiddenSize]),
      bias_hh_l0: null,
    },
  );

/** An nn.Linear. */
export const linearModule = (inputs: number, outputs: number): Pickled =>
  wholeModule(
    "torch.nn.modules.linear.Linear",
    {},
    { weight: parameter([outputs, inputs]), bias: parameter([outputs]) },
  );
