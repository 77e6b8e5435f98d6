// Owns: putting campaigns into the ordinary way of sending, a small slice at a time and never far ahead, so that a pause stops almost everything at once. Any number of
// processes may do it: one has a campaign at a time, and a row and its message are written together. Refuses to know: pace, and what may leave (outbound/deliver.queries.ts).
import type { BeginConversations } from "../conversations/begin-conversations.ts";
import type { ResolveConversation } from "../conversations/resolve-conversation.ts";
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { readWrittenPhone } from "../kernel/written-phone.ts";
import { pauseCampaign } from "./campaigns.queries.ts";
import type { QuietHours } from "./campaign-view.ts";
import { fillPlaceholders } from "./fill-placeholders.ts";
import { findDefinition, textOf, type CampaignTemplate } from "./find-definition.ts";
import { hoursOf } from "./hours.ts";
import { HARMLESS_CODES, STOP_CODES } from "./failure-codes.ts";
import {
  claimCampaign,
  endRelease,
  listDueCampaignsAcrossBusinesses,
  listNextRecipients,
  listReadyCountries,
  listUnplaced,
  lockRecipients,
  placeRecipients,
  postponeRecipient,
  releaseRecipients,
  restoreRecipients,
  setCampaignDue,
  skipRecipients,
  watchReleased,
} from "./release.queries.ts";

export interface ReleaseCampaignsDeps {
  readonly database: Database;
  readonly beginConversations: BeginConversations;
  readonly resolveConversation: ResolveConversation;
  readonly wake: (kind: "send") => void;
  readonly log: Log;
  /** Absent: of the number's rate. */
  readonly lookAhead?: number;
}

/** One pass over all that is due; answers how many messages it made. */
export type ReleaseCampaigns = () => Promise<number>;

/** Rows that become messages in one transaction: their conversations are locked for that long. */
const SLICE = 50;
/** What is queued at once: so many seconds of the number's rate. A pause leaves no more than that to leave. */
const AHEAD_SECONDS = 3;
const AHEAD = { least: 20, most: 500 } as const;
const PAUSE_MS = 1_000;
/** After that the pass ends, between two rounds; the next one goes on. */
const PASS_MS = 5_000;
/** Of fewer messages no share is computed. */
const LEAST_KNOWN = 50;

type Due = Row<typeof listDueCampaignsAcrossBusinesses>;
type Claimed = Row<typeof claimCampaign>;
interface Slice {
  readonly released: number;
  /** The campaign has room for another slice at once. */
  readonly more: boolean;
  /** It has paused itself. */
  readonly stop?: StopReason;
}
const NOTHING: Slice = { released: 0, more: false };

