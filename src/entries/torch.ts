export { networkFromSafetensors, networkFromStateDict, parseTorch } from "../formats/torch/parseTorch.js";
export type { LayerDescription, NetworkDescription } from "../formats/description.js";
export type { Tensor } from "../formats/tensor.js";
