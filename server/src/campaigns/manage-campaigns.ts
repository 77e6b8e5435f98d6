// Owns: making, starting, pausing, resuming, cancelling and retrying campaigns, and saying how far they are. Refuses to know: how their rows become messages
// (release-campaigns.ts).
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import { decodeSeq, decodeTimeId, encodeCursor, NEWEST, pageOf, type Page } from "../kernel/cursor.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import {
  campaignViewOf,
  countsOf,
  recipientViewOf,
  type CampaignRecipientView,
  type CampaignView,
  type QuietHours,
} from "./campaign-view.ts";
import {
  cancelCampaign,
  countRows,
  findCampaign,
  insertCampaign,
  listBadRecipients,
  listCampaigns,
  listQueuedMessages,
  listRecipients,
  lockCampaign,
  pauseCampaign,
  resumeCampaign,
  retryFailed,
  startCampaign,
  takeBackMessages,
} from "./campaigns.queries.ts";
import { columnsOf, fillPlaceholders } from "./fill-placeholders.ts";
import { findDefinition, textOf, type CampaignTemplate } from "./find-definition.ts";
import { NEVER_AGAIN, NOT_BEFORE_MS } from "./failure-codes.ts";
import type { FitFiles } from "./fit-campaign-files.ts";
import { isTimeZone } from "./hours.ts";
import { refused, refuseForNow, refuseTemplate, type Missing, type Refused } from "./refusals.ts";

export interface NewCampaign {
  readonly name: string;
  readonly channelId: string;
  /** `{name, language, components}` of a template message; {{column}} anywhere in it is filled in from each row. */
  readonly template: JsonObject;
  readonly quietHours?: QuietHours | undefined;
  /** Null: failures alone never pause it. Absent: a quarter. */
  readonly errorShare?: number | null | undefined;
  readonly startAt?: Date | undefined;
}

export type CampaignOutcome = { readonly outcome: "done"; readonly campaign: CampaignView } | Missing | Refused;
export type RetryCampaignOutcome =
  | { readonly outcome: "retried"; readonly retried: number; readonly campaign: CampaignView }
  | Missing
  | Refused;

export interface CampaignPreview {
  readonly campaign: CampaignView;
  /** The columns that a list needs beside the one that names the customer. */
  readonly columns: readonly string[];
  /** The first rows that get no message, and why; at most 100. */
  readonly bad: readonly { readonly line: number; readonly address: string; readonly problem: string }[];
  /** What the customers of the first rows will read. */
  readonly examples: readonly { readonly line: number; readonly address: string; readonly text: string | null }[];
  /** What forbids the template now, by its code. */
  readonly obstacle: string | null;
  /** How many customers the portfolio may write to first in 24 hours, as WhatsApp last reported it: shared with everything else that it sends. */
  readonly portfolioLimit: { readonly value: string; readonly sentence: string } | null;
  /** Messages that leave in a second, whoever sends them. */
  readonly sendsPerSecond: number | null;
}

export interface Campaigns {
  create(businessId: BusinessId, campaign: NewCampaign): Promise<CampaignOutcome>;
  /** The newest first. */
  list(businessId: BusinessId, request: { readonly limit: number; readonly cursor?: string | undefined }): Promise<Page<CampaignView>>;
  find(businessId: BusinessId, id: string): Promise<CampaignView | undefined>;
  preview(businessId: BusinessId, id: string): Promise<CampaignPreview | undefined>;
  /** By line. With a state only those that are in it. */
  recipients(
    businessId: BusinessId,
    id: string,
    request: { readonly limit: number; readonly cursor?: string | undefined; readonly state?: string | undefined },
  ): Promise<Page<CampaignRecipientView>>;
  /** `withoutBad`: rows that get no message do not hinder it. */
  start(
    businessId: BusinessId,
    id: string,
    request: { readonly startAt?: Date | undefined; readonly withoutBad: boolean },
  ): Promise<CampaignOutcome>;
  /** From then on nothing is queued; what is queued already (`counts.queued`) still leaves. */
  pause(businessId: BusinessId, id: string): Promise<CampaignOutcome>;
  resume(businessId: BusinessId, id: string): Promise<CampaignOutcome>;
  /** For good; what is queued is taken back. */
  cancel(businessId: BusinessId, id: string): Promise<CampaignOutcome>;
  /** What failed and may be tried again, each after the time that WhatsApp asks for. With codes only what failed with one of them. */
  retry(businessId: BusinessId, id: string, codes?: readonly string[]): Promise<RetryCampaignOutcome>;
}

