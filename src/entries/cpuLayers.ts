// The layer types that a plain GRU model does not have, on the CPU. `webgru/cpu` fetches this file when a model has one of them.
// Where code cannot be fetched later, as in an AudioWorklet, `import "webgru/cpuLayers"` beforehand does the same.

import * as layers from "../cpu/list.js";
import * as modules from "../cpu/wasm/all.ts?modules";
import { type CpuLayers, registerCpuLayers } from "../engine/registry.js";
import { simplified } from "../model/simplified.js";

/** The layer types, which register themselves. */
export const file: CpuLayers = { layers, modules, simplified };

registerCpuLayers(file);
