// Owns: the summary of one closed session: what is summed up, by whom, and what is kept of it. No connection is held while it is written.
import { untilAborted } from "../kernel/until-aborted.ts";
import { createBusinessBatcher } from "../db/business-batcher.ts";
import type { Database } from "../db/database.ts";
import type { ValuesOf } from "../db/parameters.ts";
import type { Row } from "../db/query.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { messageOf } from "../kernel/faults.ts";
import { newId, type BusinessId, type ConversationId } from "../kernel/ids.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import type { ContextMessage } from "../answers/responder.ts";
import { describeMessage, labelOf } from "../whatsapp/describe-message.ts";
import { clip } from "./extractive-summarizer.ts";
import { readableMessages } from "./readable-messages.ts";
import { loadSessionToSummarize, storeSummaries } from "./summaries.queries.ts";
import type { TrackingPlan } from "./plan-tracking.ts";
import type { SessionSummary, SessionToSummarize, Summarizer } from "./summarizer.ts";
import { instantOf, type HeldLane } from "./write-tracking.ts";

export interface SessionSummariesDeps {
  readonly database: Database;
  readonly settings: Pick<ReplySettingsStore, "find">;
  readonly summarize: { readonly extractive: Summarizer; readonly model: Summarizer };
  readonly failPoints: FailPoints;
}

export interface SummaryLane extends HeldLane {
  readonly businessId: BusinessId;
}

/** What a lane has to do after it was tracked. */
export interface TrackedLane extends Pick<TrackingPlan, "pending" | "doneAfterSummaries" | "openUntilMs"> {
  readonly wanted: number;
}

type MessageRow = Row<typeof loadSessionToSummarize>;

/** A closed session that waits for its summary. */
export interface WaitingSession {
  readonly id: string;
  /** How often its summary has failed. */
  readonly attempts: number;
  readonly lastTurn: SessionToSummarize["lastTurn"];
  readonly rows: readonly MessageRow[];
}

export interface WrittenSummary {
  readonly sessionId: string;
  readonly state: "done" | "too_short";
  readonly source: SessionSummary["source"] | "message";
  readonly summary: Omit<SessionSummary, "source">;
}

/** The summary of this session could not be written. */
export class SummaryFailure extends Error {
  readonly sessionId: string;
  readonly attempts: number;

  constructor({ id, attempts }: WaitingSession, cause: unknown) {
    super(messageOf(cause), { cause });
    this.name = "SummaryFailure";
    this.sessionId = id;
    this.attempts = attempts;
  }
}

export interface SessionSummaries {
  /** The oldest of the lane that waits; undefined: none does, or the lane belongs to somebody else. */
  find(lane: SummaryLane): Promise<WaitingSession | undefined>;
  /** Throws a SummaryFailure. */
  write(businessId: BusinessId, session: WaitingSession, signal: AbortSignal): Promise<WrittenSummary>;
  /** With the last one that the lane waits for, the lane's row becomes what `tracked` says. False: the lane belongs to somebody else. */
  store(lane: SummaryLane, summary: WrittenSummary, tracked: TrackedLane): Promise<boolean>;
}

/** After this many failures of the model the summary is made without one, so every session ends with a summary. */
const MODEL_ATTEMPTS = 3;
const LENGTHS = { summary: 4_000, topic: 200, outcome: 300, openPoint: 300, openPoints: 10 };

export function createSessionSummaries(deps: SessionSummariesDeps): SessionSummaries {
  const find = createFind(deps.database);
  const store = createStore(deps.database);
  return {
    find: (lane) => find(lane.businessId, lane),
    write: (businessId, session, signal) =>
      write(deps, { businessId, session }, signal).catch((error: unknown) => {
        throw new SummaryFailure(session, error);
      }),
    store: (lane, summary, tracked) => store(lane.businessId, { lane, summary, tracked }),
  };
}

interface SummaryToWrite {
  readonly businessId: BusinessId;
  readonly session: WaitingSession;
}

