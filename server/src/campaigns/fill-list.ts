// Owns: putting a list into the rows of a campaign, a batch at a time: who is meant, whether the template can be filled in, what is wrong with each row. Memory does not grow
// with the list. Refuses to know: where its rows come from (upload-list.ts, select-list.ts).
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import { parsePhoneNumberFromString } from "libphonenumber-js";
import { phoneVariantsOf } from "../identity/find-phone.ts";
import { listThreadsOfPhones } from "../identity/find-phone.queries.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { TemplateDefinition } from "../whatsapp/template-definition.ts";
import { countRows, lockCampaign } from "./campaigns.queries.ts";
import { countsOf, type CampaignCounts, type QuietHours } from "./campaign-view.ts";
import { columnsOf, fillPlaceholders } from "./fill-placeholders.ts";
import { findDefinition, problemOfContent } from "./find-definition.ts";
import { findMisfits, type FitFiles } from "./fit-campaign-files.ts";
import { hoursOf } from "./hours.ts";
import { beginList, endList, findRowsOfCustomers, insertRecipients, listSurvivors } from "./recipients.queries.ts";
import { UnreadableList, type ListRow } from "./read-list.ts";

export type ListOutcome =
  | { readonly outcome: "read"; readonly counts: CampaignCounts }
  | { readonly outcome: "not_found" }
  /** It has been started; its list stays as it is. */
  | { readonly outcome: "not_draft" }
  /** A sentence. The rows before it are there, but the list is not complete: it has to be read again. */
  | { readonly outcome: "unreadable"; readonly reason: string };

export interface FillRequest {
  readonly businessId: BusinessId;
  readonly campaignId: string;
  /** The rows for a campaign whose template asks for these columns. An UnreadableList that it throws is the outcome. */
  readonly rows: (columns: readonly string[], campaign: Row<typeof lockCampaign>) => AsyncIterable<ListRow>;
}

export type FillList = (request: FillRequest) => Promise<ListOutcome>;

/** How many rows are looked up and stored together. */
const BATCH = 500;

/** Somebody else reads a list for it, or it was started meanwhile. */
class Overtaken extends Error {}

interface Target {
  readonly campaignId: string;
  readonly listId: string;
  readonly template: JsonObject;
  readonly definition: TemplateDefinition | undefined;
  readonly quietHours: QuietHours | undefined;
  readonly fitFiles: FitFiles;
}

export interface FillListDeps {
  readonly database: Database;
  readonly fitFiles: FitFiles;
}

export function createFillList({ database, fitFiles }: FillListDeps): FillList {
  return async ({ businessId, campaignId, rows }) => {
    const db = database.forBusiness(businessId);
    const listId = newId();
    try {
      const campaign = await db.transaction(async (tx) => {
        const [row] = await tx.run(lockCampaign, { id: campaignId });
        if (row?.state === "draft") await tx.run(beginList, { id: campaignId, listId });
        return row;
      });
      if (campaign === undefined) return { outcome: "not_found" };
      if (campaign.state !== "draft") return { outcome: "not_draft" };
      const { template, channel_id: channelId } = campaign;
      const { definition } = (await findDefinition(db, channelId, template)) ?? {};
      const quietHours = (campaign.quiet_hours ?? undefined) as QuietHours | undefined;
      const target = { campaignId, listId, template, definition, quietHours, fitFiles };
      let batch: ListRow[] = [];
      for await (const row of rows(columnsOf(template), campaign)) {
        batch.push(row);
        if (batch.length < BATCH) continue;
        await store(db, target, batch);
        batch = [];
      }
      await store(db, target, batch);
      if ((await db.execute(endList, { id: campaignId, listId })) === 0) throw new Overtaken();
      return { outcome: "read", counts: countsOf(await db.run(countRows, { ids: [campaignId] })) };
    } catch (error) {
      if (error instanceof UnreadableList) return { outcome: "unreadable", reason: error.message };
      if (error instanceof Overtaken)
        return { outcome: "unreadable", reason: "Another list was read for this campaign meanwhile, or it was started." };
      throw error;
    }
  };
}

interface Recipient {
  readonly position: number;
  readonly address: string;
  readonly customer: string | undefined;
  readonly conversationId: string | undefined;
  readonly country: string;
  readonly fields: string;
  readonly problem: string | undefined;
}

