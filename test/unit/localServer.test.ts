// The server of `webgru serve` and `webgru doctor --page`, by what comes over the wire.

import { connect } from "node:net";
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LocalServer, serveLocally } from "../../src/cli/localServer.js";

const PAGE = "<!doctype html><style>p { color: red }</style><p>page</p><script type=module>let here;</script>";

let local: LocalServer;
let port = 0;

beforeAll(async () => {
  const files = new Map<string, { type: string; content: string | Uint8Array }>([
    ["/", { type: "text/html; charset=utf-8", content: PAGE }],
    ["/model.json", { type: "application/json", content: "{}" }],
    ["/model.safetensors", { type: "application/octet-stream", content: Uint8Array.of(0, 255, 10) }],
  ]);
  local = await serveLocally(files, 0);
  port = Number(new URL(local.url).port);
});
afterAll(() => {
  local.server.closeAllConnections();
  local.server.close();
});

/** The answer of the server to bytes, PORT in them its own, until it closes the connection or `isEnough`. */
async function answerTo(
  sent: string | Uint8Array,
  isEnough: (answer: string) => boolean = () => false,
): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("latin1").on("data", (text: string) => {
    answer += text;
    if (isEnough(answer)) socket.destroy();
  });
  socket.on("error", () => {}); // it may close while we still send
  socket.end(typeof sent === "string" ? sent.replace("PORT", String(port)) : sent);
  await once(socket, "close");
  return answer;
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d+) /.exec(answer)?.[1] ?? 0);
const request = (line: string, headers: readonly string[] = []) =>
  [line, "Host: localhost:PORT", "Connection: close", ...headers, "", ""].join("\r\n");

