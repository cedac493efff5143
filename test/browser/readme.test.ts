// Every JavaScript snippet of what users read, run as it stands in a page that the project's root is served to.

import { readFileSync } from "node:fs";
import { describe, expect, inject, it } from "vitest";
import { projectRoot } from "../harness/library.js";
import { openPage } from "./support/openPage.js";

/** Files with snippets, and at least how many. */
const FILES = { "README.md": 2, "src/README.md": 8 };

describe.each(Object.entries(FILES))("%s", (file, atLeast) => {
  const text = readFileSync(`${projectRoot}${file}`, "utf8");
  const snippets = [...text.matchAll(/^```js\n([^]*?)^```$/gm)].map(([, code]) => code!);

  it("has snippets", () => {
    expect(snippets.length).toBeGreaterThanOrEqual(atLeast);
  });

  for (const [i, code] of snippets.entries()) {
    it(`has a snippet ${i + 1} that runs, and prints what it says`, async () => {
      const page = await openPage();
      const logged: string[] = [];
      page.on("console", (message) => logged.push(message.text()));
      const source = code.replaceAll(/"webgru(?:\/(\w+))?"/g, (_, name?: string) =>
        JSON.stringify(`${inject("serverUrl")}/src/${name ? `entries/${name}` : "index"}.ts`),
      );
      await page.evaluate((module) => harness.runModule(module), source);
      const said = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => line!);
      expect(logged).toEqual(said);
    });
  }
});

describe("src/README.md", () => {
  it("names only the errors that there are", () => {
    const codes = [...readFileSync(`${projectRoot}src/errors.ts`, "utf8").matchAll(/\| "([a-z-]+)"/g)].map(
      ([, code]) => code,
    );
    const listed = /with a `code`: ([^]*?)\. The message/
      .exec(readFileSync(`${projectRoot}src/README.md`, "utf8"))![1]!
      .match(/[a-z-]+(?=`)/g);
    expect(listed).toEqual(codes);
  });
});
