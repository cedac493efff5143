export { parseNpz } from "../formats/npz/parseNpz.js";
export { readNpz } from "../formats/npz/npzFile.js";
export type { LayerDescription, NetworkDescription } from "../formats/description.js";
export type { Tensor } from "../formats/tensor.js";
