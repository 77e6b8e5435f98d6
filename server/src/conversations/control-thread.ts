// Owns: passing a thread to another app on the same number, releasing it and taking it, as a person or a program asks for. What was asked is written down before the platform is
// asked, what it has done in one transaction after that; what nobody knows stays as asked, and what comes next in the thread says whose it is. Refuses to know: HTTP, and how
// the platform is asked.
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import { retryWhileGone } from "../db/retry-while-gone.ts";
import { recordThreadOwner } from "../identity/thread-owner.queries.ts";
import { askForThread, endThreadRequest } from "../identity/thread-request.queries.ts";
import { createFairPlaces } from "../kernel/fair-places.ts";
import type { FaultCode } from "../kernel/faults.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { ThreadAction, ThreadAnswer, ThreadPlatform } from "../whatsapp/graph-thread-control.ts";
import { OTHER_OWNER, OTHER_TAKER } from "../whatsapp/provider-errors.ts";
import { NO_CODE } from "../whatsapp/provider-fault.ts";
import { readSendAddress, type SendAddress } from "../whatsapp/send-address.ts";
import type { Rejection, SendChannel } from "../whatsapp/transport.ts";
import { findThreadToControl } from "./control-thread.queries.ts";
import { onSurvivor } from "./surviving-conversation.ts";

export interface ThreadWish {
  readonly action: ThreadAction;
  /** Of a pass: who is to have it, in the platform's word. Absent: the app that people are handed over to. */
  readonly role?: string | undefined;
  /** For the app that has it next. */
  readonly note?: string | undefined;
}

export type ControlOutcome =
  | { readonly outcome: "done"; readonly conversationId: string }
  /** It may have been done. Asking for the same again is safe. */
  | { readonly outcome: "unknown"; readonly conversationId: string; readonly sentence: string }
  | { readonly outcome: "not_found" }
  /** Nothing was changed. */
  | { readonly outcome: "refused"; readonly code: FaultCode; readonly sentence: string };

/** What has been done already, and is still so, is not asked for again. */
export type ControlThread = (businessId: BusinessId, conversationId: string, wish: ThreadWish) => Promise<ControlOutcome>;

export interface ControlThreadDeps {
  readonly database: Database;
  readonly platform: ThreadPlatform;
  readonly log: Log;
}

type Thread = Row<typeof findThreadToControl>;
interface Reach {
  readonly channelId: string;
  readonly channel: SendChannel;
  readonly to: SendAddress;
}
/** A thread for which the platform is to be asked now. */
interface Asked {
  readonly outcome: "asked";
  readonly conversationId: string;
  readonly requestId: string;
  readonly reach: Reach;
  /** The same was asked before, and nobody knows whether it was done. */
  readonly isRepeat: boolean;
}
interface Answered {
  readonly asked: Asked;
  readonly wish: ThreadWish;
  readonly answer: ThreadAnswer;
}
type Owner = "us" | "other" | "nobody";

const OWNER_AFTER: Readonly<Record<ThreadAction, Owner>> = { pass: "other", release: "nobody", take: "us" };
/** Of a pass without a role (Meta: "Conversation routing"). */
const ESCALATION = "escalation";
/** What the platform has done must not be lost for an outage of ours. */
const WRITTEN_WITHIN_MS = 10_000;
/** A platform that hangs for the threads of one business keeps no other one waiting. */
const AT_ONCE = { places: 32, perBusiness: 4, maxWaitingPerBusiness: 16, maxWaiting: 512, waitMs: 5_000 };
const BUSY = "Too many such requests are under way. Nothing was changed; try again.";
const UNKNOWN =
  "WhatsApp gave no whole answer: it may have been done. What comes next in the thread shows whose it is; asking for the same again is safe.";

