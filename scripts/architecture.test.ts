import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect, test } from "vitest";

const ROOT = new URL("../", import.meta.url);
const rooms = createRequire(import.meta.url)("./rooms.cjs") as Readonly<Record<string, readonly string[]>>;

function codeIn(cell = ""): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code ?? "");
}

test("the table of ARCHITECTURE.md is what the import rules are made of", () => {
  const rows = readFileSync(new URL("ARCHITECTURE.md", ROOT), "utf8")
    .split("\n")
    .map((line) => line.split("|"))
    .filter((cells) => cells.length === 5 && /^ `\w+`\s*$/.test(cells[1] ?? ""));
  expect(rows.map(([, room, , known]) => [codeIn(room)[0], codeIn(known)])).toEqual(Object.entries(rooms));
});

test("every room has its rule, and every rule its room", () => {
  const found = readdirSync(new URL("server/src", ROOT), { withFileTypes: true })
    .filter(({ name }) => !name.includes(".test."))
    .map((entry) => (entry.isDirectory() ? entry.name : entry.name.replace(/\.ts$/, "")));
  expect(found.toSorted()).toEqual(Object.keys(rooms).toSorted());
});

test("a room knows only rooms that are listed before it: no circle, and no arrow back", () => {
  const before: string[] = [];
  for (const [room, known] of Object.entries(rooms)) {
    expect(known.filter((name) => !before.includes(name))).toEqual([]);
    before.push(room);
  }
});
