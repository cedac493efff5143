export { writeOnnx, type WriteOnnxOptions } from "../formats/onnxWriter/writeOnnx.js";
