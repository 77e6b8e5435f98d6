// Owns: the report of an adoption as a person reads it. Names no customer: ids and counts. Refuses to know where the numbers come from.
import type { AdoptionReport, BusinessReport } from "./adopt-report.ts";

const SHOWN = 20;

const EVIDENCE = {
  same_wa_id: "the same wa_id",
  same_digits: "the same digits",
  same_lead: "the same lead",
  same_canonical_key: "the same canonical key",
  through_another: "a third conversation that joins them",
} as const;
const PLACED_BY = {
  conversation: "their conversation",
  customer: "the address of the chat",
  lead: "their lead",
  to_number: "the number they were sent to",
} as const;

export function renderAdoption(report: AdoptionReport, file: string | undefined): string {
  const { totals, executed } = report;
  const will = executed ? "" : "would be ";
  const lines = [
    executed ? `Adopted from ${report.source}:` : `A look at ${report.source}; nothing was written:`,
    `  ${String(totals.messages)} messages = ${String(totals.placed)} ${will}placed + ${String(totals.alreadyThere)} already there + ${String(totals.unplaceable)} that nobody can place${totals.waiting === 0 ? "" : ` + ${String(totals.waiting)} whose thread waits for a reply`}`,
    `  ${String(totals.conversations)} conversations of ${String(totals.people)} people; ${String(totals.duplicates)} of them are duplicates`,
    `  ${String(totals.withoutConversation)} messages without a usable conversation found their place all the same`,
    ...report.businesses.flatMap((business) => renderBusiness(business, executed)),
    ...renderLeftovers(report, file),
    ...renderLeftOut(report),
  ];
  if (!executed) lines.push("", "Add --execute to do it. --report <file> writes all of this as JSON.");
  return lines.join("\n");
}

function renderBusiness(business: BusinessReport, executed: boolean): readonly string[] {
  const lines = [
    "",
    `Business ${business.oldBusinessId}${business.businessId === null ? "" : ` → ${business.businessId}`}`,
    `  ${String(business.messages)} messages: ${String(business.placed)} placed, ${String(business.alreadyThere)} already there, ${String(business.unplaceable)} unplaceable`,
    `  ${String(business.conversations)} conversations, ${String(business.people)} people, ${String(business.duplicates)} duplicates`,
    ...countLines(business.duplicatesBy, EVIDENCE, "the same person by"),
    ...countLines(business.foundBy, PLACED_BY, "placed by"),
  ];
  if (business.namelessConversations.length > 0) {
    lines.push(`  ${String(business.namelessConversations.length)} conversations name nobody: ${few(business.namelessConversations)}`);
  }
  if (business.peopleWithSeveralLeads > 0)
    lines.push(`  ${String(business.peopleWithSeveralLeads)} people have several leads: the oldest one is kept`);
  for (const ids of business.threadsToMerge.slice(0, SHOWN))
    lines.push(`  one person, but threads of ours before: ${ids.join(", ")} (onethread conversations merge)`);
  const { found, kept } = business.summaries;
  if (found > 0 && executed)
    lines.push(
      `  ${String(kept)} of ${String(found)} summaries are kept as closed sessions; the others' threads have sessions or live messages of their own`,
    );
  if (found > 0 && !executed) lines.push(`  ${String(found)} people have a summary`);
  return lines;
}

function countLines(
  counts: Readonly<Record<string, number | undefined>>,
  names: Readonly<Record<string, string>>,
  before: string,
): readonly string[] {
  return Object.entries(names).flatMap(([key, name]) =>
    counts[key] === undefined ? [] : [`    ${String(counts[key])} ${before} ${name}`],
  );
}

function renderLeftovers({ leftovers }: AdoptionReport, file: string | undefined): readonly string[] {
  if (leftovers.length === 0) return [];
  const byReason = [...Map.groupBy(leftovers, ({ reason }) => reason)].toSorted(([, a], [, b]) => b.length - a.length);
  const lines = byReason.map(
    ([reason, rows]) => `  ${String(rows.length)} × ${reason} (${few(rows.map(({ oldMessageId }) => oldMessageId))})`,
  );
  return ["", "Not placed:", ...lines, file === undefined ? "  --report <file> lists every one." : `  All of them are in ${file}.`];
}

function renderLeftOut({ leftOut }: AdoptionReport): readonly string[] {
  if (leftOut.length === 0) return [];
  const lines = leftOut.slice(0, SHOWN).map(({ table, why, rows }) => `  ${table}: ${String(rows)} where ${why}`);
  const rest = leftOut.length - lines.length;
  return [
    "",
    "Left out by the mapping:",
    ...lines,
    ...(rest > 0 ? [`  and ${String(rest)} more kinds; --report <file> lists every one.`] : []),
  ];
}

function few(ids: readonly string[]): string {
  return `${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ", …" : ""}`;
}
