// Files that the program serves to a browser on this machine; test/browser/cli.test.ts has the pages themselves.

import { readFileSync } from "node:fs";
import { get } from "node:http";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseModel } from "../../src/load/parseModel.js";
import { endOf, printed, runCli, startCli } from "../harness/cliProcess.js";
import { buildLibrary, projectRoot } from "../harness/library.js";

const model = `${projectRoot}test/fixtures/torch_nested.pt`;
const programs: ReturnType<typeof startCli>[] = [];

beforeAll(buildLibrary);
afterEach(() => {
  for (const program of programs.splice(0)) program.kill();
});

/** Starts a server of the program's. @returns its address */
async function start(...args: string[]) {
  const program = startCli(...args);
  programs.push(program);
  const [url] = await printed(program, /http:\/\/localhost:\d+\//);
  return { program, url: url! };
}

describe("webgru serve", () => {
  it("serves a page, the library and the model, and no other file", async () => {
    const { url } = await start("serve", model);
    const page = await fetch(url);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await page.text()).toContain("loadModel");
    const served = await parseModel(new Uint8Array(await (await fetch(`${url}model.safetensors`)).arrayBuffer()));
    const { layers } = await parseModel(new Uint8Array(readFileSync(model)));
    expect(served.layers).toEqual(layers);
    expect(await (await fetch(`${url}model.json`)).json()).toMatchObject({ name: "torch_nested.pt" });
    for (const name of ["webgru.js", "torch.js", "cli.js"]) expect((await fetch(url + name)).status, name).toBe(200);
    for (const name of ["package.json", "../package.json", "%2e%2e/package.json", "types/index.d.ts", "constructor"]) {
      expect((await fetch(url + name)).status, name).toBe(404);
    }
  });

  it("answers to this machine's own names alone", async () => {
    const { url } = await start("serve", model);
    const status = await new Promise((resolve) => {
      get(url, { headers: { host: "example.org" } }, (response) => resolve(response.resume().statusCode));
    });
    expect(status).toBe(403);
  });

  it("outlives requests that any web page can make", async () => {
    for (const { url } of [await start("serve", model), await start("doctor", "--page")]) {
      // Fetch would tidy the target.
      for (const [path, status] of [
        ["//", 404],
        ["//[", 404],
        ["/%", 400],
        ["http://x/", 400],
      ] as const) {
        const answered = new Promise((resolve, reject) => {
          get(url, { path }, (response) => resolve(response.resume().statusCode)).on("error", reject);
        });
        expect(await answered, path).toBe(status);
      }
      const page = await fetch(url);
      expect(page.status).toBe(200);
      expect(page.headers.get("x-content-type-options")).toBe("nosniff");
      expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    }
  });

  it("ends with 130 at Ctrl-C", async () => {
    const { program } = await start("serve", model);
    const ended = endOf(program);
    program.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });

  it("ends with 1 where the port is taken, and with 2 for one that is none", async () => {
    const { url } = await start("serve", model);
    const taken = await runCli(["serve", model, "--port", new URL(url).port]);
    expect(taken).toMatchObject({ code: 1, stderr: expect.stringContaining("EADDRINUSE") as string });
    expect(await runCli(["serve", model, "--port", "http"])).toMatchObject({ code: 2 });
  });
});

describe("webgru doctor --page", () => {
  it("serves the page that examines a browser, until Ctrl-C", async () => {
    const { program, url } = await start("doctor", "--page");
    expect(await (await fetch(url)).text()).toContain("webgru doctor");
    const ended = endOf(program);
    program.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });
});
