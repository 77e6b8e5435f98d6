// Owns: one run of the send lane: the queued messages of a conversation, one after the other, each sent at most once unless it is known
// not to have been accepted.
import { constraintOf } from "../db/classify-error.ts";
import { retryWhileGone } from "../db/retry-while-gone.ts";
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { recordThreadOwner } from "../identity/thread-owner.queries.ts";
import { OTHER_OWNER } from "../whatsapp/provider-errors.ts";
import type { LearnSpelling } from "../identity/learn-spelling.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { Log } from "../kernel/log.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { readNamedMessage } from "../whatsapp/named-message.ts";
import { isOfOldTemplate } from "../whatsapp/provider-errors.ts";
import { readProvider } from "../whatsapp/providers.ts";
import { refusalBy } from "../whatsapp/sendable.ts";
import { readSendAddress } from "../whatsapp/send-address.ts";
import type { Hold, Rejection, SendOutcome, TransportOf } from "../whatsapp/transport.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { ActOnRefusal } from "./act-on-refusal.ts";
import { openDirectSend } from "./direct-send.queries.ts";
import { finishSends, holdChannel, startSends, stopRefusedChannel, takeEchoBack } from "./deliver.queries.ts";
import type { PreparedFiles, SendFiles, UploadsEnd } from "./send-files.ts";

export interface DeliverDeps {
  readonly database: Database;
  readonly learnSpelling: LearnSpelling;
  readonly actOnRefusal: ActOnRefusal;
  /** WhatsApp refused a message in a way that says that what is known of its template is old. Never rejects. */
  readonly onOldTemplate: (
    businessId: BusinessId,
    message: { readonly channelId: string | null; readonly content: JsonObject | null },
  ) => Promise<void>;
  readonly transportOf: TransportOf;
  readonly files: SendFiles;
  readonly failPoints: FailPoints;
  readonly log: Log;
}

type SendStart = Row<typeof startSends>;

interface Settlement {
  readonly lane: ClaimedLane;
  readonly messageId: string | null;
  /** Every outbound message up to here is accepted or failed, or its outcome is unknown. */
  readonly settledTo: number;
  readonly status: "accepted" | "queued" | "failed" | "unknown" | null;
  readonly providerMessageId?: string;
  /** The account that the provider found for the number that we sent to. */
  readonly waId?: string | undefined;
  readonly errorCode?: string;
  readonly errorText?: string;
  readonly retryInMs?: number;
  /** The provider has, or may have, seen it: it counts for what its customer may get in a row. */
  readonly isSent?: boolean;
  /** The provider holds it: the id of the event that says so. */
  readonly heldEventId?: string;
  /** It was begun, and nothing of it was sent: this counts as no attempt. */
  readonly isUnstarted?: boolean;
}

/** 1 s, 4 s, 16 s …: what WhatsApp asks for after a pair rate limit fits every other passing refusal too. */
const MAX_ATTEMPTS = 8;
const MAX_DELAY_MS = 15 * 60_000;
/** What WhatsApp answered must not be lost for an outage of ours: a person would have to say whether the message was sent. */
const WRITTEN_WITHIN_MS = 10_000;
/** The message has left; only its lane waits. */
const FINISH_REST_MS = 10;
const STOPPED_CHANNEL_RECHECK_MS = 30_000;
/** For the row of the conversation. */
const ACT_PATIENCE_MS = 5_000;
/** Somebody else uploads the file of this message. */
const UPLOAD_RECHECK_MS = 1_000;
/** Our own database did not answer. */
const UNREAD_RECHECK_MS = 1_000;

