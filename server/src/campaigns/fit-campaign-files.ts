// Owns: the files of ours that the rows of a campaign name, each in a column of its own: whether they are there and fit. Refuses to know: where they are (a port).
import type { Queryable } from "../db/query.ts";
import type { JsonObject } from "../kernel/json.ts";
import { listOwnFiles, mapMediaNodes } from "../whatsapp/media-nodes.ts";
import type { Provider } from "../whatsapp/providers.ts";
import { fillPlaceholders } from "./fill-placeholders.ts";

/** Within the transaction that stores what a message is made of: the files that it names stay from then on. `reason`: a sentence. */
export type FitFiles = (
  tx: Queryable,
  content: JsonObject,
  provider: Provider,
) => Promise<{ readonly ok: true; readonly content: JsonObject } | { readonly ok: false; readonly reason: string }>;

/** By line: what is wrong with the file of the row. A template without a column for one costs nothing, and a file that many rows name is looked at once. */
export async function findMisfits(
  fit: (content: JsonObject) => ReturnType<FitFiles>,
  template: JsonObject,
  rows: readonly { readonly line: number; readonly fields: JsonObject }[],
): Promise<ReadonlyMap<number, string>> {
  const misfits = new Map<number, string>();
  if (!hasColumnForFile(template)) return misfits;
  const verdicts = new Map<string, string | undefined>();
  for (const { line, fields } of rows) {
    const content = fillPlaceholders(template, fields);
    const files = listOwnFiles(content).join();
    if (!verdicts.has(files)) {
      const fitted = await fit(content);
      verdicts.set(files, fitted.ok ? undefined : fitted.reason);
    }
    const verdict = verdicts.get(files);
    if (verdict !== undefined) misfits.set(line, verdict);
  }
  return misfits;
}

function hasColumnForFile(template: JsonObject): boolean {
  let has = false;
  mapMediaNodes({ type: "template", template }, (_kind, node) => {
    has ||= typeof node["id"] === "string" && node["id"].includes("{{");
    return node;
  });
  return has;
}
