import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { readdirSync, readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";

/** The content of an address. */
export interface Served {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** A server for this machine alone. */
export interface LocalServer {
  readonly server: Server;
  /** Address of the page, `http://localhost:<port>/`. */
  readonly url: string;
}

/** The library's files, from the program's folder, by their paths on the server. */
export function libraryFiles(): Map<string, Served> {
  const folder = new URL(/* @vite-ignore */ ".", import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith(".js"));
  return new Map(
    names.map((name) => [`/${name}`, { type: "text/javascript", content: readFileSync(new URL(name, folder)) }]),
  );
}

/**
 * Serves the given files, and nothing else of the disk, to this machine alone. No request ends it: Node answers requests that
 * are not HTTP, and `answerTo` all others.
 *
 * @param port 0 for any that is free
 */
export async function serveLocally(files: ReadonlyMap<string, Served>, port: number): Promise<LocalServer> {
  const server = createServer((request, response) => {
    const { status, file } = answerTo(request, files, (server.address() as AddressInfo).port);
    response.writeHead(status, {
      ...HEADERS,
      "content-security-policy": policyOf(file),
      "content-type": file.type,
      "content-length": Buffer.byteLength(file.content),
      ...(status === 405 ? { allow: METHODS.join(", ") } : {}),
      // The body is not read: an open connection would wait for it.
      ...(hasBody(request) ? { connection: "close" } : {}),
    });
    response.end(request.method === "HEAD" ? undefined : file.content);
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject); // never removed: a later error must not end the program
    server.listen(port, "127.0.0.1", resolve);
  });
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}/` };
}

const METHODS = ["GET", "HEAD"];

/** Headers of every answer: no guessed types, no use by pages of other sites, no caching. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** A status and its content. */
interface Answer {
  readonly status: number;
  readonly file: Served;
}

/** @param port the server's own */
function answerTo(request: IncomingMessage, files: ReadonlyMap<string, Served>, port: number): Answer {
  const { method = "", url = "", headersDistinct } = request;
  const hosts = headersDistinct["host"] ?? [];
  if (hosts.length !== 1) return refusal(400, "expected one Host");
  // Without this check, a page whose own host name resolves to this machine (DNS rebinding) could read the model.
  const isOwn = [`localhost:${port}`, `127.0.0.1:${port}`].includes(hosts[0]!.toLowerCase());
  if (!isOwn) return refusal(403, "expected this machine's own name as Host");
  if (!METHODS.includes(method)) return refusal(405, `expected ${METHODS.join(" or ")}`);
  const path = pathOf(url);
  if (path === null) return refusal(400, "expected a target of the form /path?query");
  const file = files.get(path);
  return file === undefined ? refusal(404, "there is no such file") : { status: 200, file };
}

function refusal(status: number, why: string): Answer {
  return { status, file: { type: "text/plain; charset=utf-8", content: `${why}\n` } };
}

/** The path of a request's target, without its query; null for a target that is not of the form /path?query. */
function pathOf(target: string): string | null {
  const [, path] = /^(\/[^?#]*)(?:\?[^#]*)?$/.exec(target) ?? [];
  try {
    return path === undefined ? null : decodeURIComponent(path);
  } catch {
    return null; // a malformed escape
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** The policy of a page: its own scripts, this server's, WebAssembly, and requests to this server; nothing else. */
function policyOf({ type, content }: Served): string {
  if (!type.startsWith("text/html")) return "default-src 'none'; frame-ancestors 'none'";
  const hashesOf = (element: "script" | "style") =>
    [...String(content).matchAll(new RegExp(`<${element}[^>]*>([^]*?)</${element}>`, "g"))]
      .map(([, text]) => `'sha256-${createHash("sha256").update(text!).digest("base64")}'`)
      .join(" ");
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' ${hashesOf("script")}`,
    `style-src ${hashesOf("style")}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