async function write(deps: SessionSummariesDeps, { businessId, session }: SummaryToWrite, signal: AbortSignal): Promise<WrittenSummary> {
  await untilAborted(deps.failPoints.hit("session.summarize") ?? Promise.resolve(), signal);
  const { id: sessionId, rows, attempts, lastTurn } = session;
  const messages = readableMessages(rows);
  const ofCustomer = messages.filter(({ author }) => author === "customer");
  if (ofCustomer.length <= 1) {
    const summary = summaryOfOne(ofCustomer[0], rows);
    return { sessionId, state: "too_short", source: "message", summary: { summary, topic: null, outcome: null, openPoints: [] } };
  }
  const settings = await deps.settings.find(businessId);
  const readable = { businessId, settings, messages, ...(lastTurn === undefined ? {} : { lastTurn }) };
  const { source, ...summary } = await writerFor(deps, settings, attempts)(readable, signal);
  if (summary.summary.trim() === "") throw new Error("the summary is empty");
  return { sessionId, state: "done", source, summary };
}

/** Of no message that can be read: what came instead, such as a reaction. */
function summaryOfOne(message: ContextMessage | undefined, rows: readonly MessageRow[]): string {
  if (message !== undefined) return `${message.from === undefined ? "" : `${message.from}: `}${describeMessage(message)}`;
  const type = rows.find(({ author }) => author === "customer")?.type ?? undefined;
  return type === undefined ? "(nothing)" : `(${labelOf(type)})`;
}

function writerFor({ summarize: { extractive, model } }: SessionSummariesDeps, settings: ReplySettings, attempts: number): Summarizer {
  if (settings.sessions.summaries !== "model" || attempts >= MODEL_ATTEMPTS) return extractive;
  return (session, signal) => {
    // A provider that neither answers nor gives up counts as one that failed.
    const limited = AbortSignal.any([signal, AbortSignal.timeout(settings.modelTimeoutMs)]);
    return untilAborted(model(session, limited), limited);
  };
}

function createFind(database: Database): (businessId: BusinessId, lane: SummaryLane) => Promise<WaitingSession | undefined> {
  return createBusinessBatcher<SummaryLane, WaitingSession | undefined>({
    slots: 1,
    async run(businessId, lanes) {
      const rows = await database.forBusiness(businessId).run(loadSessionToSummarize, { lanes });
      const ofLane = Map.groupBy(rows, (row) => row.conversation_id as ConversationId);
      return lanes.map(({ conversationId }) => sessionOf(ofLane.get(conversationId) ?? []));
    },
  });
}

function sessionOf(rows: readonly MessageRow[]): WaitingSession | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  const { session_id: id, attempts, turn_state: state, turn_reason: reason } = first;
  return { id, attempts, lastTurn: state === null ? undefined : { state, reason }, rows };
}

interface SummaryToStore {
  readonly lane: SummaryLane;
  readonly summary: WrittenSummary;
  readonly tracked: TrackedLane;
}

function createStore(database: Database): (businessId: BusinessId, item: SummaryToStore) => Promise<boolean> {
  return createBusinessBatcher<SummaryToStore, boolean>({
    slots: 1,
    async run(businessId, items) {
      const rows = await database.forBusiness(businessId).run(storeSummaries, { summaries: items.map(rowOf) });
      const stored = new Set(rows.map((row) => row.conversation_id));
      return items.map(({ lane }) => stored.has(lane.conversationId));
    },
  });
}

type SummaryRow = ValuesOf<typeof storeSummaries.params>["summaries"][number];

function rowOf({ lane, summary: { sessionId, state, source, summary }, tracked }: SummaryToStore): SummaryRow {
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
    inputTokens: summary.inputTokens === undefined ? undefined : Math.round(summary.inputTokens),
    outputTokens: summary.outputTokens === undefined ? undefined : Math.round(summary.outputTokens),
    isLast: tracked.pending === 1,
    done: tracked.doneAfterSummaries,
    wanted: tracked.wanted,
    openUntil: instantOf(tracked.openUntilMs),
  };
}
