import { type Layer, listedName } from "../layers/index.js";
import type { Network } from "../model/network.js";
import * as core from "./coreList.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

/** Lays a layer out. @param one does so for the layer that each row of a frame goes through */
type Create = (layer: Layer, target: CpuTarget, one: (layer: Layer, target: CpuTarget) => CpuLayer) => CpuLayer;

const FUNCTIONS: Readonly<Record<string, unknown>> = { ...core };

/** Whether a plain GRU model may have all of a network's layers. */
export function hasCoreLayers({ layers }: Network): boolean {
  return layers.every((layer) => listedName(layer) in core);
}

/** Adds the other layer types. @param layers the exports of list.ts */
export function addLayers(layers: object): void {
  Object.assign(FUNCTIONS, layers);
}

/** Lays a layer's weights out in the target's memory. */
export function createCpuLayer(layer: Layer, target: CpuTarget): CpuLayer {
  return (FUNCTIONS[listedName(layer)] as Create)(layer, target, createCpuLayer);
}
