export { parseKeras } from "../formats/keras/parseKeras.js";
export type { ParseKerasOptions } from "../formats/keras/parseKeras.js";
export type { FileContents, ModelFiles } from "../formats/fileContents.js";
