import { once } from "node:events";
import { basename } from "node:path";
import { writeSafetensors } from "../entries/safetensors.js";
import { defineCommand, EXIT, takeCount } from "./command.js";
import { libraryFiles, serveLocally } from "./localServer.js";
import playground from "./playground.html?raw";
import { MODEL_HELP, MODEL_OPTIONS, readModel } from "./readModel.js";
import { print } from "./stdout.js";

/** `webgru serve FILE` */
export const serve = defineCommand({
  name: "serve",
  usage: "FILE",
  summary: "serves a playground for a model, to this machine alone",
  help: `  --port PORT         a free one when absent
${MODEL_HELP}`,
  options: { ...MODEL_OPTIONS, port: { type: "string", default: "0" } },
  numPositionals: 1,
  async run({ positionals: [path], values }) {
    const port = takeCount("port", values.port, 0);
    const { network } = await readModel(path!, values);
    const files = libraryFiles();
    const name = JSON.stringify({ name: basename(path!), notes: network.notes });
    files.set("/", { type: "text/html; charset=utf-8", content: playground });
    files.set("/model.json", { type: "application/json", content: name });
    files.set("/model.safetensors", { type: "application/octet-stream", content: writeSafetensors(network) });
    const { server, url } = await serveLocally(files, port);
    await print(`${path} is at ${url}`, "Ctrl-C ends it.");
    await once(server, "close");
    return EXIT.fine;
  },
});
