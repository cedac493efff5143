import { connect } from "puppeteer";
import { launchChrome } from "../../test/harness/chrome.js";
import { startServer } from "../server.js";
import type { ModelRuntime } from "./modelRuntime.js";

/** Models in headless Chrome, each in a page of its own, beside onnxruntime-web's wasm. @param devices the first is timed */
export async function openModelsInBrowser(devices: readonly ("cpu" | "webgpu")[]): Promise<ModelRuntime> {
  const server = await startServer();
  const browser = await launchChrome();
  // Without puppeteer's limit of three minutes for one measurement.
  const patient = await connect({ browserWSEndpoint: browser.wsEndpoint(), protocolTimeout: 0 });
  return {
    engine: await browser.version(),
    async measure(model, effort, files) {
      const names = [model.file, model.ortFile, model.statesFile].filter((name) => name !== undefined);
      const encoded = Object.fromEntries(names.map((name) => [name, Buffer.from(files(name)).toString("base64")]));
      const page = await patient.newPage();
      await page.goto(new URL("bench/page.html", server.resolvedUrls!.local[0]).href, { waitUntil: "load" });
      const row = await page.evaluate((...args) => bench.measureModel(...args), model, effort, encoded, devices);
      await page.close();
      return row;
    },
    async close() {
      await browser.close();
      await server.close();
    },
  };
}
