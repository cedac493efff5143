export { describeNetwork, writeSafetensors } from "../formats/writeSafetensors.js";
export type { WriteOptions } from "../formats/writeSafetensors.js";
export type { LayerDescription, NetworkDescription } from "../formats/description.js";