export function createControlThread({ database, platform, log }: ControlThreadDeps): ControlThread {
  async function ask(db: BusinessDatabase, conversationId: string, wish: ThreadWish): Promise<Asked | ControlOutcome | undefined> {
    const [thread] = await db.run(findThreadToControl, { conversationId });
    if (thread === undefined) return undefined;
    const reach = reachOf(thread);
    if ("outcome" in reach) return reach;
    const isSame = thread.asked_action === wish.action && (thread.asked_role ?? undefined) === wish.role;
    if (isSame && thread.asked_state === "done" && thread.owner === OWNER_AFTER[wish.action]) return { outcome: "done", conversationId };
    const requestId = newId();
    const rows = await db.run(askForThread, { conversationId, requestId, action: wish.action, role: wish.role });
    // Merged away since: its winner is asked for.
    if (rows.length === 0) return undefined;
    return { outcome: "asked", conversationId, requestId, reach, isRepeat: isSame && thread.asked_state === "asked" };
  }

  interface End {
    readonly state: "done" | "refused" | "asked";
    /** What is known of the thread now. */
    readonly word?: { readonly owner: Owner; readonly toldBy: string; readonly role?: string | undefined };
  }

  /** Word and end of the request, or neither; in the winner of a thread that was merged meanwhile. */
  async function write(businessId: BusinessId, { conversationId, requestId, reach }: Asked, { state, word }: End): Promise<string> {
    const db = database.forBusiness(businessId);
    const inThread = (survivor: string): Promise<string | undefined> =>
      db.transaction(async (tx) => {
        if (word !== undefined) {
          const values = {
            ...word,
            role: word.role,
            conversationId: survivor,
            channelId: reach.channelId,
            at: new Date(),
            eventId: newId(),
          };
          const [row] = await tx.run(recordThreadOwner, { ...values, context: undefined });
          if (row === undefined) return undefined;
          const { owner, toldBy } = word;
          if (row.is_change) log.info({ businessId, conversationId: survivor, owner, toldBy }, "thread.owner-changed");
        }
        await tx.execute(endThreadRequest, { conversationId: survivor, requestId, state });
        return survivor;
      });
    const survivor = await retryWhileGone(() => onSurvivor(db, conversationId, inThread), { forMs: WRITTEN_WITHIN_MS });
    return survivor ?? conversationId;
  }

  async function settle(businessId: BusinessId, { asked, wish, answer }: Answered): Promise<ControlOutcome> {
    const { action, role } = wish;
    const isOthers = answer.outcome === "rejected" && answer.fault.code === OTHER_OWNER;
    // Who has passed it once cannot pass it again: the answer to the first request is this.
    if (answer.outcome === "done" || (isOthers && action === "pass" && asked.isRepeat)) {
      const newRole = action === "pass" ? (role ?? ESCALATION) : undefined;
      const word = { owner: OWNER_AFTER[action], toldBy: action, role: newRole };
      return { outcome: "done", conversationId: await write(businessId, asked, { state: "done", word }) };
    }
    if (answer.outcome === "uncertain") {
      const { conversationId } = asked;
      log.warn({ businessId, conversationId, action, reason: answer.reason }, "thread.request-unknown");
      return { outcome: "unknown", conversationId, sentence: UNKNOWN };
    }
    const word = isOthers ? { word: { owner: "other" as const, toldBy: "refusal" } } : {};
    // A refusal for another reason, such as too many calls, says nothing of the request before it.
    const isOpen = asked.isRepeat && !isOthers && answer.fault.code !== OTHER_TAKER;
    await write(businessId, asked, { state: isOpen ? "asked" : "refused", ...word });
    return refusalOf(answer);
  }

  const control: ControlThread = async (businessId, conversationId, wish) => {
    const db = database.forBusiness(businessId);
    const asked = await onSurvivor(db, conversationId, (survivor) => ask(db, survivor, wish));
    if (asked === undefined) return { outcome: "not_found" };
    if (asked.outcome !== "asked") return asked;
    const { channel, to } = asked.reach;
    return settle(businessId, { asked, wish, answer: await platform.controlThread({ channel, to, ...wish }) });
  };

  const places = createFairPlaces(AT_ONCE);
  return async (businessId, conversationId, wish) => {
    const leave = await places.take(businessId);
    if (leave === undefined) return refused("platform_unavailable", BUSY);
    try {
      return await control(businessId, conversationId, wish);
    } finally {
      leave();
    }
  };
}

const refused = (code: FaultCode, sentence: string): Extract<ControlOutcome, { outcome: "refused" }> => ({
  outcome: "refused",
  code,
  sentence,
});

function reachOf({
  channel_id: channelId,
  provider,
  external_id: key,
  access_token: accessToken,
  ...reply
}: Thread): Reach | ControlOutcome {
  const to = readSendAddress(reply);
  if (channelId === null || key === null || to === undefined)
    return refused("no_address", "Nothing is known of this conversation by which WhatsApp could be asked for it. Nothing was changed.");
  if (provider !== "cloud" || (to.kind !== "phone" && to.kind !== "user"))
    return refused(
      "unsupported_on_channel",
      "Only threads with one customer on a number of the Cloud API can be passed on, released or taken. Nothing was changed.",
    );
  if (accessToken === null)
    return refused("platform_refused", "The channel has no access token. Set one with `onethread channel set-token`. Nothing was changed.");
  return { channelId, channel: { key, accessToken }, to };
}

function refusalOf({ fault: { code, title, details }, retry, sentence }: Rejection): ControlOutcome {
  if (code === OTHER_OWNER)
    return refused("thread_not_ours", "Another app has the thread: only that one can give it away. Nothing was changed.");
  if (code === OTHER_TAKER)
    return refused(
      "thread_not_takable",
      "WhatsApp lets only the app take a thread that people are handed over to, and that is not this one. Nothing was changed; ask for the thread to be passed.",
    );
  if (code === NO_CODE && retry === "never") return refused("platform_refused", `${sentence} Nothing was changed.`);
  if (code === NO_CODE) return refused("platform_unavailable", `WhatsApp could not be reached (${title}). Nothing was changed; try again.`);
  const said = [title, details].filter((part) => part !== undefined && part !== "").join(". ");
  return refused(
    retry === "backoff" ? "platform_unavailable" : "platform_refused",
    `WhatsApp refused it (${String(code)}): ${said.slice(0, 500)}. Nothing was changed.`,
  );
}