export function createReleaseCampaigns(deps: ReleaseCampaignsDeps): ReleaseCampaigns {
  const { database, log } = deps;

  /** Whom no conversation is known of gets one, by the rules of every other: outside of the slice, which only reads what came of it. */
  async function place(businessId: BusinessId, id: string): Promise<void> {
    const db = database.forBusiness(businessId);
    const country = await db.transaction(async (tx) => {
      const [campaign] = await tx.run(claimCampaign, { id });
      return campaign === undefined ? undefined : nextCountry(await countriesOf(tx, campaign))?.country;
    });
    if (country === undefined) return;
    const unplaced = await db.run(listUnplaced, { id, country, limit: SLICE });
    if (unplaced.length === 0) return;
    const people = unplaced.map(({ position, address }) => ({ position, phone: readDigits(address) }));
    const phones = people.flatMap(({ phone }) => phone ?? []);
    // What hinders them together is said of each, when it is looked for alone.
    const begun = await deps.beginConversations(businessId, phones).catch(() => undefined);
    const rows: { position: number; conversationId: string; customer: string }[] = [];
    for (const { position, phone } of people) {
      const conversationId = phone === undefined ? undefined : (begun?.get(phone) ?? (await find(businessId, id, phone)));
      if (conversationId === undefined) await db.execute(postponeRecipient, { id, position });
      else rows.push({ position, conversationId, customer: conversationId });
    }
    if (rows.length === 0) return;
    await db.transaction(async (tx) => {
      if ((await tx.run(claimCampaign, { id })).length > 0) await tx.run(placeRecipients, { id, rows });
    });
  }

  async function find(businessId: BusinessId, id: string, phone: string): Promise<string | undefined> {
    try {
      const resolved = await deps.resolveConversation({ businessId, identity: { phone } });
      return resolved.outcome === "resolved" ? resolved.conversationId : undefined;
    } catch (error) {
      log.warn({ businessId, campaignId: id, error: messageOf(error) }, "campaign.not-placed");
      return undefined;
    }
  }

  async function releaseSlice(db: BusinessDatabase, id: string): Promise<Slice> {
    return db.transaction(async (tx) => {
      const [campaign] = await tx.run(claimCampaign, { id });
      if (campaign === undefined) return NOTHING;
      const known = await findDefinition(tx, campaign.channel_id, campaign.template);
      const values = { id, since: campaign.watched_from, stopCodes: STOP_CODES, harmless: HARMLESS_CODES };
      const [watched] = await tx.run(watchReleased, values);
      const stop = reasonToPause(campaign, known, watched);
      if (stop !== undefined) {
        await tx.run(pauseCampaign, { id, ...stop, eventId: newId() });
        return { ...NOTHING, stop };
      }
      const room = (deps.lookAhead ?? aheadOf(known)) - (watched?.waiting ?? 0);
      const countries = await countriesOf(tx, campaign);
      const country = nextCountry(countries);
      if (country === undefined) {
        await rest(tx, { campaign, countries, waiting: watched?.waiting ?? 0 });
        return NOTHING;
      }
      const limit = Math.min(SLICE, room);
      const { released, handled } = limit <= 0 ? IDLE : await release(tx, { campaign, known, country: country.country, limit });
      const more = handled > 0 && released < room;
      await tx.run(setCampaignDue, { id, dueAt: new Date(campaign.now.getTime() + (more ? 0 : PAUSE_MS)) });
      return { released, more };
    });
  }

  /** One slice. What hinders it is tried again at the next pass; the others go on. */
  async function releaseOnce({ business_id: businessId, id }: Due): Promise<Slice | undefined> {
    try {
      await place(businessId as BusinessId, id);
      const slice = await releaseSlice(database.forBusiness(businessId as BusinessId), id);
      if (slice.stop !== undefined)
        log.warn({ businessId, campaignId: id, reason: slice.stop.reason, code: slice.stop.code }, "campaign.paused");
      if (slice.released > 0) deps.wake("send");
      return slice;
    } catch (error) {
      log.warn({ businessId, campaignId: id, error: messageOf(error) }, "campaign.not-released");
      return undefined;
    }
  }

  // In rounds, a slice of each, and every round over all that are due by then: a long list with a fast number keeps nobody else waiting, nor the end of the process.
  return async () => {
    const endsAt = performance.now() + PASS_MS;
    const failed = new Set<string>();
    let released = 0;
    for (let more = true; more && performance.now() < endsAt;) {
      more = false;
      for (const due of await database.acrossBusinesses.run(listDueCampaignsAcrossBusinesses, {})) {
        const slice = failed.has(due.id) ? NOTHING : await releaseOnce(due);
        if (slice === undefined) failed.add(due.id);
        released += slice?.released ?? 0;
        more ||= slice?.more === true;
      }
    }
    return released;
  };
}

function readDigits(address: string): string | undefined {
  const phone = readWrittenPhone(address);
  return phone.outcome === "read" ? phone.digits : undefined;
}

interface Country {
  readonly country: string;
  /** Rows of it may leave now. */
  readonly isDue: boolean;
  /** Until when they may, or from when on. */
  readonly changesAt: number;
}

async function countriesOf(tx: Queryable, { id, quiet_hours: quiet, now }: Claimed): Promise<readonly Country[]> {
  const rows = await tx.run(listReadyCountries, { id });
  return rows.map(({ country, is_due: isDue, due_at: dueAt }) => {
    const hours = quiet === null ? undefined : hoursOf(country, quiet as unknown as QuietHours, now.getTime());
    const isOpen = hours?.isOpen ?? true;
    if (isDue && isOpen) return { country, isDue: true, changesAt: hours?.changesAt ?? Number.POSITIVE_INFINITY };
    const opensAt = isOpen ? 0 : (hours?.changesAt ?? 0);
    return { country, isDue: false, changesAt: Math.max(opensAt, dueAt?.getTime() ?? 0) };
  });
}

/** Where the hours end first. */
function nextCountry(countries: readonly Country[]): Country | undefined {
  return countries.filter(({ isDue }) => isDue).toSorted((a, b) => a.changesAt - b.changesAt || (a.country < b.country ? -1 : 1))[0];
}

interface Rest {
  readonly campaign: Claimed;
  readonly countries: readonly Country[];
  readonly waiting: number;
}

