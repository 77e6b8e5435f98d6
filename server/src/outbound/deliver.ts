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
import { finishSends, holdChannel, startSends, stopRefusedChannel, takeEchoBack } from "./deliver.queries.ts";

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
        ({ lane, messageId, settledTo, status, providerMessageId, errorCode, errorText, retryInMs, isSent = false, heldEventId }) => ({
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

  async function send(started: SendStart): Promise<SendOutcome> {
    const { message_id: ownId, content, external_id: key, access_token: accessToken } = started;
    const to = readSendAddress(started);
    const transport = deps.transportOf(started.provider, started.settings);
    if (ownId === null || content === null || key === null || accessToken === null) return unsendable;
    if (to === undefined || transport === undefined) return unsendable;
    await deps.failPoints.hit("send.before-request");
    const names = readNamedMessage(started.names);
    const isMarketing = started.is_marketing;
    const outcome = await transport.sendMessage({ channel: { key, accessToken }, to, content, names, ownId, isMarketing });
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

  async function attempt(lane: ClaimedLane, started: SendStart): Promise<Settlement> {
    const refused = refusedByChannel(lane, started);
    if (refused !== undefined) return refused;
    const outcome = await send(started);
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
      const { code } = outcome.fault;
      const refusal = {
        businessId: lane.businessId,
        message: { messageId: started.message_id },
        code,
        patienceMs: ACT_PATIENCE_MS,
      };
      // The next one that is refused says the same.
      await deps.actOnRefusal(refusal).catch((error: unknown) => {
        log.warn({ businessId: lane.businessId, messageId: started.message_id, error }, "send.not-acted-on");
      });
    }
    if (isAboutOldTemplate(outcome)) await deps.onOldTemplate(lane.businessId, { channelId: started.channel_id, content: started.content });
    if (outcome.outcome === "rejected" && outcome.fault.code === OTHER_OWNER) {
      await noteOtherOwner(lane, started).catch((error: unknown) => {
        log.warn({ businessId: lane.businessId, conversationId: lane.conversationId, error }, "thread.owner-not-noted");
      });
    }
    return { ...settlementOf(lane, started, outcome), isSent: true };
  }

  async function learn({ businessId }: ClaimedLane, started: SendStart, { waId, providerMessageId }: Settlement): Promise<void> {
    if (waId === undefined || providerMessageId === undefined || started.reply_kind !== "phone" || started.reply_address === null) return;
    await learnSpelling({ businessId, sentTo: started.reply_address, waId, providerMessageId });
  }

  return async (lane, signal) => {
    let hasMore = true;
    while (hasMore && !signal.aborted) {
      const started = await start(lane.businessId, lane);
      if (started === undefined) {
        log.warn({ conversationId: lane.conversationId, fence: lane.fence }, "send.lost");
        return;
      }
      // Its lane sleeps until its turn comes.
      if (started.verdict === "paced") return;
      const settlement = started.verdict === "send" ? await attempt(lane, started) : withoutRequest(lane, started);
      const result = await retryWhileGone(() => finishDespiteEcho(lane.businessId, settlement), { forMs: WRITTEN_WITHIN_MS, signal });
      if (result === undefined) {
        log.warn({ conversationId: lane.conversationId, messageId: settlement.messageId, fence: lane.fence }, "send.lost");
        return;
      }
      if (settlement.status === "unknown")
        log.warn({ conversationId: lane.conversationId, messageId: settlement.messageId }, "send.unknown");
      await learn(lane, started, settlement);
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
  const errorCode = outcome.retry === "after-window" ? "window_closed" : String(outcome.fault.code);
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