export function createDeliver(deps: DeliverDeps): (lane: ClaimedLane, signal: AbortSignal) => Promise<void> {
  const { database, learnSpelling, log } = deps;

  const start = createBusinessBatcher<ClaimedLane, SendStart | undefined>({
    slots: 2,
    async run(businessId, lanes) {
      const rows = await database
        .forBusiness(businessId)
        .run(startSends, { lanes: lanes.map(({ conversationId, fence }) => ({ conversationId, fence })) });
      const byConversation = new Map(rows.map((row) => [row.conversation_id, row]));
      return lanes.map((lane) => byConversation.get(lane.conversationId));
    },
  });

  const finish = createBusinessBatcher<Settlement, { readonly more: boolean } | undefined>({
    slots: 2,
    restMs: FINISH_REST_MS,
    async run(businessId, settlements) {
      const ends = settlements.map(
        ({
          lane,
          messageId,
          settledTo,
          status,
          providerMessageId,
          errorCode,
          errorText,
          retryInMs,
          isSent = false,
          isUnstarted = false,
          heldEventId,
        }) => ({
          conversationId: lane.conversationId,
          fence: lane.fence,
          messageId,
          settledTo,
          status,
          providerMessageId,
          errorCode,
          errorText,
          retryInMs: retryInMs === undefined ? undefined : Math.round(retryInMs),
          isSent,
          heldEventId,
          isUnstarted,
        }),
      );
      const rows = await database.forBusiness(businessId).run(finishSends, { ends });
      const byConversation = new Map(rows.map((row) => [row.conversation_id, row]));
      return settlements.map(({ lane }) => byConversation.get(lane.conversationId));
    },
  });

  /**
   * The echo of the send was faster than its answer, and could not be told from a message of a person (of another kind, or in other words than we sent): it is stored under
   * the id that the answer names now. It is taken out of the thread, and the pause that it began ends.
   */
  async function finishDespiteEcho(businessId: BusinessId, settlement: Settlement): Promise<{ readonly more: boolean } | undefined> {
    try {
      return await finish(businessId, settlement);
    } catch (error) {
      const { messageId, providerMessageId } = settlement;
      if (messageId === null || providerMessageId === undefined || constraintOf(error) !== "uq_message_provider_id") throw error;
      const echoes = await database.forBusiness(businessId).run(takeEchoBack, { messageId, providerMessageId, eventId: newId() });
      if (echoes.length === 0) throw error;
      log.warn({ businessId, messageId }, "send.echo-taken-back");
      return finish(businessId, settlement);
    }
  }

  async function send(started: SendStart, { content, enclosed: files }: ReadyFiles): Promise<SendOutcome> {
    const { message_id: ownId, external_id: key, access_token: accessToken } = started;
    const to = readSendAddress(started);
    const transport = deps.transportOf(started.provider, started.settings);
    if (ownId === null || content === null || key === null || accessToken === null) return unsendable;
    if (to === undefined || transport === undefined) return unsendable;
    await deps.failPoints.hit("send.before-request");
    const names = readNamedMessage(started.names);
    const more = files === undefined ? {} : { files };
    const isMarketing = started.is_marketing;
    const outcome = await transport.sendMessage({ channel: { key, accessToken }, to, content, names, ownId, isMarketing, ...more });
    await deps.failPoints.hit("send.after-request");
    return outcome;
  }

  async function stop(lane: ClaimedLane, started: SendStart, outcome: Rejection): Promise<void> {
    const { channel_id: channelId, access_token: accessToken } = started;
    const stopped = await database
      .forBusiness(lane.businessId)
      .execute(stopRefusedChannel, { channelId, accessToken, reason: outcome.sentence });
    if (stopped > 0) log.error({ businessId: lane.businessId, channelId, code: outcome.fault.code }, "channel.stopped");
  }

  async function hold(
    { businessId }: ClaimedLane,
    { channel_id: channelId }: SendStart,
    { forMs, slowsForMs, reason }: Hold,
  ): Promise<void> {
    await database.forBusiness(businessId).execute(holdChannel, { channelId, holdMs: forMs, slowMs: slowsForMs, reason });
    log.warn({ businessId, channelId, forMs, slowsForMs }, "channel.held");
  }

  /** Nothing but the refusal tells that another app has the thread now: the AI is silent in it, and people see why. */
  async function noteOtherOwner({ businessId, conversationId }: ClaimedLane, { channel_id: channelId }: SendStart): Promise<void> {
    if (channelId === null) return;
    const word = { conversationId, channelId, owner: "other", toldBy: "refusal", at: new Date(), eventId: newId() };
    const [row] = await database.forBusiness(businessId).run(recordThreadOwner, { ...word, role: undefined, context: undefined });
    if (row?.is_change === true) log.info({ businessId, conversationId, owner: "other", toldBy: "refusal" }, "thread.owner-changed");
  }

  /** Nothing but a send that is accepted tells that the account has it. */
  async function noteDirectSend({ businessId }: ClaimedLane, { message_id: messageId }: SendStart): Promise<void> {
    if (messageId === null) return;
    const [opened] = await database.forBusiness(businessId).run(openDirectSend, { messageId, eventId: newId() });
    if (opened !== undefined) log.info({ businessId, account: opened.account }, "direct-send.opened");
  }

  /** What the platform answered says something of more than its message. */
  async function heed(lane: ClaimedLane, started: SendStart, outcome: SendOutcome): Promise<void> {
    if (outcome.outcome === "rejected" && outcome.stopsChannel) {
      // What is known of the message counts more than the state of the channel.
      await stop(lane, started, outcome).catch((error: unknown) => {
        log.warn({ businessId: lane.businessId, error }, "channel.not-stopped");
      });
    }
    if (outcome.outcome !== "accepted" && outcome.hold !== undefined) {
      await hold(lane, started, outcome.hold).catch((error: unknown) => {
        log.warn({ businessId: lane.businessId, error }, "channel.not-held");
      });
    }
    if (outcome.outcome === "rejected" && outcome.stops !== undefined && started.message_id !== null) {
      const refusal = {
        businessId: lane.businessId,
        message: { messageId: started.message_id },
        code: outcome.fault.code,
        said: { stops: outcome.stops, sentence: outcome.sentence },
        patienceMs: ACT_PATIENCE_MS,
      };
      // The next one that is refused says the same.
      await deps.actOnRefusal(refusal).catch((error: unknown) => {
        log.warn({ businessId: lane.businessId, messageId: started.message_id, error }, "send.not-acted-on");
      });
    }
    if (outcome.outcome === "accepted" && started.is_trial) {
      // The next one that is accepted says the same.
      await noteDirectSend(lane, started).catch((error: unknown) => {
        log.warn({ businessId: lane.businessId, messageId: started.message_id, error }, "send.not-acted-on");
      });
    }
    if (isAboutOldTemplate(outcome)) await deps.onOldTemplate(lane.businessId, { channelId: started.channel_id, content: started.content });
    if (outcome.outcome === "rejected" && outcome.fault.code === OTHER_OWNER) {
      await noteOtherOwner(lane, started).catch((error: unknown) => {
        log.warn({ businessId: lane.businessId, conversationId: lane.conversationId, error }, "thread.owner-not-noted");
      });
    }
  }

  async function attempt(lane: ClaimedLane, started: SendStart, ready: ReadyFiles): Promise<Settlement> {
    const outcome = await send(started, ready);
    await heed(lane, started, outcome);
    const mayGoAgain = (started.attempts ?? 0) + 1 < MAX_ATTEMPTS;
    const end = mayGoAgain ? await deps.files.forgetStale(leaving(lane, started), ready.files, outcome) : "not stale";
    if (end === "not stale") return { ...settlementOf(lane, started, outcome), isSent: true };
    return { ...keptQueued(lane, started), isSent: true, ...(end === "unread" ? { retryInMs: UNREAD_RECHECK_MS } : {}) };
  }

  function upload(
    lane: ClaimedLane,
    started: SendStart,
    { files, signal }: MissingFiles & { readonly signal: AbortSignal },
  ): Promise<UploadsEnd> {
    const { external_id: key, access_token: accessToken } = started;
    if (key === null || accessToken === null) return Promise.resolve(unsendable);
    return deps.files.upload({ ...leaving(lane, started), channel: { key, accessToken } }, files, signal);
  }

  async function afterUpload(lane: ClaimedLane, started: SendStart, end: UploadsEnd): Promise<Settlement> {
    if (end.outcome !== "rejected") return { ...keptQueued(lane, started), isUnstarted: true, retryInMs: UPLOAD_RECHECK_MS };
    await heed(lane, started, end);
    return settlementOf(lane, started, end);
  }

  async function learn({ businessId }: ClaimedLane, started: SendStart, { waId, providerMessageId }: Settlement): Promise<void> {
    if (waId === undefined || providerMessageId === undefined || started.reply_kind !== "phone" || started.reply_address === null) return;
    await learnSpelling({ businessId, sentTo: started.reply_address, waId, providerMessageId });
  }

  function settle(
    lane: ClaimedLane,
    started: SendStart,
    { prepared, end }: { readonly prepared: PreparedFiles | undefined; readonly end: UploadsEnd | undefined },
  ): Settlement | Promise<Settlement> {
    switch (prepared?.outcome) {
      case undefined:
        return withoutRequest(lane, started);
      case "ready":
        return attempt(lane, started, prepared);
      case "refused":
        return settlementOf(lane, started, prepared.rejection);
      case "unread":
        // Thrown on, it would be `unknown` to whoever comes next.
        return { ...keptQueued(lane, started), isUnstarted: true, retryInMs: UNREAD_RECHECK_MS };
      case "missing":
        return end === undefined ? { ...keptQueued(lane, started), isUnstarted: true } : afterUpload(lane, started, end);
    }
  }

  return async (lane, signal) => {
    let hasMore = true;
    let uploaded: { readonly messageId: string | null; readonly end: UploadsEnd } | undefined;
    while (hasMore && !signal.aborted) {
      const started = await start(lane.businessId, lane);
      if (started === undefined) {
        log.warn({ conversationId: lane.conversationId, fence: lane.fence }, "send.lost");
        return;
      }
      // Its lane sleeps until its turn comes.
      if (started.verdict === "paced") return;
      const refused = started.verdict === "send" ? refusedByChannel(lane, started) : undefined;
      const prepared = started.verdict === "send" && refused === undefined ? await deps.files.prepare(leaving(lane, started)) : undefined;
      const isToUpload = prepared?.outcome === "missing" && uploaded?.messageId !== started.message_id;
      const settlement = refused ?? (await settle(lane, started, { prepared, end: isToUpload ? undefined : uploaded?.end }));
      const result = await retryWhileGone(() => finishDespiteEcho(lane.businessId, settlement), { forMs: WRITTEN_WITHIN_MS, signal });
      if (result === undefined) {
        log.warn({ conversationId: lane.conversationId, messageId: settlement.messageId, fence: lane.fence }, "send.lost");
        return;
      }
      if (settlement.status === "unknown")
        log.warn({ conversationId: lane.conversationId, messageId: settlement.messageId }, "send.unknown");
      await learn(lane, started, settlement);
      // Meanwhile it waits, and a worker that dies here has sent nothing.
      if (isToUpload) uploaded = { messageId: started.message_id, end: await upload(lane, started, { ...prepared, signal }) };
      hasMore = result.more && settlement.retryInMs === undefined;
    }
    if (signal.aborted && hasMore) throw new Error("the send lane was interrupted");
  };
}

