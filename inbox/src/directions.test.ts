// The page is to be mirrored for languages that are read from the right: no class may name a side of the screen.
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL(".", import.meta.url));
const SIDES =
  /(?<=["'`\s:])-?(?:(?:scroll-)?[mp][lr]|left|right|(?:border|rounded)-(?:[lr]|[tb][lr])|(?:text|float|clear)-(?:left|right))(?=[-"'`\s])/g;

test.each(globSync("*.tsx", { cwd: SOURCE }))("%s names beginnings and ends, not left and right", (file) => {
  const classes = [...readFileSync(`${SOURCE}${file}`, "utf8").matchAll(/className=(?:"[^"]*"|\{`[^`]*`\})/g)].map(([found]) => found);
  expect(classes.flatMap((found) => found.match(SIDES) ?? [])).toEqual([]);
});
