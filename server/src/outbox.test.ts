import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const SOURCE = fileURLToPath(new URL(".", import.meta.url));
const DOCS = fileURLToPath(new URL("../../docs/outbox.md", import.meta.url));
const TYPE = /^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/;

/** Types that a statement puts together: their beginning in the code, and what may follow there. */
const COMPOSED: Readonly<Record<string, readonly string[]>> = {
  "turn.": ["replied", "superseded", "handed-off", "skipped", "failed"],
  "tool-call.": ["approved", "denied"],
};

/** From here to the bracket that closes what this stands in, or to the end of the statement. */
function restOf(text: string, from: number): string {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === "(") depth += 1;
    if (text[at] === ")") depth -= 1;
    if (depth < 0 || text[at] === "`") return text.slice(from, at);
  }
  throw new Error("a statement does not end");
}

function atTopLevel(list: string): readonly string[] {
  const parts = [""];
  let depth = 0;
  for (const letter of list) {
    if (letter === "(") depth += 1;
    if (letter === ")") depth -= 1;
    if (letter === "," && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + letter);
  }
  return parts.map((part) => part.trim());
}

interface Statement {
  readonly path: string;
  readonly types: readonly string[];
  readonly fields: readonly string[];
}

/** Every place that writes events, a whole statement or a part of one. */
function statementsInCode(): readonly Statement[] {
  return globSync("**/*.queries.ts", { cwd: SOURCE }).flatMap((path) => {
    const text = readFileSync(SOURCE + path, "utf8");
    return [...text.matchAll(/insert into events\b/g)].map(({ index: begin }) => {
      const body = restOf(text, begin);
      const literals = [...body.matchAll(/'([a-z-]+\.[a-z-]*)'/g)].map(([, literal = ""]) => literal);
      const types = literals.flatMap((literal) => COMPOSED[literal]?.map((end) => literal + end) ?? [literal]);
      const objects = [...body.matchAll(/jsonb_build_object(\()/g)].flatMap(({ index }) =>
        atTopLevel(restOf(body, body.indexOf("(", index) + 1)).filter((_, nth) => nth % 2 === 0),
      );
      const written = [...body.matchAll(/"([A-Za-z]+)":/g)].map(([, key = ""]) => key);
      return { path, types, fields: [...objects.map((key) => key.replaceAll("'", "")), ...written] };
    });
  });
}

function typesInDocs(): ReadonlyMap<string, readonly string[]> {
  const rows = readFileSync(DOCS, "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `"));
  return new Map(
    rows.map((row) => {
      const [, type = "", , data = ""] = row.split("|").map((cell) => cell.trim());
      return [type.replaceAll("`", ""), [...data.matchAll(/`([^`]+)`/g)].map(([, field = ""]) => field)];
    }),
  );
}

const statements = statementsInCode();
const docs = typesInDocs();

test("every place that writes events is found", () => {
  const texts = globSync("**/*.ts", { cwd: SOURCE }).filter((path) => !path.endsWith(".test.ts"));
  const writers = texts.filter((path) => /insert into (?:onethread\.)?events\b/.test(readFileSync(SOURCE + path, "utf8")));
  expect(writers.toSorted()).toEqual([...new Set(statements.map(({ path }) => path))].toSorted());
  for (const { path, types } of statements) expect([path, types.length > 0]).toEqual([path, true]);
});

test("every type of event is in docs/outbox.md, and nothing else is", () => {
  const inCode = new Set(statements.flatMap(({ types }) => types));
  expect([...docs.keys()].toSorted()).toEqual([...inCode].toSorted());
  for (const type of inCode) expect(type).toMatch(TYPE);
});

test.for(statements.map((statement) => [statement.path, statement] as const))(
  "the data that %s writes is in docs/outbox.md",
  ([, { types, fields }]) => {
    const described = new Set(types.flatMap((type) => docs.get(type) ?? []));
    expect([...described].toSorted()).toEqual(expect.arrayContaining([...new Set(fields)]));
  },
);

test("every field in docs/outbox.md is written with its type somewhere", () => {
  for (const [type, fields] of docs) {
    const written = statements.filter(({ types }) => types.includes(type)).flatMap((statement) => statement.fields);
    expect([type, fields.filter((field) => !written.includes(field))]).toEqual([type, []]);
  }
});
