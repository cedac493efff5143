import type { Layer } from "../layers/index.js";
import type { Network } from "../model/network.js";
import * as core from "./coreList.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";

const FUNCTIONS: Partial<Readonly<Record<Layer["type"], unknown>>> = { ...core };

/** Whether a plain GRU model may have all of a network's layers. */
export function hasCoreLayers({ layers }: Network): boolean {
  return layers.every(({ type }) => type in core);
}

/** Adds the other layer types. @param layers the exports of list.ts */
export function addLayers(layers: object): void {
  Object.assign(FUNCTIONS, layers);
}

/** Lays a layer's weights out in the target's memory. */
export function createCpuLayer(layer: Layer, target: CpuTarget): CpuLayer {
  return (FUNCTIONS[layer.type] as (layer: Layer, target: CpuTarget) => CpuLayer)(layer, target);
}
