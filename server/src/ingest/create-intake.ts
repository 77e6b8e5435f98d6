// Owns: the way of a webhook's events into the database: sorted by what they are, gathered into batches, answered when they are durable.
import type { ChannelDirectory, DirectoryChannel } from "../businesses/channel-directory.ts";
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { Queryable } from "../db/query.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { Fault, messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { createMicroBatcher } from "../kernel/micro-batcher.ts";
import { withTimeout } from "../kernel/with-timeout.ts";
import type { IdentityEvent, MessageEvent, NoticeEvent, PreferenceEvent, StatusEvent, WebhookEvent } from "../whatsapp/events.ts";
import { isForNothing } from "../whatsapp/is-for-nothing.ts";
import { createIngestItem, type IngestItem } from "./ingest-item.ts";
import type { StoreOutcome } from "./store-batch.ts";
import { createLearnIdentity, type IdentityLesson } from "./learn-identity.ts";
import { createRecordPreferences, type LocatedPreferences } from "./record-preferences.ts";
import { createRecordSignals } from "./record-signals.ts";
import { createStoreMessages } from "./store-messages.ts";
import { createStatusStore, type StatusItem, type StatusStore } from "./store-statuses.ts";
import { createThreadResolver } from "./thread-resolver.ts";
import type { NoticeEntry, RefusedEntry, WebhookLogWriter } from "./webhook-log.ts";
import type { IntakeResult, WebhookIntake } from "./webhook-intake.ts";

export interface IntakeDeps {
  readonly db: Queryable;
  readonly batches: Queryable;
  readonly channels: ChannelDirectory;
  readonly webhookLog: WebhookLogWriter;
  readonly settleIdentity: SettleIdentity;
  readonly failPoints: FailPoints;
  readonly log: Log;
  /** Parallel batches; each holds one connection of the ingest pool while it runs. */
  readonly slots: number;
  readonly maxWaiting: number;
  readonly maxBatch?: number;
  /** Told after every commit that stored something. What it throws is logged and changes nothing. */
  readonly onStored: (count: number) => void;
}

export interface Intake extends WebhookIntake {
  readonly statuses: StatusStore;
  readonly waiting: number;
  /** After a split: who is who is looked up anew. */
  forget(): void;
  /** Resolves when everything that was accepted is durable. */
  idle(): Promise<void>;
}

const MAX_BATCH = 256;
const MAX_BATCH_BYTES = 1_000_000;
/** What one delivery may have in the queue at a time: a body of any size comes in by slices, and others get their turn between them. More than the platform puts into one (1,000), so that a burst in one delivery is one burst here. */
const SLICE = 1_024;
/** Of the queue, for one business; what is beyond it is refused with 503. */
const SHARE = 0.25;
/** A slice that is not durable by then is answered 503; what it holds may still be stored, and is a duplicate when it comes again. */
const SLICE_DEADLINE_MS = 10_000;
const MAX_LESSONS_WAITING = 1_000;
const ALIAS_CACHE_ENTRIES = 200_000;

/** `isUsed`: it needs nothing more than its raw record. */
type Notice = { readonly event: NoticeEvent; readonly isUsed: boolean };
type Located<E> = { readonly event: E; readonly channel: DirectoryChannel };

const unavailable = (cause: unknown): Fault =>
  new Fault("unavailable", "The database cannot take messages right now. Nothing of this delivery was acknowledged; deliver it again.", {
    cause,
    retryAfterSeconds: 2,
  });

