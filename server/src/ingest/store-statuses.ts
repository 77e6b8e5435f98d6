// Owns: a batch of delivery statuses into the database. Messages do not wait for them, and a failure here never touches a message.
import type { Queryable, Row } from "../db/query.ts";
import { identifiersOf, type Identifier } from "../identity/identifier.ts";
import { concernsMore } from "../whatsapp/provider-errors.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import type { JsonObject } from "../kernel/json.ts";
import { isUuid, type BusinessId, type ChannelId } from "../kernel/ids.ts";
import type { StatusEvent } from "../whatsapp/events.ts";
import { aroundLocks, type Patience, patienceOf, type SetAside } from "./around-locks.ts";
import { inHalves } from "./in-halves.ts";
import { priceOfStatus } from "./price-of-status.ts";
import {
  listWaitingStatusesAcrossBusinesses,
  markStatusesAppliedAcrossBusinesses,
  storeStatusesAcrossBusinesses,
} from "./ingest.queries.ts";
import { recordEntryWindowsAcrossBusinesses } from "./entry-windows.queries.ts";
import { entryWindowUntil } from "../whatsapp/entry-window.ts";
import type { WebhookLogWriter } from "./webhook-log.ts";

export interface StatusItem {
  readonly event: StatusEvent;
  readonly businessId: BusinessId;
  readonly channelId: ChannelId;
  readonly timeZone: string;
}

/** A message that failed for a reason that concerns more than itself. */
interface RefusedLater {
  readonly businessId: BusinessId;
  readonly message: { readonly channelId: string; readonly providerMessageId: string; readonly identifiers: readonly Identifier[] };
  readonly at: Date;
  readonly code: number;
  readonly patienceMs: number;
}

export interface StatusStoreDeps {
  readonly db: Queryable;
  readonly webhookLog: WebhookLogWriter;
  /** Of a message that is not known (yet): what it says of whom it was for. */
  readonly actOnRefusal: (refusal: RefusedLater) => Promise<void>;
  readonly failPoints: FailPoints;
}

export type StatusOutcome = "recorded" | "quarantined";

export interface StatusStore {
  /** What is set aside is not durable: somebody holds the row of its message. */
  store(items: readonly StatusItem[]): Promise<readonly (StatusOutcome | SetAside)[]>;
  /** One pass over the statuses that came before their message was known, around what somebody holds; answers how many met theirs. */
  applyWaitingOnce(): Promise<number>;
}

const callbackIdOf = (event: StatusEvent): string | null =>
  event.callbackData !== undefined && isUuid(event.callbackData) ? event.callbackData : null;

interface RefusedRow {
  readonly businessId: string;
  readonly channelId: string;
  readonly providerMessageId: string;
  readonly status: string;
  readonly errorCode: string | null;
  readonly at: Date;
}

const rowOf = ({ event, businessId, channelId, timeZone }: StatusItem) => ({
  businessId,
  channelId,
  providerMessageId: event.providerMessageId,
  status: event.status,
  participant: event.participant,
  at: event.at,
  callbackId: callbackIdOf(event),
  errorCode: event.fault === undefined ? null : String(event.fault.code),
  errorText: event.fault?.details ?? event.fault?.title,
  pricing: jsonOf(event.pricing),
  entryWindow: jsonOf(event.entryWindow),
  templateId: event.templateId,
  price: priceOfStatus(event, timeZone),
});

interface ReportedWindow {
  readonly businessId: string;
  readonly channelId: string;
  readonly providerMessageId: string;
  readonly until: Date;
}

/** Few statuses report one, and only of such is anything written. */
async function recordEntryWindows(db: Queryable, windows: readonly ReportedWindow[]): Promise<void> {
  if (windows.length > 0) await db.run(recordEntryWindowsAcrossBusinesses, { windows });
}

const windowOf = (
  { businessId, channelId, providerMessageId }: Omit<ReportedWindow, "until">,
  words: Parameters<typeof entryWindowUntil>[0],
): readonly ReportedWindow[] => {
  const until = entryWindowUntil(words);
  return until === undefined ? [] : [{ businessId, channelId, providerMessageId, until }];
};

const jsonOf = (node: JsonObject | null | undefined): string | null => (node === null || node === undefined ? null : JSON.stringify(node));

/** As in the statement itself: whoever holds a row keeps nobody's statuses waiting. */
const ACT_PATIENCE_MS = 50;

