// The GPU path: plans, kernels and the runtime. The main file fetches this file when a model runs on a GPU. Where code cannot
// be fetched later, `import "webgru/webgpu"` beforehand does the same.

import { type GpuPath, registerGpu } from "../engine/registry.js";
import { openGpu } from "../runtime/openGpu.js";
import { borrowDevice, openDevice } from "../runtime/openDevice.js";

/** The GPU path, which registers itself. */
export const path: GpuPath = {
  open: async (adapter) => openGpu(await openDevice(adapter)),
  borrow: (device) => openGpu(borrowDevice(device)),
};

registerGpu(path);
