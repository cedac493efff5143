// Every JavaScript snippet of the README, run as it stands in a page that the project's root is served to.

import { readFileSync } from "node:fs";
import { describe, expect, inject, it } from "vitest";
import { projectRoot } from "../harness/library.js";
import { openPage } from "./support/openPage.js";

const readme = readFileSync(`${projectRoot}README.md`, "utf8");
const snippets = [...readme.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code!);

describe("the README", () => {
  it("has snippets", () => {
    expect(snippets.length).toBeGreaterThanOrEqual(3);
  });

  for (const [i, code] of snippets.entries()) {
    it(`has a snippet ${i + 1} that runs`, async () => {
      const page = await openPage();
      const logged: string[] = [];
      page.on("console", (message) => logged.push(message.text()));
      const source = code.replaceAll(/"webgru(?:\/(\w+))?"/g, (_, name?: string) =>
        JSON.stringify(`${inject("serverUrl")}/src/${name ? `entries/${name}` : "index"}.ts`),
      );
      await page.evaluate((module) => harness.runModule(module), source);
      expect(logged.join("\n")).toMatch(i === 0 ? /^next character: "[^]*\ndevice: / : /^$/);
    });
  }

  it("names only the errors that there are", () => {
    const codes = [...readFileSync(`${projectRoot}src/errors.ts`, "utf8").matchAll(/\| "([a-z-]+)"/g)].map(
      ([, code]) => code,
    );
    const listed = /with a `code`: ([^]*?)\. The message/.exec(readme)![1]!.match(/[a-z-]+(?=`)/g);
    expect(listed).toEqual(codes);
  });
});