async function store(db: BusinessDatabase, target: Target, rows: readonly ListRow[]): Promise<void> {
  if (rows.length === 0) return;
  await db.transaction(async (tx) => {
    const [campaign] = await tx.run(lockCampaign, { id: target.campaignId });
    if (campaign?.state !== "draft" || campaign.list_id !== target.listId) throw new Overtaken();
    await insert(tx, target.campaignId, await recognise(tx, target, rows));
  });
}

async function insert(tx: Queryable, id: string, rows: readonly Recipient[]): Promise<void> {
  const kept = new Set((await tx.run(insertRecipients, { id, rows })).map(({ position }) => position));
  const left = rows.filter(({ position }) => !kept.has(position));
  if (left.length === 0) return;
  const known = await tx.run(findRowsOfCustomers, { id, customers: left.flatMap(({ customer }) => customer ?? []) });
  const lines = new Map(known.map(({ customer, position }) => [customer, position]));
  const doubles = left.map((row) => ({
    ...row,
    ...{ customer: undefined, conversationId: undefined },
    problem: `The customer of this row is in line ${String(lines.get(row.customer ?? "") ?? "above")} already.`,
  }));
  await tx.run(insertRecipients, { id, rows: doubles });
}

async function recognise(tx: Queryable, target: Target, rows: readonly ListRow[]): Promise<readonly Recipient[]> {
  const phones = rows.flatMap(({ phone }) => (phone === undefined ? [] : [phone, ...phoneVariantsOf(phone)]));
  const threads = phones.length === 0 ? [] : await tx.run(listThreadsOfPhones, { phones: [...new Set(phones)] });
  const ofPhone = new Map(threads.map(({ value, conversation_id: id }) => [value, id]));
  const ids = rows.flatMap(({ conversationId }) => conversationId ?? []);
  const survivors = new Map((ids.length === 0 ? [] : await tx.run(listSurvivors, { ids })).map((row) => [row.asked, row]));
  const misfits = await findMisfits((content) => target.fitFiles(tx, content, "cloud"), target.template, rows);
  return rows.map((row) => {
    const survivor = row.conversationId === undefined ? undefined : survivors.get(row.conversationId);
    const conversationId = row.phone === undefined ? survivor?.id : threadOf(row.phone, ofPhone);
    const country = countryOf(row.phone ?? survivor?.phone ?? undefined);
    const isUnknown = row.conversationId !== undefined && survivor === undefined;
    const problem =
      row.problem ??
      (isUnknown ? "There is no such conversation." : problemOfContent(target.definition, fillPlaceholders(target.template, row.fields))) ??
      problemOfHours(country, target) ??
      misfits.get(row.line);
    const customer = conversationId ?? (row.phone === undefined ? undefined : customerOf(row.phone));
    return {
      ...{ position: row.line, address: row.address, problem, fields: JSON.stringify(row.fields) },
      customer: problem === undefined ? customer : undefined,
      conversationId: problem === undefined ? conversationId : undefined,
      country,
    };
  });
}

/** As find-phone.ts decides it: this spelling, else the only thread that another one leads to. */
function threadOf(phone: string, threads: ReadonlyMap<string, string>): string | undefined {
  const same = threads.get(phone);
  if (same !== undefined) return same;
  const others = new Set(phoneVariantsOf(phone).flatMap((variant) => threads.get(variant) ?? []));
  return others.size === 1 ? [...others][0] : undefined;
}

/** Every spelling of a number is the same customer, until more is known. */
export function customerOf(phone: string): string {
  return `phone:${[phone, ...phoneVariantsOf(phone)].toSorted()[0] ?? phone}`;
}

export function countryOf(phone: string | undefined): string {
  return phone === undefined ? "" : (parsePhoneNumberFromString(`+${phone}`)?.country ?? "");
}

function problemOfHours(country: string, { quietHours }: Target): string | undefined {
  if (quietHours === undefined) return undefined;
  const { isOpen, changesAt } = hoursOf(country, quietHours, Date.now());
  if (isOpen || Number.isFinite(changesAt)) return undefined;
  return `There is no moment outside of the quiet hours in all time zones of ${country}.`;
}