/** Nothing may leave now: until the first country's hours, or for good. While something of it still waits to leave, it is watched on. */
async function rest(tx: Queryable, { campaign: { id, now }, countries, waiting }: Rest): Promise<void> {
  if (countries.length === 0 && waiting === 0) {
    await tx.run(endRelease, { id, eventId: newId() });
    return;
  }
  const soonest = Math.min(...countries.map(({ changesAt }) => changesAt), now.getTime() + (waiting > 0 ? PAUSE_MS : 86_400_000));
  await tx.run(setCampaignDue, { id, dueAt: new Date(Math.max(soonest, now.getTime() + PAUSE_MS)) });
}

function aheadOf(known: CampaignTemplate | undefined): number {
  return Math.min(AHEAD.most, Math.max(AHEAD.least, (known?.row.sends_per_second ?? 0) * AHEAD_SECONDS));
}

interface StopReason {
  readonly reason: string;
  readonly code: string | null;
}

function reasonToPause(
  campaign: Claimed,
  known: CampaignTemplate | undefined,
  watched: Row<typeof watchReleased> | undefined,
): StopReason | undefined {
  if (watched !== undefined && watched.stop_code !== null) return { reason: "refused_by_whatsapp", code: watched.stop_code };
  if (known === undefined || known.row.is_stopped) return { reason: "channel_stopped", code: null };
  if (known.row.obstacle !== null) return { reason: known.row.obstacle, code: null };
  if (known.row.category !== campaign.template_category) return { reason: "template_category_changed", code: null };
  if (known.row.version !== campaign.template_version) return { reason: "template_changed", code: null };
  const { known: outcomes = 0, failed = 0 } = watched ?? {};
  const isTooMuch = campaign.error_share !== null && outcomes >= LEAST_KNOWN && failed / outcomes > campaign.error_share;
  return isTooMuch ? { reason: "error_share", code: null } : undefined;
}

interface NextSlice {
  readonly campaign: Claimed;
  readonly known: CampaignTemplate | undefined;
  readonly country: string;
  readonly limit: number;
}

interface Released {
  /** Messages that there are now. */
  readonly released: number;
  /** Rows that are not ready any more. */
  readonly handled: number;
}
const IDLE: Released = { released: 0, handled: 0 };

async function release(tx: Queryable, { campaign, known, country, limit }: NextSlice): Promise<Released> {
  const { id, channel_id: channelId, template } = campaign;
  const next = await tx.run(listNextRecipients, { id, country, limit });
  const arrived = next.filter((row) => row.has_arrived).map(({ position }) => position);
  if (arrived.length > 0) await tx.run(restoreRecipients, { id, positions: arrived });
  const rows = await onSurvivors(
    tx,
    id,
    next.filter((row) => !row.has_arrived),
  );
  const handled = next.length - rows.length;
  if (rows.length === 0) return { released: 0, handled };
  const names = { template: readString(template, "name") ?? "", language: readString(readObject(template, "language"), "code") ?? "" };
  const locked = await tx.run(lockRecipients, { ids: rows.map((row) => row.survivor_id), channelId, ...names });
  const obstacles = new Map(locked.map((row) => [row.id, row.obstacle]));
  const skipped = rows.flatMap(({ position, survivor_id: survivor }) => {
    const problem = obstacles.get(survivor) ?? undefined;
    return problem === undefined ? [] : [{ position, problem }];
  });
  if (skipped.length > 0) await tx.run(skipRecipients, { id, rows: skipped });
  const messages = rows
    .filter((row) => obstacles.get(row.survivor_id) === null)
    .map(({ position, survivor_id: conversationId, fields }) => {
      const content = fillPlaceholders(template, fields);
      return { position, conversationId, messageId: newId(), text: textOf(known?.definition, content), content: JSON.stringify(content) };
    });
  if (messages.length === 0) return { released: 0, handled: handled + skipped.length };
  const done = await tx.run(releaseRecipients, { id, channelId, rows: messages });
  // A message without its row, or the other way round, must not be.
  if (done.length !== messages.length) throw new Error("not every row of the slice could be released");
  return { released: done.length, handled: handled + skipped.length + done.length };
}

type NextRow = Row<typeof listNextRecipients>;

/** Conversations that were merged since the list was read: their rows are the survivor's, of which one row gets the message. */
async function onSurvivors(tx: Queryable, id: string, rows: readonly NextRow[]): Promise<readonly NextRow[]> {
  const moved = rows.filter((row) => row.conversation_id !== row.survivor_id);
  if (moved.length === 0) return rows;
  const placed = await tx.run(placeRecipients, {
    id,
    rows: moved.map(({ position, survivor_id: conversationId }) => ({ position, conversationId, customer: conversationId })),
  });
  const doubles = new Set(placed.filter(({ state }) => state === "skipped").map(({ position }) => position));
  return rows.filter(({ position }) => !doubles.has(position));
}
