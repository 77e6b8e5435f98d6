// Owns: how a webhook's events get into the database: sorted by what they are, gathered into batches, answered when they are durable.
import type { ChannelDirectory } from "../businesses/channel-directory.ts";
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { BatchDatabase } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import { labelOfIdentifier } from "../identity/identifier.ts";
import type { SettleIdentity } from "../identity/settle-identity.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { Fault, messageOf } from "../kernel/faults.ts";
import type { Log } from "../kernel/log.ts";
import type { WebhookEvent } from "../whatsapp/events.ts";
import { MEDIA_KINDS } from "../whatsapp/media-check.ts";
import { isSetAside } from "./around-locks.ts";
import { createClaimOwnEchoes } from "./claim-own-echoes.ts";
import { createFindPlaces } from "./find-places.ts";
import { type IngestItem, labelsOfItem } from "./ingest-item.ts";
import { createIngestQueue, type IngestQueue, unavailable } from "./ingest-queue.ts";
import type { StoreOutcome } from "./store-batch.ts";
import { createChangeIdentities, createChangeIdentity } from "./change-identities.ts";
import { createLearnIdentity, type IdentityLesson } from "./learn-identity.ts";
import { createParkedChanges } from "./parked-changes.ts";
import { createRecordHistory } from "./record-history.ts";
import { createRecordConsentWords } from "./record-consent-words.ts";
import { createRecordPreferences } from "./record-preferences.ts";
import { createRecordSignals } from "./record-signals.ts";
import { OTHER_OWNER } from "../whatsapp/provider-errors.ts";
import { createRecordThreadOwners } from "./record-thread-owners.ts";
import { createStoreMessages, type StoreMessages } from "./store-messages.ts";
import { createSortDelivery, type Located, type Notice, noticeOfEvent } from "./sort-delivery.ts";
import { createStatusStore, type StatusItem, type StatusOutcome, type StatusStoreDeps } from "./store-statuses.ts";
import { createStoreWithWords } from "./store-with-words.ts";
import { settleUntilFree, untilFree } from "./until-free.ts";
import { createThreadResolver, type ThreadResolver } from "./thread-resolver.ts";
import type { NoticeEntry, WebhookLogWriter } from "./webhook-log.ts";
import type { IntakeResult, WebhookIntake } from "./webhook-intake.ts";

export interface IntakeDeps {
  readonly db: Queryable;
  readonly batches: BatchDatabase;
  readonly channels: ChannelDirectory;
  readonly webhookLog: WebhookLogWriter;
  readonly settleIdentity: SettleIdentity;
  readonly actOnRefusal: StatusStoreDeps["actOnRefusal"];
  readonly failPoints: FailPoints;
  readonly log: Log;
  /** Parallel batches; each holds one connection of the ingest pool while it runs. */
  readonly slots: number;
  readonly maxWaiting: number;
  readonly maxBatch?: number;
  /** Absent: 10 s. */
  readonly deadlineMs?: number;
  /** How long a batch has to be under way before messages of the same people wait behind it; absent: 100 ms. */
  readonly slowMs?: number;
  /** Called after every commit that stored something. What it throws is logged and changes nothing. */
  readonly onStored: (count: number) => void;
  /** Called after every commit that stored a message with a file. Absent: whoever fetches files looks by themselves. */
  readonly onMedia?: () => void;
  /** Called after every commit that put something into the outbox. */
  readonly onOutbox: () => void;
}

export interface Intake extends WebhookIntake {
  readonly waiting: number;
  /** After a split: who is who is looked up anew. */
  forget(): void;
  /** Resolves when everything that was accepted is durable. */
  idle(): Promise<void>;
}

const MAX_LESSONS_WAITING = 1_000;
/** Nobody waits for a status, and a statement over three of them costs almost what it costs over thirty. */
const STATUS_REST_MS = 15;
/** A message that comes alone does not wait. With 64 at a time it saves a seventh of PostgreSQL's time for each (2026-11-29). */
const MESSAGE_REST_MS = 10;
const ALIAS_CACHE_ENTRIES = 200_000;

