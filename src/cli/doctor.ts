import { once } from "node:events";
import { existsSync } from "node:fs";
import { arch, availableParallelism, cpus, platform, release } from "node:os";
import type { LaunchOptions, PuppeteerNode } from "puppeteer";
import { createModel, defineNetwork, GruError } from "../index.js";
import { defineCommand, EXIT, takeCount } from "./command.js";
import doctorPage from "./doctorPage.html?raw";
import { libraryFiles, serveLocally } from "./localServer.js";
import { print, printJson } from "./stdout.js";

/** `webgru doctor` */
export const doctor = defineCommand({
  name: "doctor",
  usage: "[--browser | --page]",
  summary: "describes this machine: a report to paste into an issue",
  help: `  --browser           also examines an installed Chrome, by puppeteer, which must be installed: WebGPU's adapter, features and
                      limits, and the results of every kernel, compared with the CPU's
  --chrome-flag FLAG  a flag for Chrome's command line; may be repeated. CHROME_PATH is the path of another Chrome
  --page              serves a page that examines the browser it is opened in
  --port PORT         port of that page; a free one when absent`,
  options: {
    browser: { type: "boolean" },
    page: { type: "boolean" },
    port: { type: "string", default: "0" },
    "chrome-flag": { type: "string", multiple: true, default: [] },
  },
  numPositionals: 0,
  async run({ values }) {
    const port = takeCount("port", values.port, 0);
    if (values.page) {
      const { server, url } = await servePage(port);
      await print(`Open ${url} in the browser to examine. Ctrl-C ends it.`);
      await once(server, "close");
      return EXIT.fine;
    }
    const report = { node: await examineNode() };
    if (!values.browser) {
      await printJson(report);
      return report.node.cpu.isFine ? EXIT.fine : EXIT.problem;
    }
    const browser = await examineBrowser(values["chrome-flag"], port);
    await printJson({ ...report, browser });
    return report.node.cpu.isFine && browser.isFine ? EXIT.fine : EXIT.problem;
  },
});

/** A WebAssembly module with one SIMD instruction. */
const SIMD = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
];

async function examineNode() {
  return {
    version: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    threads: availableParallelism(),
    wasmSimd: WebAssembly.validate(Uint8Array.from(SIMD)),
    navigatorGpu: typeof navigator === "object" && "gpu" in navigator,
    cpu: await checkCpu(),
  };
}

/** One step of a network of one unit on Node's device, compared with its equations. */
async function checkCpu(): Promise<{ device: string; reason: string; error: number; isFine: boolean }> {
  const [weight, recurrentWeight] = [Float32Array.of(0.5, -0.25, 1), Float32Array.of(1, 0.5, -0.5)];
  const network = defineNetwork({
    layers: [{ type: "gru", name: "gru", inputSize: 1, hiddenSize: 1, weight, recurrentWeight }],
  });
  const model = await createModel(network);
  const [x, h] = [0.75, 0.5];
  const { output } = await model.run([x], { initialState: [h] });
  const { deviceName: device, deviceReason: reason } = model;
  model.dispose();
  const r = sigmoid(0.5 * x + h);
  const z = sigmoid(-0.25 * x + 0.5 * h);
  const n = Math.tanh(x - r * 0.5 * h);
  const error = Math.abs(output[0]! - ((1 - z) * n + z * h));
  return { device, reason, error, isFine: error <= 1e-6 };
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

async function servePage(port: number) {
  const files = libraryFiles();
  files.set("/", { type: "text/html; charset=utf-8", content: doctorPage });
  return serveLocally(files, port);
}

/** The page's report. */
interface BrowserReport {
  readonly isFine: boolean;
}

/** Long enough for a software adapter that has to compile every kernel. */
const TIMEOUT_MS = 300_000;

async function examineBrowser(flags: readonly string[], port: number): Promise<BrowserReport> {
  const puppeteer = await importPuppeteer();
  const { server, url } = await servePage(port);
  const executablePath = findChrome();
  const isRoot = process.getuid?.() === 0; // Chrome's sandbox does not run as root
  const options: LaunchOptions = {
    headless: true,
    args: ["--enable-unsafe-webgpu", "--no-first-run", ...(isRoot ? ["--no-sandbox"] : []), ...flags],
    ...(executablePath === undefined ? {} : { executablePath }),
  };
  const browser = await puppeteer.launch(options).catch((cause: unknown) => {
    server.close();
    const wayOut = "install Chrome, or set CHROME_PATH to its executable";
    throw new GruError("unsupported", `doctor: expected Chrome to start, got ${String(cause)}; ${wayOut}`, { cause });
  });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForSelector("[data-ready]", { timeout: TIMEOUT_MS });
    return (await page.evaluate("report")) as BrowserReport;
  } finally {
    await browser.close();
    server.close();
  }
}

async function importPuppeteer(): Promise<PuppeteerNode> {
  for (const name of ["puppeteer", "puppeteer-core"]) {
    try {
      return ((await import(name)) as { default: PuppeteerNode }).default;
    } catch {
      // not installed: the other one may be
    }
  }
  const wayOut = "npm install puppeteer, or open the page of webgru doctor --page";
  throw new GruError("unsupported", `doctor: expected puppeteer beside webgru, got none; ${wayOut}`);
}

const CHROME_PATHS = ["/usr/bin/google-chrome", "/usr/bin/chromium", "/usr/bin/chromium-browser"];

/** Path of Chrome: CHROME_PATH, or the system's; undefined for puppeteer's own. */
function findChrome(): string | undefined {
  return process.env.CHROME_PATH ?? CHROME_PATHS.find((path) => existsSync(path));
}
