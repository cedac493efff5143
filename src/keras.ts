export { parseKeras } from "./formats/keras/parseKeras.js";
export type { ParseKerasOptions } from "./formats/keras/parseKeras.js";
export type { ModelFiles } from "./formats/keras/weightsManifest.js";