/** All that settles who is who. */
function createPeople(deps: IntakeDeps, resolver: ThreadResolver) {
  const { log, webhookLog, deadlineMs } = deps;
  const findPlaces = createFindPlaces(deps);
  const changeIdentity = createChangeIdentity(deps.settleIdentity);
  const parkedChanges = createParkedChanges({ ...deps, findPlaces });
  const storeMessages = createStoreMessages({ ...deps, resolver, parkedChanges, changeIdentity });
  const applyWaiting: StoreMessages["applyWaiting"] = (people) => storeMessages.applyWaiting(people);
  const applyWaitingFor: WebhookIntake["applyWaitingFor"] = ({ businessId, identifiers }) =>
    applyWaiting(identifiers.map((one) => ({ businessId, label: labelOfIdentifier(one) })));
  const settleIdentity: SettleIdentity = async (request) => {
    const settled = await deps.settleIdentity(request);
    if (settled !== undefined) await applyWaitingFor(request);
    return settled;
  };
  const db = untilFree(deps.db, deadlineMs);
  const recordSignals = createRecordSignals(deps);
  return {
    findPlaces,
    storeMessages,
    applyWaitingFor,
    recordSignals,
    recordPreferences: createRecordPreferences({ db, settleIdentity: settleUntilFree(settleIdentity, deadlineMs) }),
    threadOwners: createRecordThreadOwners({ db, settleIdentity: settleUntilFree(deps.settleIdentity, deadlineMs), recordSignals, log }),
    learnIdentity: createLearnIdentity({ settleIdentity, knowsAsOne: (labels) => resolver.knowsAsOne(labels), log }),
    changeIdentities: createChangeIdentities({ changeIdentity, webhookLog, applyWaiting }),
  };
}

function createMessageQueue(
  deps: IntakeDeps,
  { resolver, storeMessages }: { readonly resolver: ThreadResolver; readonly storeMessages: StoreMessages },
): IngestQueue<IngestItem, StoreOutcome> {
  const { log, slots, maxWaiting, maxBatch, deadlineMs, slowMs } = deps;

  // Bookkeeping must not decide the fate of a message that is durable.
  function announceStored(count: number, hasFiles: boolean): void {
    try {
      deps.onStored(count);
      if (hasFiles) deps.onMedia?.();
    } catch (error) {
      log.error({ error: messageOf(error) }, "ingest.bookkeeping-failed");
    }
  }

  return createIngestQueue<IngestItem, StoreOutcome>({
    restMs: MESSAGE_REST_MS,
    ...{ slots, maxWaiting, maxBatch, deadlineMs, slowMs },
    weigh: (item) => item.event.raw.length + item.contentJson.length,
    namesOf: labelsOfItem,
    // Who begins a thread does so in one batch: others would find its identifiers taken and have to settle each of them.
    mayOverlap: (label) => resolver.knows(label),
    async store(items, isRepeat) {
      const outcomes = await storeMessages.store(items, isRepeat);
      const stored = outcomes.filter((outcome) => outcome === "stored").length;
      if (stored > 0) {
        const hasFiles = items.some(({ event }, at) => outcomes[at] === "stored" && MEDIA_KINDS.some((kind) => kind === event.type));
        announceStored(stored, hasFiles);
      }
      const aside = outcomes.filter(isSetAside).length;
      if (aside > 0 && !isRepeat) log.warn({ items: aside }, "ingest.set-aside");
      return outcomes;
    },
  });
}

function createStoreMessagesOf(deps: IntakeDeps, queue: IngestQueue<IngestItem, StoreOutcome>) {
  const { log, deadlineMs, onOutbox: onConfirmed } = deps;
  const db = untilFree(deps.db, deadlineMs);
  return createStoreWithWords({
    queue,
    claimOwnEchoes: createClaimOwnEchoes({ db, log }),
    recordConsentWords: createRecordConsentWords({ db, onConfirmed }),
  });
}

