// Holds the pages to the tree: whatever they link to, and whatever file of ours they name, exists.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGES = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT });

const LINK = /\]\((?!\w+:)([^)#\s]+)/g;
const NAMED_FILE = /`((?:server|sdk|inbox|simulator|bench|scripts)\/[\w./-]+\.\w+)`/g;

test.for(PAGES)("%s leads to what there is", (page) => {
  const text = readFileSync(join(ROOT, page), "utf8");
  const linked = Array.from(text.matchAll(LINK), ([, path = ""]) => join(dirname(page), path));
  const named = Array.from(text.matchAll(NAMED_FILE), ([, path = ""]) => path);
  expect([...linked, ...named].filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

test("there are pages, and they lead somewhere", () => {
  expect(PAGES.length).toBeGreaterThan(20);
});
