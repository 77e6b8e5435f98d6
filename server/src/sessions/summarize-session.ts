// Owns: the summary of one closed session: what is summed up, by whom, and what is kept of it. No connection is held while it is written.
import { untilAborted } from "../kernel/until-aborted.ts";
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { ValuesOf } from "../db/parameters.ts";
import type { Row } from "../db/query.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { newId, type BusinessId, type ConversationId } from "../kernel/ids.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { ContextMessage } from "../answers/responder.ts";
import { describeMessage, labelOf } from "../whatsapp/describe-message.ts";
import { clip } from "./extractive-summarizer.ts";
import { readableMessages } from "./readable-messages.ts";
import { loadSessionToSummarize, storeSummaries } from "./summaries.queries.ts";
import type { SessionSummary, Summarizer } from "./summarizer.ts";
import { instantOf, type HeldLane } from "./write-tracking.ts";

export interface SummarizeDeps {
  readonly database: Database;
  readonly settings: Pick<ReplySettingsStore, "find">;
  readonly summarize: { readonly extractive: Summarizer; readonly model?: Summarizer };
  readonly failPoints: FailPoints;
}

export interface SummaryTarget extends HeldLane {
  readonly businessId: BusinessId;
}

/** What the lane's row becomes with the summary that is the last one to be written; as the newest tracking found it. */
export interface LaneAfterwards {
  readonly isLast: boolean;
  readonly doneThen: number;
  readonly wanted: number;
  readonly openUntilMs: number | null;
}

/** Somebody failed to write the summary of this session. */
export class SummaryFailure extends Error {
  readonly sessionId: string;
  readonly attempts: number;

  constructor(sessionId: string, attempts: number, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = "SummaryFailure";
    this.sessionId = sessionId;
    this.attempts = attempts;
  }
}

type MessageRow = Row<typeof loadSessionToSummarize>;

/** After so many failures of the model the summary is made without one, so every session ends with a summary. */
const MODEL_ATTEMPTS = 3;
const LENGTHS = { summary: 4_000, topic: 200, outcome: 300, openPoint: 300, openPoints: 10 };

/**
 * Sums up the oldest session of the lane that waits for it. Answers "stored", "lost" when the lane belongs to somebody else, "nothing" when no
 * session waits. Throws a SummaryFailure when the summary could not be made.
 */
export type SummarizeOldest = (
  lane: SummaryTarget,
  afterwards: () => LaneAfterwards,
  signal: AbortSignal,
) => Promise<"stored" | "lost" | "nothing">;

export function createSummarizeOldest(deps: SummarizeDeps): SummarizeOldest {
  const load = createLoad(deps.database);
  const store = createStore(deps.database);
  return async (lane, afterwards, signal) => {
    const rows = await load(lane.businessId, lane);
    const [first] = rows;
    if (first === undefined) return "nothing";
    const kept = await summarize(deps, { lane, rows, first }, signal).catch((error: unknown) => {
      throw new SummaryFailure(first.session_id, first.attempts, error);
    });
    signal.throwIfAborted();
    const item = { ...kept, lane, sessionId: first.session_id, afterwards: afterwards() };
    return (await store(lane.businessId, item)) ? "stored" : "lost";
  };
}

interface Kept {
  readonly state: "done" | "too_short";
  readonly source: SessionSummary["source"] | "message";
  readonly summary: Omit<SessionSummary, "source">;
}

interface Work {
  readonly lane: SummaryTarget;
  readonly rows: readonly MessageRow[];
  readonly first: MessageRow;
}

async function summarize(deps: SummarizeDeps, { lane, rows, first }: Work, signal: AbortSignal): Promise<Kept> {
  await untilAborted(deps.failPoints.hit("session.summarize") ?? Promise.resolve(), signal);
  const messages = readableMessages(rows);
  const ofCustomer = messages.filter(({ author }) => author === "customer");
  if (ofCustomer.length <= 1) {
    const summary = summaryOfOne(ofCustomer[0], rows);
    return { state: "too_short", source: "message", summary: { summary, topic: null, outcome: null, openPoints: [] } };
  }
  const settings = await deps.settings.find(lane.businessId);
  const lastTurn = first.turn_state === null ? {} : { lastTurn: { state: first.turn_state, reason: first.turn_reason } };
  const session = { businessId: lane.businessId, settings, messages, ...lastTurn };
  const { source, ...summary } = await writerFor(deps, settings, first.attempts)(session, signal);
  if (summary.summary.trim() === "") throw new Error("the summary is empty");
  return { state: "done", source, summary };
}

/** Of no message that can be read: what came instead, such as a reaction. */
function summaryOfOne(message: ContextMessage | undefined, rows: readonly MessageRow[]): string {
  if (message !== undefined) return `${message.from === undefined ? "" : `${message.from}: `}${describeMessage(message)}`;
  const type = rows.find(({ author }) => author === "customer")?.type ?? undefined;
  return type === undefined ? "(nothing)" : `(${labelOf(type)})`;
}

function writerFor({ summarize: { extractive, model } }: SummarizeDeps, settings: ReplySettings, attempts: number): Summarizer {
  if (settings.sessions.summaries !== "model" || model === undefined || attempts >= MODEL_ATTEMPTS) return extractive;
  return (session, signal) => {
    // A provider that neither answers nor gives up counts as one that failed.
    const limited = AbortSignal.any([signal, AbortSignal.timeout(settings.modelTimeoutMs)]);
    return untilAborted(model(session, limited), limited);
  };
}

function createLoad(database: Database): (businessId: BusinessId, lane: SummaryTarget) => Promise<readonly MessageRow[]> {
  return createBusinessBatcher<SummaryTarget, readonly MessageRow[]>({
    slots: 1,
    async run(businessId, lanes) {
      const rows = await database.forBusiness(businessId).run(loadSessionToSummarize, { lanes });
      const ofLane = Map.groupBy(rows, (row) => row.conversation_id as ConversationId);
      return lanes.map(({ conversationId }) => ofLane.get(conversationId) ?? []);
    },
  });
}

interface StoreItem extends Kept {
  readonly lane: SummaryTarget;
  readonly sessionId: string;
  readonly afterwards: LaneAfterwards;
}

function createStore(database: Database): (businessId: BusinessId, item: StoreItem) => Promise<boolean> {
  return createBusinessBatcher<StoreItem, boolean>({
    slots: 1,
    async run(businessId, items) {
      const rows = await database.forBusiness(businessId).run(storeSummaries, { summaries: items.map(rowOf) });
      const stored = new Set(rows.map((row) => row.conversation_id));
      return items.map(({ lane }) => stored.has(lane.conversationId));
    },
  });
}

type SummaryRow = ValuesOf<typeof storeSummaries.params>["summaries"][number];

function rowOf({ lane, sessionId, afterwards, state, source, summary }: StoreItem): SummaryRow {
  return {
    conversationId: lane.conversationId,
    fence: lane.fence,
    sessionId,
    eventId: newId(),
    state,
    source,
    summary: clip(summary.summary, LENGTHS.summary),
    topic: summary.topic === null ? null : clip(summary.topic, LENGTHS.topic),
    outcome: summary.outcome === null ? null : clip(summary.outcome, LENGTHS.outcome),
    openPoints: JSON.stringify(summary.openPoints.slice(0, LENGTHS.openPoints).map((point) => clip(point, LENGTHS.openPoint))),
    inputTokens: summary.inputTokens,
    outputTokens: summary.outputTokens,
    isLast: afterwards.isLast,
    done: afterwards.doneThen,
    wanted: afterwards.wanted,
    openUntil: instantOf(afterwards.openUntilMs),
  };
}
