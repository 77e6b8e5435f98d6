// Owns: whether what an answer holds beside texts may be sent in its conversation, by the same rules as whatever comes through the API; and what stands in for
// it where the channel cannot show it. Refuses to know: who wrote the answer, and when it is committed (replies/).
import { onSurvivor } from "../conversations/surviving-conversation.ts";
import type { Database } from "../db/database.ts";
import type { Queryable, Row } from "../db/query.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { readObject } from "../kernel/read-json.ts";
import { isDirectSend } from "../whatsapp/direct-send.ts";
import { interactiveAsText } from "../whatsapp/interactive-as-text.ts";
import { listOwnFiles } from "../whatsapp/media-nodes.ts";
import { isGateway, readProvider } from "../whatsapp/providers.ts";
import { validateOutboundContent, type OutboundType } from "../whatsapp/validate-content.ts";
import { subjectOf, whatForbids, type AcceptMessageDeps, type AcceptRefusal } from "./accept-message.ts";
import { findSendingState } from "./accept-message.queries.ts";
import { readTextOf } from "./check-template.ts";
import { requireFiles, unlessMisfit } from "./fit-files.ts";

interface Draft {
  readonly content: JsonObject;
  readonly sendAt?: Date;
}

interface Part {
  readonly type: string;
  readonly text: string | null;
  readonly content: JsonObject;
  readonly sendAt?: string;
}

interface Limits {
  readonly maxScheduled: number;
  readonly scheduleWithinMs: number;
}

type Checked<Value> = ({ readonly ok: true } & Value) | { readonly ok: false; readonly problem: string };
type Place = { readonly businessId: BusinessId; readonly conversationId: string };
type State = Row<typeof findSendingState>;
type Valid = { readonly type: OutboundType; readonly content: JsonObject };

/** Never sends and never stores; the first problem counts. Of the parts that are for later, those before them in the list count too. */
export type CheckAnswerParts = (
  place: Place,
  drafts: readonly Draft[],
  limits: Limits,
) => Promise<Checked<{ readonly parts: readonly Part[] }>>;

export type CheckAnswerPartsDeps = Pick<AcceptMessageDeps, "onOldTemplate"> & { readonly database: Database };

/** They change another message, whose id no model has; the API sends them. */
const NOT_IN_ANSWERS: ReadonlySet<string> = new Set(["reaction", "pin"]);

const refused = (problem: string) => ({ ok: false, problem }) as const;

export function createCheckAnswerParts({ database, onOldTemplate }: CheckAnswerPartsDeps): CheckAnswerParts {
  async function check({ businessId, conversationId }: Place, draft: Draft, later: { readonly before: number; readonly limits: Limits }) {
    const valid = validateOutboundContent(draft.content);
    if (!valid.ok) return refused(valid.reason);
    if (NOT_IN_ANSWERS.has(valid.type)) return refused(`A message of the type "${valid.type}" cannot be a part of an answer.`);
    const state = await findState(database.forBusiness(businessId), conversationId, valid);
    if (state === undefined) return refused("This conversation does not exist.");
    const fitting = fitChannel(state, valid);
    if (fitting === undefined)
      return refused(
        "This conversation is on a channel without buttons, lists and forms, and a text cannot say the same. Write it as text.",
      );
    const isForLater = draft.sendAt !== undefined;
    const obstacle = whatForbids(state, fitting, { isForLater });
    if (obstacle !== undefined) {
      if (obstacle.outcome === "template_refused" && obstacle.code === "template_unknown")
        await onOldTemplate(businessId, { channelId: state.channel_id, content: fitting.content });
      return refused(sentenceOf(obstacle));
    }
    const problem = isForLater ? problemOfTime(state, { ...fitting, sendAt: draft.sendAt }, later) : undefined;
    if (problem !== undefined) return refused(problem);
    // Those that an answer which is superseded names stay all the same.
    const part = async (): Promise<Checked<{ readonly part: Part }>> => {
      const content = await withFiles(businessId, fitting.content, state);
      return { ok: true, part: partOf(state, { ...fitting, content }, draft.sendAt) };
    };
    return unlessMisfit<Checked<{ readonly part: Part }>>(part, refused);
  }

  function withFiles(businessId: BusinessId, content: JsonObject, { provider }: State): Promise<JsonObject> {
    if (listOwnFiles(content).length === 0) return Promise.resolve(content);
    return database.forBusiness(businessId).transaction((tx) => requireFiles(tx, content, readProvider(provider) ?? "cloud"));
  }

  return async (place, drafts, limits) => {
    const parts: Part[] = [];
    for (const draft of drafts) {
      const before = parts.filter(({ sendAt }) => sendAt !== undefined).length;
      const checked = await check(place, draft, { before, limits });
      if (!checked.ok) return checked;
      parts.push(checked.part);
    }
    return { ok: true, parts };
  };
}

export function findState(db: Queryable, conversationId: string, valid: Valid): Promise<State | undefined> {
  return onSurvivor(db, conversationId, async (survivor) => {
    const [row] = await db.run(findSendingState, { conversationId: survivor, ...subjectOf(valid) });
    return row?.is_merged === false ? row : undefined;
  });
}

/** Buttons and lists of a gateway often do not appear: there the customer reads them. Undefined: nothing can stand in for it. */
function fitChannel({ provider }: State, valid: Valid): Valid | undefined {
  if (valid.type !== "interactive" || provider === null || !isGateway(provider)) return valid;
  const body = interactiveAsText(readObject(valid.content, "interactive"));
  return body === undefined ? undefined : { type: "text", content: { type: "text", text: { body } } };
}

function partOf(state: State, { type, content }: Valid, sendAt: Date | undefined): Part {
  const text = readTextOf(state, { type, content });
  return { type, text, content, ...(sendAt === undefined ? {} : { sendAt: sendAt.toISOString() }) };
}

/** What would only fail when it leaves is said now, while whoever wrote it can still choose another time. */
function problemOfTime(
  { window_closes_at: closesAt, is_opted_out: isOptedOut, scheduled }: State,
  { type, content, sendAt }: Valid & { readonly sendAt: Date | undefined },
  { before, limits }: { readonly before: number; readonly limits: Limits },
): string | undefined {
  const now = Date.now();
  const at = sendAt?.getTime() ?? now;
  if (!Number.isFinite(at) || at <= now) return "The time has passed already. Choose one that is still to come.";
  if (at > now + limits.scheduleWithinMs)
    return `The time is too far ahead: it may be at most ${new Date(now + limits.scheduleWithinMs).toISOString()}.`;
  if (isOptedOut) return SENTENCES.opted_out;
  if (scheduled + before >= limits.maxScheduled)
    return `No more can be scheduled: ${scheduled + before} messages are waiting in this conversation already, and the business allows ${limits.maxScheduled}.`;
  if (type !== "template" && !isDirectSend(content) && closesAt !== null && at > closesAt.getTime())
    return `WhatsApp lets the business write until ${closesAt.toISOString()} only, unless the customer writes again. Choose an earlier time.`;
  return undefined;
}

const SENTENCES = {
  not_found: "This conversation does not exist.",
  opted_out: "This customer asked not to be written to.",
  marketing_stopped: "The customer stopped marketing, and this template is not known to be anything else.",
  no_address: "It is not known where to send to.",
  idempotency_conflict: "It was sent before.",
  window_closed: "The customer's 24 hours are over: only a template may be sent.",
} as const;

function sentenceOf(refusal: AcceptRefusal): string {
  if ("reason" in refusal) return refusal.reason;
  return "sentence" in refusal ? refusal.sentence : SENTENCES[refusal.outcome];
}
