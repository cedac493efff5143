import { isStored, tensorsOf } from "../../src/layers/index.js";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createModel, loadModel, type LoadProgress } from "webgru";
import { afterEach, describe, expect, it } from "vitest";
import { writeSafetensors } from "../../src/formats/writeSafetensors.js";
import { modelFile } from "../files/modelFile.js";
import { randomMixed, randomStack } from "../cases/random.js";
import { expectRefusal } from "../harness/refusal.js";

const network = randomMixed(70, "softmax", 5);
const file = modelFile(network);
const input = Float32Array.of(0.5, -0.25, 0.125, 1, -1);

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe("loadModel", () => {
  const sources = {
    "a Uint8Array": file,
    "a part of a larger buffer": inLargerBuffer(file),
    "a Node Buffer": Buffer.from(file),
    "an ArrayBuffer": new Uint8Array(file).buffer,
    "a Blob": new Blob([new Uint8Array(file)]),
    "a File": new File([new Uint8Array(file)], "model.safetensors"),
  };
  for (const [name, source] of Object.entries(sources)) {
    it(`loads from ${name}`, async () => {
      const model = await loadModel(source, { device: "cpu" });
      expect(await model.run(input)).toEqual(await expectedResult());
    });
  }

  it("keeps no part of the caller's own bytes, and the weights in the memory of those that it loaded", async () => {
    const bytes = writeSafetensors(network); // aligned, as safetensors' own writer has it
    const source = new Blob([bytes]);
    const [model, loaded] = [await loadModel(bytes, { device: "cpu" }), await loadModel(source, { device: "cpu" })];
    bytes.fill(0);
    expect(await model.run(input)).toEqual(await expectedResult());
    expect(await loaded.run(input)).toEqual(await expectedResult());
    const tensors = loaded.network.layers.flatMap(tensorsOf).filter(isStored);
    expect(tensors.map(({ values }) => values!.buffer.byteLength)).toEqual(tensors.map(() => bytes.length));
  });

  it("goes by what comes, whatever length was said", async () => {
    for (const size of [0, 100, file.length - 8, file.length + 8, 2 ** 40]) {
      const source = new Blob([new Uint8Array(file)]);
      Object.defineProperty(source, "size", { value: size });
      const model = await loadModel(source, { device: "cpu" });
      expect(await model.run(input)).toEqual(await expectedResult());
    }
  });

  it("loads from a URL, as a string or as an object", async () => {
    const url = await serve(sendFile);
    for (const source of [url, new URL(url)]) {
      const model = await loadModel(source, { device: "cpu" });
      expect(await model.run(input)).toEqual(await expectedResult());
    }
  });

  it("reports progress from a URL, up to the length that the server gives", async () => {
    let finish: (() => void) | null = null;
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-length": file.length });
      response.write(file.subarray(0, 100));
      finish = () => response.end(file.subarray(100));
    });
    const progress = await progressOf(url, () => finish?.()); // what comes at once is told at once
    expect(progress.length).toBeGreaterThan(1);
    expect(progress.map(({ loaded }) => loaded)).toEqual(progress.map(({ loaded }) => loaded).sort((a, b) => a - b));
    expect(progress[0]!.loaded).toBe(100);
    expect(progress.at(-1)).toEqual({ loaded: file.length, total: file.length });
    expect(new Set(progress.map(({ total }) => total))).toEqual(new Set([file.length]));
  });

  it("reports no total where the server does not give one", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "transfer-encoding": "chunked" });
      response.end(file);
    });
    expect((await progressOf(url)).at(-1)).toEqual({ loaded: file.length, total: null });
  });

  it("reports progress from a Blob", async () => {
    const progress = await progressOf(new Blob([new Uint8Array(file)]));
    expect(progress.at(-1)).toEqual({ loaded: file.length, total: file.length });
  });

  it("says which URL the server does not have", async () => {
    const url = await serve((_, response) => response.writeHead(404).end());
    await expect(loadModel(url, { device: "cpu" })).rejects.toThrow(
      `${url}: expected the file, got HTTP 404 Not Found`,
    );
  });

  it("says what a page of text is not", async () => {
    const url = await serve((_, response) => response.end("<!doctype html>"));
    await expectRefusal(
      () => loadModel(url, { device: "cpu" }),
      "bad-file",
      "model: expected a model file, got a page in HTML; is the URL right? Servers of apps give their page for any",
    );
  });

  it("rejects with the signal's reason where it was aborted before, without a request", async () => {
    let numRequests = 0;
    const url = await serve((request, response) => {
      numRequests++;
      sendFile(request, response);
    });
    const reason = { why: "changed my mind" };
    const signal = AbortSignal.abort(reason);
    for (const source of [url, file, new Blob([new Uint8Array(file)])]) {
      await expect(loadModel(source, { device: "cpu", signal })).rejects.toBe(reason);
    }
    expect(numRequests).toBe(0);
  });

  it("rejects with the signal's reason where it is aborted before the answer", async () => {
    const url = await serve(() => {}); // never answers
    await expectAborted(url, (controller, reason) => setTimeout(() => controller.abort(reason), 20));
  });

  it("rejects with the signal's reason where it is aborted in the middle of the file", async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { "content-length": file.length });
      response.write(file.subarray(0, 100)); // and no more
    });
    await expectAborted(
      url,
      () => {},
      (controller, reason) => setTimeout(() => controller.abort(reason), 20),
    );
  });

  it("rejects with the signal's reason where it is aborted while a Blob is read", async () => {
    const blob = new Blob([new Uint8Array(file)]);
    await expectAborted(
      blob,
      () => {},
      (controller, reason) => controller.abort(reason),
    );
  });

  it("rejects with the signal's reason where it is aborted after the last byte", async () => {
    const controller = new AbortController();
    const reason = new Error("too late, but still");
    const load = loadModel(file, { device: "cpu", signal: controller.signal });
    controller.abort(reason);
    await expect(load).rejects.toBe(reason);
  });
});