/** Once more of a status that was recorded before changes nothing. `items`: in the order of the rows, where there are any. */
async function actOnRefusals(
  { actOnRefusal }: StatusStoreDeps,
  rows: readonly RefusedRow[],
  items: readonly StatusItem[] = [],
): Promise<void> {
  for (const [place, { status, errorCode, businessId, channelId, providerMessageId, at }] of rows.entries()) {
    const code = Number(errorCode);
    if (status !== "failed" || errorCode === null || !concernsMore(code)) continue;
    await actOnRefusal({
      businessId: businessId as BusinessId,
      message: { channelId, providerMessageId, identifiers: identifiersIn(items[place]) },
      at,
      code,
      patienceMs: ACT_PATIENCE_MS,
    });
  }
}

/** Nobody's of a group: there the status is about one of many. */
function identifiersIn(item: StatusItem | undefined): readonly Identifier[] {
  return item === undefined || item.event.participant !== "" ? [] : identifiersOf(item.event.customer, null);
}

type WaitingStatus = Row<typeof listWaitingStatusesAcrossBusinesses>;

const statusOfWaiting = (row: WaitingStatus) => ({
  businessId: row.business_id,
  channelId: row.channel_id,
  providerMessageId: row.provider_message_id,
  status: row.status,
  participant: row.participant,
  at: row.at,
  callbackId: null,
  errorCode: row.error_code,
  errorText: row.error_text,
  pricing: jsonOf(row.pricing),
  entryWindow: jsonOf(row.entry_window),
  templateId: row.template_id,
  price: row.price,
});

async function applyWaiting(deps: StatusStoreDeps, waiting: readonly WaitingStatus[]): Promise<void> {
  const statuses = waiting.map(statusOfWaiting);
  await deps.db.run(storeStatusesAcrossBusinesses, { statuses });
  await recordEntryWindows(
    deps.db,
    waiting.flatMap(({ at, pricing, entry_window: entryWindow, ...row }) =>
      windowOf(
        { businessId: row.business_id, channelId: row.channel_id, providerMessageId: row.provider_message_id },
        { at, pricing, entryWindow },
      ),
    ),
  );
  await actOnRefusals(deps, statuses);
  await deps.db.execute(markStatusesAppliedAcrossBusinesses, { statuses });
}

export function createStatusStore(deps: StatusStoreDeps): StatusStore {
  async function storeOnce(items: readonly StatusItem[]): Promise<void> {
    await deps.failPoints.hit("status.apply");
    const statuses = items.map(rowOf);
    await deps.db.run(storeStatusesAcrossBusinesses, { statuses });
    await recordEntryWindows(
      deps.db,
      items.flatMap(({ event, ...item }) => windowOf({ ...item, providerMessageId: event.providerMessageId }, event)),
    );
    await actOnRefusals(deps, statuses, items);
  }

  return {
    async store(items) {
      const outcomes = new Map<StatusItem, StatusOutcome | SetAside>();
      const set = (some: readonly StatusItem[], outcome: StatusOutcome | SetAside): void => {
        for (const item of some) outcomes.set(item, outcome);
      };
      // The statement itself is never patient.
      const patience: Patience = patienceOf(true);
      const attempt = async (part: readonly StatusItem[]): Promise<void> => {
        await storeOnce(part);
        set(part, "recorded");
      };
      const pendingOf = (part: readonly StatusItem[]): readonly StatusItem[] => part.filter((item) => !outcomes.has(item));
      await inHalves(
        items,
        (part) => aroundLocks(part, { patience, attempt, pendingOf, setAside: set, findHeld: () => Promise.resolve([]) }),
        async (item, refusal) => {
          await deps.webhookLog.quarantine([{ businessId: item.businessId, event: item.event, reason: messageOf(refusal) }]);
          outcomes.set(item, "quarantined");
        },
      );
      return items.map((item) => outcomes.get(item) ?? "stuck");
    },
    async applyWaitingOnce() {
      const waiting = await deps.db.run(listWaitingStatusesAcrossBusinesses, {});
      const applied = new Set<WaitingStatus>();
      const aside = new Set<WaitingStatus>();
      await aroundLocks(waiting, {
        patience: patienceOf(true),
        async attempt(part) {
          await applyWaiting(deps, part);
          for (const row of part) applied.add(row);
        },
        pendingOf: (part) => part.filter((row) => !applied.has(row) && !aside.has(row)),
        findHeld: () => Promise.resolve([]),
        // It stays as it is, for the next pass.
        setAside(part) {
          for (const row of part) aside.add(row);
        },
      });
      return applied.size;
    },
  };
}