const ERROR_SHARE = 0.25;
const MOST_BAD = 100;
const EXAMPLES = 3;

/** A file of the template does not fit: nothing of it is kept. */
class Misfit extends Error {}

export interface CampaignsDeps {
  readonly database: Database;
  readonly fitFiles: FitFiles;
}

export function createCampaigns({ database, fitFiles }: CampaignsDeps): Campaigns {
  async function viewOf(db: Queryable, id: string): Promise<CampaignView | undefined> {
    const [row] = await db.run(findCampaign, { id });
    return row === undefined ? undefined : campaignViewOf(row, countsOf(await db.run(countRows, { ids: [id] })));
  }

  /** What `change` does under the lock of the campaign; an outcome of it other than undefined is the answer. */
  async function changed(
    businessId: BusinessId,
    id: string,
    change: (tx: Queryable, state: string) => Promise<Refused | undefined>,
  ): Promise<CampaignOutcome> {
    const db = database.forBusiness(businessId);
    const outcome = await db.transaction(async (tx): Promise<Refused | Missing | undefined> => {
      const [row] = await tx.run(lockCampaign, { id });
      return row === undefined ? { outcome: "not_found" } : change(tx, row.state);
    });
    if (outcome !== undefined) return outcome;
    const campaign = await viewOf(db, id);
    return campaign === undefined ? { outcome: "not_found" } : { outcome: "done", campaign };
  }

  return {
    find: (businessId, id) => viewOf(database.forBusiness(businessId), id),
    async create(businessId, { name, channelId, template, quietHours, errorShare = ERROR_SHARE, startAt }) {
      const db = database.forBusiness(businessId);
      const refusal = refuseTemplate(await findDefinition(db, channelId, template)) ?? refuseHours(quietHours);
      if (refusal !== undefined) return refusal;
      const id = newId();
      const hours = quietHours === undefined ? undefined : JSON.stringify(quietHours);
      try {
        await db.transaction(async (tx) => {
          const fitted = await fitFiles(tx, { type: "template", template }, "cloud");
          if (!fitted.ok) throw new Misfit(fitted.reason);
          const written = JSON.stringify(fitted.content["template"]);
          const values = { id, name, channelId, template: written, quietHours: hours, errorShare, startAt };
          await tx.run(insertCampaign, { ...values, eventId: newId() });
        });
      } catch (error) {
        if (error instanceof Misfit) return refused("invalid_content", error.message);
        throw error;
      }
      const campaign = await viewOf(db, id);
      return campaign === undefined ? { outcome: "not_found" } : { outcome: "done", campaign };
    },
    async list(businessId, { limit, cursor }) {
      const db = database.forBusiness(businessId);
      const before = cursor === undefined ? NEWEST : decodeTimeId(cursor);
      const rows = await db.run(listCampaigns, { beforeAt: before.at, beforeId: before.id, limit: limit + 1 });
      const counts = Map.groupBy(await db.run(countRows, { ids: rows.map(({ id }) => id) }), (row) => row.campaign_id);
      return pageOf(rows, limit, {
        item: (row) => campaignViewOf(row, countsOf(counts.get(row.id) ?? [])),
        cursor: (row) => encodeCursor([row.cursor_at, row.id]),
      });
    },
    async recipients(businessId, id, { limit, cursor, state }) {
      const after = cursor === undefined ? 0 : decodeSeq(cursor);
      const rows = await database.forBusiness(businessId).run(listRecipients, { id, after, state, limit: limit + 1 });
      return pageOf(rows, limit, { item: recipientViewOf, cursor: (row) => encodeCursor([row.position]) });
    },
    async preview(businessId, id) {
      const db = database.forBusiness(businessId);
      const campaign = await viewOf(db, id);
      if (campaign === undefined) return undefined;
      const known = await findDefinition(db, campaign.channelId, campaign.template);
      const bad = await db.run(listBadRecipients, { id, limit: MOST_BAD });
      const first = await db.run(listRecipients, { id, after: 0, state: "ready", limit: EXAMPLES });
      return { ...{ campaign, columns: columnsOf(campaign.template) }, ...previewOf(known, campaign.template, { bad, first }) };
    },
    start: (businessId, id, { startAt, withoutBad }) =>
      changed(businessId, id, async (tx, state) => {
        if (state !== "draft") return refused("campaign_state", "It was started already.");
        const campaign = await viewOf(tx, id);
        const known = campaign === undefined ? undefined : await findDefinition(tx, campaign.channelId, campaign.template);
        const refusal = refuseStart(campaign, withoutBad) ?? refuseTemplate(known) ?? refuseForNow(known);
        if (refusal !== undefined) return refusal;
        await tx.run(startCampaign, { id, startAt, version: known?.row.version, category: known?.row.category, eventId: newId() });
        return undefined;
      }),
    pause: (businessId, id) =>
      changed(businessId, id, async (tx, state) => {
        if (state !== "started") return refused("campaign_state", "Only a campaign that was started can be paused.");
        await tx.run(pauseCampaign, { id, reason: "by_hand", code: null, eventId: newId() });
        return undefined;
      }),
    resume: (businessId, id) =>
      changed(businessId, id, async (tx, state) => {
        if (state !== "paused") return refused("campaign_state", "It is not paused.");
        const campaign = await viewOf(tx, id);
        const known = campaign === undefined ? undefined : await findDefinition(tx, campaign.channelId, campaign.template);
        const refusal = refuseTemplate(known) ?? refuseForNow(known);
        if (refusal !== undefined) return refusal;
        await tx.run(resumeCampaign, { id, version: known?.row.version, category: known?.row.category, eventId: newId() });
        return undefined;
      }),
    cancel: (businessId, id) =>
      changed(businessId, id, async (tx, state) => {
        if (state === "cancelled") return refused("campaign_state", "It was cancelled already.");
        await tx.run(cancelCampaign, { id, eventId: newId() });
        const messageIds = (await tx.run(listQueuedMessages, { id })).map((row) => row.message_id);
        if (messageIds.length > 0) await tx.run(takeBackMessages, { messageIds, eventIds: messageIds.map(() => newId()) });
        return undefined;
      }),
    async retry(businessId, id, codes) {
      let retried = 0;
      const outcome = await changed(businessId, id, async (tx, state) => {
        if (state !== "started" && state !== "paused")
          return refused("campaign_state", "Only a campaign that was started, and not cancelled, has failures to try again.");
        const later = [...NOT_BEFORE_MS.keys()];
        const values = { id, never: NEVER_AGAIN, later, laterMs: [...NOT_BEFORE_MS.values()], codes };
        const [row] = await tx.run(retryFailed, { ...values, eventId: newId() });
        retried = row?.retried ?? 0;
        return undefined;
      });
      return outcome.outcome === "done" ? { outcome: "retried", retried, campaign: outcome.campaign } : outcome;
    },
  };
}