describe("createModel, where there is no WebGPU", () => {
  const refusal = "there is no WebGPU here: use a current Chrome, Edge, Safari or Firefox (Node has none)";

  it("refuses WebGPU, with the remedy", async () => {
    expect(globalThis.navigator?.gpu).toBeUndefined();
    const message = `device "webgpu": expected an adapter, got none: ${refusal}`;
    await expectRefusal(() => createModel(network, { device: "webgpu" }), "no-adapter", message);
    await expectRefusal(() => loadModel(file, { device: "webgpu" }), "no-adapter", message);
  });

  for (const options of [{}, { device: "auto" }] as const) {
    it(`takes the CPU and says why for ${JSON.stringify(options)}`, async () => {
      const model = await createModel(network, options);
      expect([model.device, model.deviceReason]).toEqual(["cpu", `no WebGPU: ${refusal}`]);
      expect(model.explain()).toContain(`device: cpu (CPU, WebAssembly SIMD); no WebGPU: ${refusal}\n`);
    });
  }

  it("takes the CPU that was asked for", async () => {
    const model = await createModel(network, { device: "cpu" });
    expect([model.device, model.deviceReason]).toEqual(["cpu", "asked for"]);
  });

  it("refuses a device that there is no such thing as", async () => {
    await expectRefusal(
      () => createModel(network, { device: "gpu" as never }),
      "unsupported",
      'device: expected "auto", "webgpu", "cpu" or a GPUDevice, got the string "gpu"',
    );
  });
});

describe("loadModel, told how the layers are wired", () => {
  it("obeys", async () => {
    const stack = modelFile(randomStack({ seed: 71, inputSize: 2, hiddenSizes: [3, 4], resetAfter: true }));
    const layer = { type: "gru", name: "gru0", inputSize: 2, hiddenSize: 3 } as const;
    const model = await loadModel(stack, { device: "cpu", description: { layers: [layer] } });
    expect(model.outputSize).toBe(3);
    expect(model.notes).toEqual([expect.stringMatching(/^Not used by any layer: .*gru1\.weight/)]);
  });
});

async function expectedResult() {
  return (await createModel(network, { device: "cpu" })).run(input);
}

const sendFile: RequestListener = (_, response) => {
  response.end(file);
};

/** Starts a server on a free port; it ends with the test. @returns the address of its one file */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.safetensors`;
}

async function progressOf(source: string | Blob, atFirst = () => {}): Promise<LoadProgress[]> {
  const progress: LoadProgress[] = [];
  const onProgress = (step: LoadProgress) => {
    if (progress.push(step) === 1) atFirst();
  };
  await loadModel(source, { device: "cpu", onProgress });
  return progress;
}

type Abort = (controller: AbortController, reason: Error) => unknown;

/** Expects a load to reject with the very reason. @param atStart called with the load, @param atProgress with its first bytes */
async function expectAborted(source: string | Blob, atStart: Abort, atProgress: Abort = () => {}): Promise<void> {
  const controller = new AbortController();
  const reason = new Error("enough");
  const { signal } = controller;
  const onProgress = () => void atProgress(controller, reason);
  const load = loadModel(source, { device: "cpu", signal, onProgress });
  atStart(controller, reason);
  await expect(load).rejects.toBe(reason);
}

function inLargerBuffer(bytes: Uint8Array): Uint8Array {
  const larger = new Uint8Array(bytes.length + 11);
  larger.set(bytes, 5);
  return larger.subarray(5, 5 + bytes.length);
}
