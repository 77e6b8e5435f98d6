// Owns: the text of docs/settings.md, made from the table of settings. Refuses to know: values.

type Described = {
  readonly name: string;
  readonly default?: string;
  readonly meaning: string;
  readonly expected: string;
  readonly isSecret: boolean;
};

export function renderSettings(table: readonly Described[]): string {
  const rows = table.map(({ name, default: byDefault, expected, meaning, isSecret }) => {
    const marked = isSecret ? `${meaning} Secret: never shown or logged.` : meaning;
    return `| \`${name}\` | ${byDefault === undefined || byDefault === "" ? "none" : `\`${byDefault}\``} | ${marked} | ${expected} |`;
  });
  return [
    "# Settings",
    "",
    "Onethread is set up by environment variables. An empty value counts as absent. A bad value, or a name that begins with `ONETHREAD_` and is",
    "not in this table, stops the start with a sentence that says so.",
    "",
    "This file is made from the table in `server/src/config/config.ts`; a test compares the two (`npx vitest run server/src/config/config.test.ts -u` writes it anew).",
    "",
    "| name | default | meaning | it must be |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}
