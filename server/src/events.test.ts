import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL(".", import.meta.url));
const DOCS = fileURLToPath(new URL("../../docs/events.md", import.meta.url));
const CALL = /\blog\.(?:trace|debug|info|warn|error|fatal)\(/g;
const COMPLETE_CALL = /\blog\.(trace|debug|info|warn|error|fatal)\(\s*\{([^;]*?)\},\s*"([^"]+)",?\s*\)/g;

interface LoggedEvent {
  readonly name: string;
  readonly level: string;
  readonly fields: readonly string[];
}

const describeEvent = ({ name, level, fields }: LoggedEvent): string => `${name} (${level}): ${fields.toSorted().join(", ")}`;

function sourceFiles(): readonly string[] {
  return globSync("**/*.ts", { cwd: SOURCE }).filter((path) => !path.endsWith(".test.ts"));
}

/** The names in an object literal, whatever stands behind their colons. */
function fieldsOf(literal: string): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of literal) {
    if ("([{".includes(letter)) depth += 1;
    if (")]}".includes(letter)) depth -= 1;
    if (letter === "," && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + letter);
  }
  return parts.map((part) => part.split(":", 1)[0]?.trim() ?? "").filter((name) => name !== "");
}

/** An event that is logged in several places has the fields of all of them. */
function eventsInCode(): readonly LoggedEvent[] {
  const found = sourceFiles().flatMap((path) =>
    [...readFileSync(SOURCE + path, "utf8").matchAll(COMPLETE_CALL)].map(([, level = "", literal = "", name = ""]) => ({
      name,
      level,
      fields: fieldsOf(literal),
    })),
  );
  return [...Map.groupBy(found, ({ name, level }) => `${name} ${level}`).values()].map((same) => ({
    name: same[0]?.name ?? "",
    level: same[0]?.level ?? "",
    fields: [...new Set(same.flatMap(({ fields }) => fields))],
  }));
}

function eventsInDocs(): readonly LoggedEvent[] {
  const rows = readFileSync(DOCS, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  return rows.map((row) => {
    const [, name = "", level = "", fields = ""] = row.split("|").map((cell) => cell.trim());
    return { name: name.replaceAll("`", ""), level, fields: [...fields.matchAll(/`([^`]+)`/g)].map(([, field = ""]) => field) };
  });
}

test("every event that is logged is in docs/events.md with its level and its fields, and nothing else is", () => {
  const inCode = eventsInCode().map(describeEvent).toSorted();
  expect(inCode.length).toBeGreaterThan(20);
  expect(eventsInDocs().map(describeEvent).toSorted()).toEqual(inCode);
});

test("every log call gives its fields and then an event by name", () => {
  for (const path of sourceFiles()) {
    const text = readFileSync(SOURCE + path, "utf8");
    expect([path, text.match(COMPLETE_CALL)?.length ?? 0]).toEqual([path, text.match(CALL)?.length ?? 0]);
  }
});

test("an event is called area.past-tense", () => {
  for (const { name } of eventsInCode()) expect(name).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
});
