// `node childLoad.mjs SOURCE`: loads a model from a URL, or a file as a Blob, in a process of its own, and prints how many bytes
// that took at its peak, by the operating system's own mark of what the process has used.

import { existsSync, openAsBlob, readFileSync } from "node:fs";
import { loadModel } from "../../dist/webgru.js";

const [, , source] = process.argv;
const isUrl = source.startsWith("http:");
process.removeAllListeners("warning"); // openAsBlob is experimental in Node 20

// The first load of any file takes the platform's own code and the readers, too.
const warmUp = async (url) => void (await loadModel(url, { device: "cpu" }).catch(() => null));
if (isUrl) await warmUp(new URL("/tiny", source));
else await warmUp(new Blob([new Uint8Array(64)]));
await warmUp(new Blob([new TextEncoder().encode(`PK${" ".repeat(24)}\x02\x00\x00\x00a/`)]));

const before = process.memoryUsage().rss;
let events = 0;
let sizeBytes = 0;
const onProgress = ({ loaded }) => {
  events++;
  sizeBytes = loaded;
};
const model = await loadModel(isUrl ? source : await openAsBlob(source), { device: "cpu", onProgress });
const peakBytes = peakRss() - before;
process.stdout.write(
  JSON.stringify({ sizeBytes, peakBytes, ratio: peakBytes / sizeBytes, events, layers: model.network.layers.length }),
);

/** The most that was resident, in bytes. Linux's maxRSS begins with what the parent process had; VmHWM is this one's. */
function peakRss() {
  const path = "/proc/self/status";
  if (!existsSync(path)) return process.resourceUsage().maxRSS * 1024;
  return Number(/VmHWM:\s*(\d+) kB/.exec(readFileSync(path, "utf8"))[1]) * 1024;
}
