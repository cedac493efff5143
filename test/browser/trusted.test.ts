// A model in a worker where the page requires Trusted Types.

import { expect, inject, it } from "vitest";
import { connectBrowser } from "./support/openPage.js";

const REQUIRED = "require-trusted-types-for 'script'";
const HALF = "Error: 0.5,1";
const wayOut =
  /^worker-lost: worker: .*TrustedScriptURL.*must allow webgru's \(trusted-types webgru\); or pass a Worker/;

/** The report of trustedPage.ts under a policy. */
async function toldUnder(policy: string): Promise<Record<string, string>> {
  const browser = await connectBrowser();
  const page = await browser.newPage();
  try {
    await page.goto(`${inject("serverUrl")}/test/browser/support/trustedPage.html?${encodeURIComponent(policy)}`);
    const told = await page.waitForSelector("#told:not(:empty)");
    return JSON.parse(await told!.evaluate((element) => element.textContent));
  } finally {
    await page.close();
    await browser.disconnect();
  }
}

it("starts its worker where the page allows webgru's policy, and vouches for no other address", async () => {
  expect(await toldUnder(`${REQUIRED}; trusted-types webgru`)).toEqual({
    "on the page": HALF,
    "in its worker": HALF,
    "in one by address": expect.stringMatching(wayOut),
    "Worker afterwards": "true",
  });
});

it("takes an address that the page's own vouches for", async () => {
  for (const policy of [`${REQUIRED}; trusted-types webgru page`]) {
    expect(await toldUnder(policy)).toMatchObject({ "in its worker": HALF, "in one vouched for": HALF });
  }
});

it("says what the page must allow where it does not", async () => {
  expect(await toldUnder(`${REQUIRED}; trusted-types page`)).toEqual({
    "on the page": HALF,
    "in its worker": expect.stringMatching(wayOut),
    "in one by address": expect.stringMatching(wayOut),
    "Worker afterwards": "true",
    "in one vouched for": HALF,
  });
});

it("starts any worker where the page requires nothing", async () => {
  for (const policy of ["", "trusted-types other"]) {
    expect(await toldUnder(policy)).toMatchObject({ "in its worker": HALF, "in one by address": HALF });
  }
});
