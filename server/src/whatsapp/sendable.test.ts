// Proves that what users read of the table is what the table says, and that a refusal names the kind, the provider and another way.
import { readFileSync } from "node:fs";
import { expect, test as it } from "vitest";
import { GATEWAYS, PROVIDERS } from "./providers.ts";
import { refusalBy, SENDABLE } from "./sendable.ts";

const PAGE = new URL("../../../docs/sending.md", import.meta.url);

function rowsOfPage(): readonly (readonly string[])[] {
  const lines = readFileSync(PAGE, "utf8").split("\n");
  return lines.flatMap((line) =>
    line.startsWith("| `")
      ? [
          line
            .split("|")
            .slice(1, -1)
            .map((cell) => cell.trim()),
        ]
      : [],
  );
}

it("docs/sending.md says what the table says", () => {
  const says = { true: "yes", false: "no", unseen: "often unseen" } as const;
  const rows = Object.entries(SENDABLE).map(([kind, row]) => [
    `\`${kind}\``,
    row.called,
    ...PROVIDERS.map((provider) => says[`${row[provider]}`]),
    says[`${row.groups}`],
    PROVIDERS.some((provider) => !row[provider]) || !row.groups ? row.instead : "",
  ]);
  expect(rowsOfPage()).toEqual(rows);
});

it.each(GATEWAYS)("%s refuses a form in a sentence of three parts", (gateway) => {
  const content = { type: "interactive", interactive: { type: "flow", body: { text: "Book" }, action: { name: "flow" } } };
  expect(refusalBy(gateway, { content, isGroup: false })).toEqual({
    why: expect.stringMatching(/^(?:Evolution API|WAHA|Baileys) cannot send forms \(flows\)\.$/),
    instead: "Ask in a text.",
  });
});
