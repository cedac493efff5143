import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
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
 * Serves what it is given, and nothing of the disk besides, to this machine alone. No request ends it: one that is not
 * HTTP is answered by Node, and every other by `answerTo`.
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
      // A body that nobody reads would keep the connection, and what comes after it, waiting.
      ...(hasBody(request) ? { connection: "close" } : {}),
    });
    response.end(request.method === "HEAD" ? undefined : file.content);
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject); // for good: one that comes later ends nothing
    server.listen(port, "127.0.0.1", resolve);
  });
  return { server, url: `http://localhost:${(server.address() as AddressInfo).port}/` };
}

const METHODS = ["GET", "HEAD"];

/** Of every answer: no guesses at types, no use by pages of other sites, nothing kept. */
const HEADERS = {
  "x-content-type-options": "nosniff",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** A status, and the content that goes with it. */
interface Answer {
  readonly status: number;
  readonly file: Served;
}

/** @param port the server's own */
function answerTo(request: IncomingMessage, files: ReadonlyMap<string, Served>, port: number): Answer {
  const { method = "", url = "", headersDistinct } = request;
  const hosts = headersDistinct["host"] ?? [];
  if (hosts.length !== 1) return refusal(400, "expected one Host");
  // A page of another site that had its own name point here would otherwise read the model.
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
    return null; // an escape that is none
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** A page may run its own scripts, those beside it and WebAssembly, and ask this server; nothing else. */
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
