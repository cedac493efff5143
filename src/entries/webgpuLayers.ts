// The layer types that a plain GRU model does not have, on a GPU. `webgru/webgpu` fetches this file when a model has one of them.
// Where code cannot be fetched later, `import "webgru/webgpuLayers"` beforehand does the same.

import { type OtherLayers, registerGpuLayers } from "../engine/registry.js";
import * as layers from "../plan/list.js";
import { simplified } from "../model/simplified.js";

/** The layer types, which register themselves. */
export const file: OtherLayers = { layers, simplified };

registerGpuLayers(file);
