export { createModel, loadModel } from "./loadModel.js";
export type { CreateModelOptions, LoadModelOptions } from "./loadModel.js";
export type { DeviceRequest } from "./chooseEngine.js";
export type { LoadBytesOptions, LoadProgress, ModelSource } from "./loadBytes.js";
export { GruModel } from "./gruModel.js";
export type { GenerateOptions } from "./model/generative.js";
export type { MainOutput, OutputOptions, OutputRequest, TopK } from "./model/outputRequest.js";
export type { RunOptions, RunResult } from "./gruModel.js";
export { GruStream } from "./stream/gruStream.js";
export type { StreamOptions, WhenFull } from "./stream/gruStream.js";
export { GruError } from "./errors.js";
export type { GruErrorCode } from "./errors.js";
export { defineNetwork } from "./model/defineNetwork.js";
export type { NetworkParts } from "./model/defineNetwork.js";
export type { Activation, ActivationSpec, ElementFunction, RowFunction } from "./model/activation.js";
export type {
  DenseLayer,
  DenseSpec,
  Direction,
  EmbeddingLayer,
  EmbeddingSpec,
  GruLayer,
  GruSpec,
  Layer,
  LayerSpec,
  Network,
  Storage,
} from "./model/network.js";
export type { NonFinite } from "./model/checkInput.js";
export { parseModel } from "./parseModel.js";
export type { ParseModelOptions } from "./parseModel.js";
export type { LayerDescription, NetworkDescription } from "./formats/description.js";
export { registerCpu } from "./cpu/registry.js";
export type { Use } from "./cpu/cost.js";
export type { CpuOffer, CpuPath } from "./cpu/registry.js";
export { textbookGru } from "./formats/textbook.js";
export type { TextbookGru } from "./formats/textbook.js";
