export { createModel, loadModel } from "./load/loadModel.js";
export type { CreateModelOptions, LoadModelOptions } from "./load/loadModel.js";
export type { DeviceRequest } from "./engine/chooseEngine.js";
export type { LoadBytesOptions, LoadProgress, ModelSource } from "./load/loadBytes.js";
export { GruModel } from "./stream/gruModel.js";
export type { GeneratedText, GenerateOptions } from "./model/generative.js";
export type { InputPart, NamedInput } from "./model/inputParts.js";
export type { Rows } from "./model/takeRows.js";
export type { EncodeOptions } from "./model/vocabulary.js";
export type { MainOutput, OutputOptions, OutputRequest, TopK } from "./model/outputRequest.js";
export type { RunOptions, RunResult } from "./stream/runRequest.js";
export { GruStream } from "./stream/gruStream.js";
export type { StreamOptions, WhenFull } from "./stream/gruStream.js";
export { GruError } from "./errors.js";
export type { GruErrorCode } from "./errors.js";
export { defineNetwork } from "./model/defineNetwork.js";
export type { NetworkParts } from "./model/defineNetwork.js";
export type { Activation, ActivationSpec, ElementFunction, RowFunction } from "./layers/activation.js";
export type { CarryLayer, CarrySpec } from "./layers/carry.js";
export type { ConvLayer, ConvSpec } from "./layers/conv.js";
export type { Aggregate, AggregateLayer, AggregateSpec } from "./layers/aggregate.js";
export type { AttentionLayer, AttentionSpec } from "./layers/attention.js";
export type { DenseLayer, DenseSpec } from "./layers/dense.js";
export type { Direction } from "./layers/direction.js";
export type { EmbeddingLayer, EmbeddingSpec } from "./layers/embedding.js";
export type { FlattenLayer, FlattenSpec } from "./layers/flatten.js";
export type { GruLayer, GruSpec } from "./layers/gru.js";
export type { Layer, LayerSpec } from "./layers/index.js";
export type { LastLayer, LastSpec } from "./layers/last.js";
export type { LstmLayer, LstmSpec } from "./layers/lstm.js";
export type { MapLayer, MapOperation, MapSpec } from "./layers/map.js";
export type { NormLayer, NormSpec } from "./layers/norm.js";
export type { PoolLayer, PoolSpec } from "./layers/pool.js";
export type { RearrangeLayer, RearrangeSpec } from "./layers/rearrange.js";
export type { ReduceLayer, ReduceSpec, Reduction } from "./layers/reduce.js";
export type { RnnLayer, RnnSpec } from "./layers/rnn.js";
export type { Storage } from "./layers/layerType.js";
export type { Network } from "./model/network.js";
export type { InitialState, State } from "./model/state.js";
export type { NonFinite } from "./model/checkInput.js";
export { parseModel } from "./load/parseModel.js";
export type { KerasArchitecture, ParseModelOptions } from "./load/parseModel.js";
export type { LayerDescription, NetworkDescription } from "./formats/description.js";
export {
  cpuLayers,
  gpuLayers,
  registerCpu,
  registerCpuLayers,
  registerGpu,
  registerGpuLayers,
} from "./engine/registry.js";
export type { Workload } from "./engine/workload.js";
export type { CpuLayers, CpuOffer, CpuPath, GpuPath, OpenGpu, OtherLayers } from "./engine/registry.js";