export function createIntake(deps: IntakeDeps): Intake {
  const { db, log, webhookLog, maxWaiting, maxBatch, deadlineMs, slowMs } = deps;
  const resolver = createThreadResolver({ db, maxEntries: ALIAS_CACHE_ENTRIES });
  const people = createPeople(deps, resolver);
  const { findPlaces, storeMessages, recordPreferences, recordSignals, threadOwners, learnIdentity, changeIdentities, applyWaitingFor } =
    people;
  const statuses = createStatusStore(deps);
  const recordHistory = createRecordHistory(deps);
  let learning: Promise<void> = Promise.resolve();
  let lessonsWaiting = 0;

  const messageQueue = createMessageQueue(deps, { resolver, storeMessages });
  const storeMessagesOf = createStoreMessagesOf(deps, messageQueue);
  const statusQueue = createIngestQueue<StatusItem, StatusOutcome>({
    slots: 1,
    restMs: STATUS_REST_MS,
    ...{ maxWaiting, maxBatch, deadlineMs, slowMs },
    namesOf: ({ channelId, event }) => [`${channelId}|${event.providerMessageId}`],
    store: (items) => statuses.store(items),
  });

  async function locate<E extends WebhookEvent>(event: E): Promise<Located<E> | undefined> {
    if (event.channelKey === undefined) return undefined;
    const channel = await deps.channels.find(event.provider, event.channelKey);
    return channel === undefined ? undefined : { event, channel };
  }

  const sort = createSortDelivery({ locate, findPlaces });

  /** Answers how many of them cannot be used yet. */
  async function recordNotices(notices: readonly Notice[]): Promise<number> {
    const entries: NoticeEntry[] = [];
    for (const { event, isUsed, businessId } of notices) {
      const recorded = await recordSignals(event, (await locate(event))?.channel);
      entries.push({ event, businessId: businessId ?? recorded.businessId, isUsed: isUsed || recorded.isUsed, reason: recorded.reason });
    }
    await webhookLog.record(entries);
    return entries.filter(({ isUsed }) => !isUsed).length;
  }

  // Nobody waits for this: what is not learned now, the next status of the same customer teaches.
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
    const [only] = events;
    // One message, as almost every delivery has: nothing to sort.
    const alone = events.length === 1 && only?.kind === "message" && only.standby !== true ? await locate(only) : undefined;
    if (alone !== undefined) return resultOfOne(await storeMessagesOf([alone]));
    const { messages, statusItems, notices, lessons, preferences, changes, histories, contacts, handovers, aside } = await sort(events);
    const outcomes = messages.length === 0 ? [] : await storeMessagesOf(messages);
    // Only now: a status of this delivery may be about one of its messages.
    const results = statusItems.length === 0 ? [] : await statusQueue.submitAll(statusItems, (item) => item);
    for (const { event, places } of preferences) {
      const isUsed = await recordPreferences({ event, places });
      notices.push(noticeOfEvent(event, { places, isUsed }));
    }
    await threadOwners.ofCopies(messages.filter(({ event }) => event.standby === true));
    await threadOwners.ofRefusals(statusItems.filter(({ event }) => event.fault?.code === OTHER_OWNER));
    for (const located of handovers) {
      const isUsed = await threadOwners.ofHandover(located);
      notices.push(noticeOfEvent(located.event, { places: [located.channel], isUsed }));
    }
    await recordHistory.keepChunks(histories);
    for (const located of contacts) await recordHistory.recordContacts(located);
    const changed = changes.length === 0 ? { applied: [], parked: 0 } : await changeIdentities(changes);
    for (const { event, places } of changed.applied) notices.push(noticeOfEvent(event, { places, isUsed: true }));
    const unused = notices.length === 0 ? 0 : await recordNotices(notices);
    await webhookLog.quarantine(aside);
    learn(lessons);
    const isQuarantined = (outcome: string): boolean => outcome === "quarantined";
    return {
      stored: outcomes.filter((outcome) => outcome === "stored").length,
      duplicates: outcomes.filter((outcome) => outcome === "duplicate").length,
      quarantined: aside.length + changed.parked + outcomes.filter(isQuarantined).length + results.filter(isQuarantined).length,
      ...(unused > 0 ? { unused } : {}),
    };
  }

  return {
    applyWaitingFor,
    get waiting() {
      return messageQueue.waiting + statusQueue.waiting;
    },
    forget() {
      resolver.forget();
    },
    async idle() {
      await messageQueue.idle();
      await statusQueue.idle();
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

const resultOfOne = ([outcome]: readonly StoreOutcome[]): IntakeResult => ({
  stored: Number(outcome === "stored"),
  duplicates: Number(outcome === "duplicate"),
  quarantined: Number(outcome === "quarantined"),
});