export function createIntake(deps: IntakeDeps): Intake {
  const { db, log, webhookLog } = deps;
  const resolver = createThreadResolver({ db, maxEntries: ALIAS_CACHE_ENTRIES });
  const storeMessages = createStoreMessages({ ...deps, resolver });
  const statuses = createStatusStore(deps);
  const recordSignals = createRecordSignals(deps);
  const recordPreferences = createRecordPreferences(deps);
  const learnIdentity = createLearnIdentity({ settleIdentity: deps.settleIdentity, log });
  let learning: Promise<void> = Promise.resolve();
  let lessonsWaiting = 0;
  const bounds = boundsOf(deps);

  const messageBatcher = createMicroBatcher<IngestItem, StoreOutcome>({
    slots: deps.slots,
    maxWeight: MAX_BATCH_BYTES,
    weigh: (item) => item.event.raw.length + item.contentJson.length,
    ...bounds,
    async run(items) {
      const outcomes = await storeMessages(items);
      const stored = outcomes.filter((outcome) => outcome === "stored").length;
      if (stored > 0) tellStored(stored);
      return outcomes;
    },
  });

  const statusBatcher = createMicroBatcher<StatusItem, "recorded" | "quarantined">({
    slots: 1,
    ...bounds,
    run: (items) => statuses.store(items),
  });

  // Bookkeeping must not decide over a message that is durable.
  function tellStored(count: number): void {
    try {
      deps.onStored(count);
    } catch (error) {
      log.error({ error: messageOf(error) }, "ingest.bookkeeping-failed");
    }
  }

  async function locate<E extends WebhookEvent>(event: E): Promise<Located<E> | undefined> {
    if (event.channelKey === undefined) return undefined;
    const channel = await deps.channels.find(event.provider, event.channelKey);
    return channel === undefined ? undefined : { event, channel };
  }

  /** Answers of how many nothing can be made yet. */
  async function recordNotices(notices: readonly Notice[]): Promise<number> {
    const entries: NoticeEntry[] = [];
    for (const { event, isUsed } of notices) {
      const recorded = await recordSignals(event, (await locate(event))?.channel);
      entries.push({ event, businessId: recorded.businessId, isUsed: isUsed || recorded.isUsed });
    }
    await webhookLog.record(entries);
    return entries.filter(({ isUsed }) => !isUsed).length;
  }

  // Nobody waits for it: what is not learned now, the next status of the same customer teaches.
  function learn(lessons: readonly IdentityLesson[]): void {
    for (const lesson of lessons) {
      if (lessonsWaiting >= MAX_LESSONS_WAITING) return;
      lessonsWaiting += 1;
      learning = learning
        .then(() => learnIdentity(lesson))
        .finally(() => {
          lessonsWaiting -= 1;
        });
    }
  }

  async function storeAll(events: readonly WebhookEvent[]): Promise<IntakeResult> {
    const messages: Located<MessageEvent>[] = [];
    const statusItems: StatusItem[] = [];
    const notices: Notice[] = [];
    const lessons: IdentityLesson[] = [];
    const preferences: LocatedPreferences[] = [];
    const aside: RefusedEntry[] = [];
    for (const event of events) {
      if (event.kind === "notice") {
        notices.push({ event, isUsed: isForNothing(event) });
        continue;
      }
      const located = await locate(event);
      if (located === undefined || event.kind === "unreadable") {
        aside.push({ businessId: located?.channel.businessId, event, reason: reasonOf(event) });
      } else if (event.kind === "message") messages.push({ event, channel: located.channel });
      else if (event.kind === "preference") {
        preferences.push({ event, channel: located.channel });
        notices.push({ event: noticeOf(event, "user_preferences"), isUsed: true });
      } else {
        lessons.push({
          channel: located.channel,
          customer: event.customer,
          becomes: event.kind === "identity" ? event.becomes : undefined,
          source: event.kind,
          at: event.kind === "status" ? event.at : new Date(),
        });
        if (event.kind === "status") statusItems.push(statusItem({ event, channel: located.channel }));
        else notices.push({ event: noticeOf(event, event.kind), isUsed: true });
      }
    }
    const outcomes = await inSlices(messages, bounds.sliceSize, async ({ event, channel }, begun) => {
      const outcome = await messageBatcher.submit(createIngestItem(event, channel), { begun });
      if (outcome === "refused") throw unavailable(new Error("somebody holds the row of this conversation"));
      return outcome;
    });
    // Only now: a status of this delivery may be about one of its messages.
    const results = await inSlices(statusItems, bounds.sliceSize, (item, begun) => statusBatcher.submit(item, { begun }));
    for (const preference of preferences) await recordPreferences(preference);
    const unused = await recordNotices(notices);
    await webhookLog.quarantine(...aside);
    learn(lessons);
    const isQuarantined = (outcome: string): boolean => outcome === "quarantined";
    return {
      stored: outcomes.filter((outcome) => outcome === "stored").length,
      duplicates: outcomes.filter((outcome) => outcome === "duplicate").length,
      quarantined: aside.length + outcomes.filter(isQuarantined).length + results.filter(isQuarantined).length,
      ...(unused > 0 ? { unused } : {}),
    };
  }

  return {
    statuses,
    get waiting() {
      return messageBatcher.waiting + statusBatcher.waiting;
    },
    forget() {
      resolver.forget();
    },
    async idle() {
      await messageBatcher.idle();
      await statusBatcher.idle();
      await learning;
    },
    async receive(events) {
      try {
        return await storeAll(events);
      } catch (error) {
        if (error instanceof Fault) throw error;
        log.error({ error, failure: classifyDatabaseError(error) }, "ingest.refused");
        throw unavailable(error);
      }
    },
  };
}

function boundsOf({ maxBatch, maxWaiting }: Pick<IntakeDeps, "maxBatch" | "maxWaiting">) {
  return {
    maxItems: maxBatch ?? MAX_BATCH,
    maxWaiting,
    maxWaitingOfShare: Math.ceil(maxWaiting * SHARE),
    // A small queue has small slices: the first one must fit into the share of its business.
    sliceSize: Math.max(1, Math.min(SLICE, Math.floor(maxWaiting * SHARE))),
    shareOf: ({ businessId }: { readonly businessId: BusinessId }): string => businessId,
    onFull: (): Fault => unavailable(new Error("the ingest queue is full")),
  };
}

/** In order, a slice at a time; the first failure ends it. */
async function inSlices<Item, Out>(
  items: readonly Item[],
  size: number,
  submit: (item: Item, begun: boolean) => Promise<Out>,
): Promise<readonly Out[]> {
  const results: Out[] = [];
  for (let at = 0; at < items.length; at += size) {
    const slice = Promise.all(items.slice(at, at + size).map((item) => submit(item, at > 0)));
    for (const result of await withTimeout(slice, SLICE_DEADLINE_MS)) results.push(result);
  }
  return results;
}

function reasonOf(event: WebhookEvent): string {
  return event.kind === "unreadable"
    ? event.reason
    : `No channel is connected for "${event.provider === "cloud" ? (event.channelKey ?? "") : "(the address of a gateway)"}".`;
}

function noticeOf({ provider, channelKey, raw }: IdentityEvent | PreferenceEvent, field: string): NoticeEvent {
  return { kind: "notice", provider, channelKey, field, raw };
}

function statusItem({ event, channel }: Located<StatusEvent>): StatusItem {
  return { event, businessId: channel.businessId, channelId: channel.channelId };
}