function refuseHours(hours: QuietHours | undefined): Refused | undefined {
  if (hours === undefined) return undefined;
  if (!isTimeZone(hours.timeZone)) return refused("bad_request", `There is no time zone ${JSON.stringify(hours.timeZone.slice(0, 64))}.`);
  return hours.from === hours.to ? refused("bad_request", "The quiet hours begin when they end.") : undefined;
}

function refuseStart(campaign: CampaignView | undefined, withoutBad: boolean): Refused | undefined {
  if (campaign === undefined) return undefined;
  const { counts, isListComplete } = campaign;
  if (!isListComplete) return refused("campaign_not_ready", "Its list was not read to its end: give it again.");
  if (counts.ready === 0) return refused("campaign_not_ready", "No row of its list gets a message.");
  if (counts.bad === 0 || withoutBad) return undefined;
  return refused(
    "campaign_not_ready",
    `${counts.bad.toLocaleString("en-US")} rows of its list get no message. Correct the list, or start it without them.`,
  );
}

interface PreviewRows {
  readonly bad: readonly { readonly position: number; readonly address: string; readonly problem: string }[];
  readonly first: readonly { readonly position: number; readonly address: string; readonly fields: JsonObject }[];
}

function previewOf(
  known: CampaignTemplate | undefined,
  template: JsonObject,
  { bad, first }: PreviewRows,
): Omit<CampaignPreview, "campaign" | "columns"> {
  const { row, definition } = known ?? {};
  const limit = row?.limit ?? null;
  return {
    bad: bad.map(({ position: line, address, problem }) => ({ line, address, problem })),
    examples: first.map(({ position: line, address, fields }) => ({
      line,
      address,
      text: textOf(definition, fillPlaceholders(template, fields)),
    })),
    obstacle: row?.obstacle ?? null,
    portfolioLimit: limit === null ? null : { value: limit, sentence: row?.limit_sentence ?? "" },
    sendsPerSecond: row?.sends_per_second ?? null,
  };
}