function isAboutOldTemplate(outcome: SendOutcome): boolean {
  return outcome.isElsewhere === true || (outcome.outcome === "rejected" && isOfOldTemplate(outcome.fault.code));
}

const unsendable: Rejection = {
  outcome: "rejected",
  retry: "never",
  fault: { code: -1, title: "unsendable" },
  stopsChannel: false,
  sentence: "This channel cannot send this message to this address.",
};

type ReadyFiles = Extract<PreparedFiles, { outcome: "ready" }>;
type MissingFiles = Extract<PreparedFiles, { outcome: "missing" }>;

const leaving = ({ businessId }: ClaimedLane, { channel_id: channelId, provider, content }: SendStart) => ({
  ...{ businessId, channelId, provider: readProvider(provider), content },
});

/** Certainly not sent: its turn comes again at once. */
function keptQueued(lane: ClaimedLane, { message_id: messageId }: SendStart): Settlement {
  return { lane, messageId, settledTo: lane.done, status: "queued" };
}

/** Nothing left to send, a message that failed already in the statement, or a channel that waits for its operator. */
function withoutRequest(lane: ClaimedLane, started: SendStart): Settlement {
  if (started.verdict === "channel_stopped") {
    const errorText = "The channel is stopped or has no access token. The message is kept and sent once the channel is resumed.";
    return { lane, messageId: null, settledTo: lane.done, status: null, errorText, retryInMs: STOPPED_CHANNEL_RECHECK_MS };
  }
  return { lane, messageId: null, settledTo: started.seq ?? started.wanted, status: null };
}

