import { createRequire } from "node:module";
import type * as webgru from "webgru";
import { projectRoot } from "../../test/harness/library.js";
import type { Ort } from "../contenders/onnxruntime.js";
import { measureModel, type ModelEngines } from "./measureModel.js";
import type { ModelRuntime } from "./modelRuntime.js";

/** Models in this process, beside both of ONNX Runtime's packages. */
export function openModelsInNode(): ModelRuntime {
  const require = createRequire(`${projectRoot}bench/package.json`);
  // Not by `import`, which is Vite's here.
  const [native, wasm] = ["onnxruntime-node", "onnxruntime-web"].map((name) => require(name) as Ort);
  wasm!.env.wasm.numThreads = 1;
  for (const ort of [native, wasm]) ort!.env.logLevel = "error";
  const engines: ModelEngines = {
    library: require("../dist/webgru.js") as typeof webgru,
    devices: ["cpu"],
    orts: [
      { name: "onnxruntime-node", ort: native!, provider: "cpu" },
      { name: "onnxruntime-web, wasm", ort: wasm!, provider: "wasm" },
    ],
  };
  return {
    engine: `Node ${process.versions.node}`,
    measure: (model, effort, files) => measureModel(model, async (name) => files(name), engines, effort),
    close: async () => {},
  };
}
