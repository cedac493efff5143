export { textbookGru } from "../formats/textbook.js";
export type { TextbookGru } from "../formats/textbook.js";