/** Scheduled for one channel, and due when the customer is reached by another: accepted, what this one does not send never was. */
function refusedByChannel(lane: ClaimedLane, started: SendStart): Settlement | undefined {
  const provider = readProvider(started.provider);
  const isGroup = started.reply_kind === "group";
  const refusal =
    provider === undefined || started.content === null ? undefined : refusalBy(provider, { content: started.content, isGroup });
  if (refusal === undefined) return undefined;
  const settledTo = started.seq ?? started.wanted;
  const errorText = `${refusal.why} It was not sent. ${refusal.instead}`;
  return { lane, messageId: started.message_id, settledTo, status: "failed", errorCode: "unsupported_on_channel", errorText };
}

function settlementOf(lane: ClaimedLane, started: SendStart, outcome: SendOutcome): Settlement {
  const base = { lane, messageId: started.message_id, settledTo: started.seq ?? started.wanted };
  switch (outcome.outcome) {
    case "accepted":
      return {
        ...{ ...base, status: "accepted", providerMessageId: outcome.providerMessageId, waId: outcome.waId },
        ...(outcome.isHeld === true ? { heldEventId: newId() } : {}),
      };
    case "uncertain":
      return { ...base, status: "unknown", errorCode: "outcome_unknown", errorText: outcome.reason };
    case "rejected":
      return rejected(base, (started.attempts ?? 0) + 1, outcome);
  }
}

function rejected(base: Pick<Settlement, "lane" | "messageId" | "settledTo">, attempts: number, outcome: Rejection): Settlement {
  const errorCode = outcome.retry === "after-window" ? "window_closed" : (outcome.ourCode ?? String(outcome.fault.code));
  const error = { errorCode, errorText: outcome.sentence };
  const keep = { ...base, settledTo: base.lane.done, status: "queued" as const, ...error };
  // Known not to have been accepted: it waits until a person has fixed the channel.
  if (outcome.stopsChannel) return { ...keep, retryInMs: STOPPED_CHANNEL_RECHECK_MS };
  // What WhatsApp holds back for longer than that must not hold back what comes after it.
  const isHeldBack = (outcome.minDelayMs ?? 0) > MAX_DELAY_MS;
  if (outcome.retry !== "backoff" || attempts >= MAX_ATTEMPTS || isHeldBack) return { ...base, status: "failed", ...error };
  const delay = Math.min(MAX_DELAY_MS, 1_000 * (outcome.delayFactor ?? 4) ** (attempts - 1));
  return { ...keep, retryInMs: Math.max(delay, outcome.minDelayMs ?? 0) };
}
