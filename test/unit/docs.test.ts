// The Markdown files: their links lead to what is there, and the README can be read in a sitting.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../harness/library.js";

const MAX_README_LINES = 220;
const SKIPPED = new Set(["node_modules", "dist", "coverage", ".git"]);
const files = markdownOf(projectRoot).map((path) => relative(projectRoot, path));

function markdownOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : markdownOf(path);
    return entry.name.endsWith(".md") ? [path] : [];
  });
}

/** A file's text without code, where a bracket may mean anything. */
function proseOf(path: string): string {
  return readFileSync(projectRoot + path, "utf8")
    .replace(/^\s*```[^]*?^\s*```$/gm, "")
    .replace(/`[^`\n]*`/g, "code");
}

/** The anchors of a file's headings, as pages of repositories make them. */
function anchorsOf(path: string): string[] {
  const text = readFileSync(projectRoot + path, "utf8").replace(/^```[^]*?^```$/gm, "");
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

/** Whether a link's file is there, and its heading. */
function isThere(link: string, from: string): boolean {
  const [address, anchor] = link.split("#");
  const target = address === "" ? from : join(dirname(from), address!);
  return existsSync(projectRoot + target) && (anchor === undefined || anchorsOf(target).includes(anchor));
}

describe.each(files)("%s", (file) => {
  it("has links to what is there", () => {
    const links = [...proseOf(file).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link!);
    expect(links.filter((link) => !isThere(link, file))).toEqual([]);
  });
});

it("is short: README.md", () => {
  expect(readFileSync(`${projectRoot}README.md`, "utf8").split("\n").length).toBeLessThanOrEqual(MAX_README_LINES);
});