const answerAs = (host: string) => answerTo(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
const hasPage = (answer: string) => answer.includes(PAGE);

/** Asserts that the server still serves its page. */
async function expectAlive(): Promise<void> {
  const answer = await answerTo(request("GET / HTTP/1.1"));
  expect(statusOf(answer)).toBe(200);
  expect(answer).toContain(PAGE);
}

describe("a local server", () => {
  it.each([
    ["//", 404],
    ["///", 404],
    ["//example.org/", 404],
    ["/?", 200],
    ["/?a=%zz", 200],
    ["/..", 404],
    ["/../model.json", 404],
    ["/%2e%2e/model.json", 404],
    ["/./model.json", 404],
    ["/model%2Ejson", 200],
    ["/model.json%00", 404],
    ["/constructor", 404],
    ["/__proto__", 404],
    ["/[", 404],
    ["/:80", 404],
    ["/\\", 404],
    ["/%", 400],
    ["/%zz", 400],
    ["/%ff", 400],
    ["/#part", 400],
    ["*", 400],
    ["http://x/", 400],
    ["http://[/", 400],
    ["javascript:alert(1)", 400],
    ["model.json", 400],
  ])("answers the target %s with %i, and goes on", async (target, status) => {
    for (const method of ["GET", "HEAD"]) {
      const answer = await answerTo(request(`${method} ${target} HTTP/1.1`));
      expect(statusOf(answer), method).toBe(status);
    }
    await expectAlive();
  });

  it.each([
    ["nothing", ""],
    ["an empty line", "\r\n\r\n"],
    ["no request", "hello\r\n\r\n"],
    ["TLS", Uint8Array.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3)],
    ["a NUL in the target", request("GET /\0 HTTP/1.1")],
    ["a byte above 127 in the target", new Uint8Array(Buffer.from("GET /\xff HTTP/1.1\r\n\r\n", "latin1"))],
    ["a space in the target", request("GET /a b HTTP/1.1")],
    ["no target", request("GET HTTP/1.1")],
    ["an unknown method", request("BREW / HTTP/1.1")],
    ["another version", request("GET / HTTP/9.9")],
    ["half a request line", "GET /mod"],
    ["half a header", `GET / HTTP/1.1\r\nHost: loc`],
    ["no Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["no Host, in the old way", "GET / HTTP/1.0\r\n\r\n"],
    ["two Hosts", request("GET / HTTP/1.1", ["Host: localhost"])],
    ["a header without a colon", request("GET / HTTP/1.1", ["nothing"])],
    ["a NUL in a header", request("GET / HTTP/1.1", ["a: b\0c"])],
    ["a target of 20,000 characters", request(`GET /${"a".repeat(20_000)} HTTP/1.1`)],
    ["a header of 100,000 characters", request("GET / HTTP/1.1", [`a: ${"a".repeat(100_000)}`])],
    ["10,000 headers", request("GET / HTTP/1.1", Array(10_000).fill("a: b"))],
    ["a length that is none", request("GET / HTTP/1.1", ["Content-Length: -1"])],
    ["two lengths", request("GET / HTTP/1.1", ["Content-Length: 1", "Content-Length: 2"])],
    ["a chunk that is none", `${request("GET / HTTP/1.1", ["Transfer-Encoding: chunked"])}zz\r\n`],
  ])("refuses %s, and goes on", async (_, sent) => {
    const answer = await answerTo(sent);
    // A chunk that is none comes after the answer to what was before it.
    expect([0, 200, 400, 431, 505]).toContain(statusOf(answer));
    await expectAlive();
  });

  it("refuses names that are not this machine's own", async () => {
    const own = [`localhost:${port}`, `127.0.0.1:${port}`, `LOCALHOST:${port}`];
    for (const host of own) expect(statusOf(await answerAs(host)), host).toBe(200);
    const foreign = [
      "",
      "localhost",
      "localhost:1",
      `example.org:${port}`,
      `localhost:${port}.example.org`,
      "[::1]",
      "[",
    ];
    for (const host of foreign) expect(statusOf(await answerAs(host)), host).toBe(403);
    for (const host of foreign) expect(await answerAs(host), host).not.toContain("<p>page</p>");
  });

  it("refuses other methods, with a body or without", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"]) {
      const answer = await answerTo(`${request(`${method} / HTTP/1.1`, ["Content-Length: 5"])}hello`);
      expect(statusOf(answer), method).toBe(405);
      expect(answer, method).toMatch(/^allow: GET, HEAD\r$/m);
    }
    expect(statusOf(await answerTo(request("CONNECT localhost:443 HTTP/1.1")))).toBe(0);
    expect(statusOf(await answerTo(request("OPTIONS * HTTP/1.1")))).toBe(405);
    await expectAlive();
  });

  it("answers a request with a body that never ends, and one that asks for another protocol", async () => {
    const headers = ["Content-Length: 1000000000"];
    expect(statusOf(await answerTo(`${request("GET / HTTP/1.1", headers)}begin`, hasPage))).toBe(200);
    const upgrade = request("GET / HTTP/1.1", ["Connection: upgrade", "Upgrade: websocket"]);
    expect(statusOf(await answerTo(upgrade, hasPage))).toBe(200);
    await expectAlive();
  });

  it("outlives connections that are dropped at any byte", async () => {
    const text = request("GET /model.json HTTP/1.1");
    for (let length = 0; length < text.length; length += 7) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(text.replace("PORT", String(port)).slice(0, length));
      socket.resetAndDestroy();
      await once(socket, "close");
    }
    await expectAlive();
  });

  it("answers requests that come together, in their order", async () => {
    const first = "GET // HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n";
    const answer = await answerTo(first.replace("PORT", String(port)) + request("GET /model.json HTTP/1.1"));
    expect([...answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status)).toEqual(["404", "200"]);
  });

  it("gives bytes as they are, and none to HEAD", async () => {
    expect(await answerTo(request("GET /model.safetensors HTTP/1.1"))).toMatch(/\r\n\r\n\0\xff\n$/);
    const head = await answerTo(request("HEAD /model.safetensors HTTP/1.1"));
    expect(head).toMatch(/^content-length: 3\r$/m);
    expect(head).toMatch(/\r\n\r\n$/);
  });

  it("tells browsers to guess no type and to run the page's own scripts alone", async () => {
    for (const target of ["/", "/model.json", "/nothing", "*"]) {
      const answer = await answerTo(request(`GET ${target} HTTP/1.1`));
      expect(answer, target).toMatch(/^x-content-type-options: nosniff\r$/m);
      expect(answer, target).toMatch(/^content-security-policy: default-src 'none'; .*frame-ancestors 'none'/m);
      expect(answer, target).toMatch(/^cross-origin-resource-policy: same-origin\r$/m);
    }
    const [, policy] = /^content-security-policy: (.*)\r$/m.exec(await answerTo(request("GET / HTTP/1.1")))!;
    // printf 'let here;' | openssl dgst -sha256 -binary | base64; and of the style.
    expect(policy).toContain(
      "script-src 'self' 'wasm-unsafe-eval' 'sha256-lyWfEpsTW2VzReD6fP7PEeA08YQLQ5W5N43deoXSD2Y='",
    );
    expect(policy).toContain("style-src 'sha256-ngewhhP73WDIbgwseeu52VAAJgKdGUsu1IUQQsAm8m4='");
    expect(policy).not.toContain("unsafe-inline");
  });
});
