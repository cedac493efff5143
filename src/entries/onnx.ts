export { loadOnnx, type LoadOnnxOptions, parseOnnx, type ParseOnnxOptions } from "../formats/onnx/parseOnnx.js";
export { fromRun, type GraphTensor, toRun } from "../formats/onnx/graphTensors.js";
export type { OnnxAxis, OnnxGraph, OnnxInput, OnnxNetwork, OnnxOutput } from "../formats/onnx/onnxGraph.js";
