import type { Layer } from "../layers/index.js";
import type { CpuLayer, CpuTarget } from "./cpuLayer.js";
import * as list from "./list.js";

const FUNCTIONS: Readonly<Record<Layer["type"], unknown>> = list;

/** Lays a layer's weights out in the target's memory. */
export function createCpuLayer(layer: Layer, target: CpuTarget): CpuLayer {
  return (FUNCTIONS[layer.type] as (layer: Layer, target: CpuTarget) => CpuLayer)(layer, target);
}
