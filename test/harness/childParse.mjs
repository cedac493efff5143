// `node childParse.mjs FOLDER`: parses the model in a folder that childCost.ts wrote, and prints what that took.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , folder] = process.argv;
const built = (name) => import(new URL(`../../dist/${name}.js`, import.meta.url).href);
const { parseModel, GruError } = await built("webgru");
await Promise.all(["torch", "onnx", "keras", "npz", "audio"].map(built)); // loading them is no part of the cost

const read = (...path) => new Uint8Array(readFileSync(join(folder, ...path)));
const { options, names } = JSON.parse(readFileSync(join(folder, "options.json"), "utf8"));
const files = names && new Map(names.map((name, i) => [name, read("files", `${i}`)]));
const make = join(folder, "make.mjs");
const bytes = existsSync(make) ? await (await import(pathToFileURL(make).href)).default() : read("model");

/** Kilobytes. The process's peak counts from when it was its parent's copy; Linux knows that of its memory alone. */
function peak() {
  const status = "/proc/self/status";
  if (!existsSync(status)) return process.resourceUsage().maxRSS;
  return Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync(status, "utf8"))[1]);
}

/** Milliseconds of all threads that a fixed piece of work takes: as slow as the machine is now, whatever else it does. */
function yardstick() {
  const before = process.cpuUsage();
  const lists = [];
  let sum = 0;
  for (let i = 0; i < 4e6; i++) {
    sum += Math.imul(i, i) % 7;
    if (i % 16 === 0) lists.push([sum, i]);
  }
  const { user, system } = process.cpuUsage(before);
  if (lists.length === 0) throw new Error("yardstick: nothing was made");
  return (user + system) / 1000;
}

const before = peak();
const processor = process.cpuUsage();
let outcome = "network";
try {
  await parseModel(bytes, { ...options, files });
} catch (error) {
  outcome = `${error instanceof GruError ? error.code : error?.name}: ${error?.message}`;
}
const { user, system } = process.cpuUsage(processor);
const peakMegabytes = (peak() - before) / 1024;
const cpuMs = (user + system) / 1000;
process.stdout.write(JSON.stringify({ cpuMs, yardstickMs: yardstick(), peakMegabytes, outcome }));
