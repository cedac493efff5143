import { createServer, type Server } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";

/** What is served under an address. */
export interface Served {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** A server for this machine alone. */
export interface LocalServer {
  readonly server: Server;
  /** Of the page, `http://localhost:<port>/`. */
  readonly url: string;
}

/** The library's own files, beside the program: each under its name. */
export function libraryFiles(): Map<string, Served> {
  const folder = new URL(/* @vite-ignore */ ".", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".js"));
  return new Map(
    names.map((name) => [`/${name}`, { type: "text/javascript", content: readFileSync(new URL(name, folder)) }]),
  );
}

/**
 * Serves what it is given, and nothing of the disk besides, to this machine alone.
 *
 * @param port 0 for any that is free
 */
export async function serveLocally(files: ReadonlyMap<string, Served>, port: number): Promise<LocalServer> {
  const server = createServer((request, response) => {
    const { port: own } = server.address() as AddressInfo;
    // A page of another site that had its own name point here would otherwise read the model.
    const isLocal = [`localhost:${own}`, `127.0.0.1:${own}`].includes(request.headers.host ?? "");
    const file = isLocal ? files.get(new URL(request.url ?? "/", "http://localhost").pathname) : undefined;
    if (file === undefined) {
      response.writeHead(isLocal ? 404 : 403).end();
      return;
    }
    const length = Buffer.byteLength(file.content);
    const headers = { "content-type": file.type, "content-length": length, "cache-control": "no-store" };
    response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : file.content);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}/` };
}
