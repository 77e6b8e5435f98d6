// Owns: writing what a turn came to, its end or that it waits: gathered into one statement per business, and an end is written without its event when only
// the outbox refuses it. Then whoever has work now is woken.
import { createBusinessBatcher, type BusinessBatcher } from "../db/business-batcher.ts";
import { classifyDatabaseError } from "../db/classify-error.ts";
import type { Database } from "../db/database.ts";
import type { ValuesOf } from "../db/parameters.ts";
import type { Row } from "../db/query.ts";
import { messageOf } from "../kernel/faults.ts";
import type { AnswerPart } from "../answers/answer-part.ts";
import type { TurnWork } from "../answers/responder.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import { newId, type BusinessId, type MessageId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { TurnInProgress } from "./load-turn.ts";
import { commitTurns, parkTurns, wakeDecidedTurns } from "./replies.queries.ts";
import type { TurnFiles } from "./turn-files.ts";
import { addWork } from "./waiting-turn.ts";

export interface Ending {
  readonly state: "replied" | "handed_off" | "skipped" | "failed" | "superseded";
  readonly reason: string | null;
  /** One message each; none: nothing is said. */
  readonly texts: readonly string[];
  /** What follows the texts, and what is to be said later. */
  readonly parts?: readonly AnswerPart[];
  readonly error?: string;
  readonly responder?: string;
  readonly work?: TurnWork;
}

/** What a run comes to: the end of its turn up to `coversTo`, waiting for somebody outside, or resting until the files of its messages are known. */
export type TurnResult =
  | { readonly ending: Ending; readonly coversTo: number }
  | { readonly waitsFor: "answer" | "approval"; readonly waitMs: number; readonly coversTo: number; readonly work?: TurnWork }
  | { readonly restMs: number };

interface TurnEnd {
  readonly turn: TurnInProgress;
  readonly coversTo: number;
  readonly ending: Ending;
  /** By `performance.now()`: how long it took is measured here, when it was is said by the database. */
  readonly begunAt: number;
}

interface TurnPark extends Extract<TurnResult, { readonly waitsFor: string }> {
  readonly turn: TurnInProgress;
}

export interface EndTurnDeps {
  readonly database: Database;
  readonly turnFiles: Pick<TurnFiles, "rest">;
  readonly failPoints: FailPoints;
  readonly log: Log;
  readonly wake: (kind: "reply" | "send") => void;
  /** Called after each commit; what it throws is logged and changes nothing. */
  readonly onTurn: (state: string, ms: number) => void;
}

export type EndTurn = (turn: TurnInProgress, result: TurnResult, begunAt: number) => Promise<void>;

/** Statements at once: one that waits for the row of a long merge must not hold up everybody else. */
const SLOTS = 4;
/** A commit over three turns costs almost what it costs over thirty, and whoever has worked on an answer for a second does not see 5 ms. */
const COMMIT_REST_MS = 5;

const json = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value));
const rounded = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.round(value));
const listed = (parts: readonly object[]): string | null =>
  parts.length === 0 ? null : JSON.stringify(parts.map((part) => ({ ...part, id: newId<MessageId>() })));
const partsOf = ({ texts, parts = [] }: Ending): string | null =>
  listed([...texts.map((text) => ({ text })), ...parts.filter(({ sendAt }) => sendAt === undefined)]);
const laterOf = ({ parts = [] }: Ending): string | null => listed(parts.filter(({ sendAt }) => sendAt !== undefined));

type EndRow = ValuesOf<typeof commitTurns.params>["ends"][number];
type ParkRow = ValuesOf<typeof parkTurns.params>["parks"][number];

function endRowOf({ turn: { id, lane, final, settings }, coversTo, ending, begunAt }: TurnEnd): EndRow {
  const { state, reason, error, responder, work } = ending;
  const inputTokens = rounded(work?.inputTokens);
  return {
    conversationId: lane.conversationId,
    fence: lane.fence,
    turnId: id,
    coversFrom: lane.done + 1,
    coversTo,
    state,
    reason,
    responder,
    final,
    parts: partsOf(ending),
    later: laterOf(ending),
    laterYields: settings.tools.scheduledYields,
    error: error?.slice(0, 1_000),
    attempts: lane.attempts + 1,
    model: work?.model,
    inputTokens,
    outputTokens: rounded(work?.outputTokens) ?? (inputTokens === undefined ? undefined : 0),
    costMicros: rounded(work?.costMicros),
    latencyMs: Math.round(performance.now() - begunAt),
    toolCalls: json(work?.toolCalls),
    sources: json(work?.sources),
    pictures: json(work?.pictures),
    eventId: newId(),
  };
}

/** Undefined: the lane is somebody else's by now, and nothing was written. */
function createCommitEnd({ database, log }: EndTurnDeps): BusinessBatcher<TurnEnd, Row<typeof commitTurns> | undefined> {
  async function write(businessId: BusinessId, ends: readonly TurnEnd[]): Promise<readonly Row<typeof commitTurns>[]> {
    const db = database.forBusiness(businessId);
    const rows = ends.map(endRowOf);
    try {
      return await db.run(commitTurns, { ends: rows, withEvents: true });
    } catch (error) {
      // Several together are tried again one by one (business-batcher.ts); what is refused of one alone may be its event, which is not worth a silence.
      if (ends.length > 1 || classifyDatabaseError(error) !== "data") throw error;
      const written = await db.run(commitTurns, { ends: rows, withEvents: false });
      log.error({ conversationId: ends[0]?.turn.lane.conversationId, error: messageOf(error) }, "turn.event-lost");
      return written;
    }
  }

  return createBusinessBatcher({
    slots: SLOTS,
    restMs: COMMIT_REST_MS,
    async run(businessId, ends) {
      const byConversation = new Map((await write(businessId, ends)).map((row) => [row.conversation_id, row]));
      return ends.map(({ turn }) => byConversation.get(turn.lane.conversationId));
    },
  });
}

function parkRowOf({ turn: { id, lane, state, final }, coversTo, waitsFor, waitMs, work }: TurnPark): ParkRow {
  const { conversationId, fence } = lane;
  return { conversationId, fence, turnId: id, coversTo, answeredTo: state.answered_to, waitsFor, final, waitMs, work: json(work) };
}

/** Undefined: the lane is somebody else's by now, and nothing was written. */
function createPark({ database }: EndTurnDeps): BusinessBatcher<TurnPark, { readonly isDue: boolean } | undefined> {
  return createBusinessBatcher({
    slots: SLOTS,
    async run(businessId, parks) {
      const db = database.forBusiness(businessId);
      const rows = await db.run(parkTurns, { parks: parks.map(parkRowOf) });
      const conversationIds = parks.filter(({ waitsFor }) => waitsFor === "approval").map(({ turn }) => turn.lane.conversationId);
      const decided = conversationIds.length === 0 ? [] : await db.run(wakeDecidedTurns, { conversationIds });
      const due = new Set([...rows.filter((row) => row.due), ...decided].map((row) => row.conversation_id));
      const parked = new Set(rows.map((row) => row.conversation_id));
      return parks.map(({ turn: { lane } }) => (parked.has(lane.conversationId) ? { isDue: due.has(lane.conversationId) } : undefined));
    },
  });
}

export function createEndTurn(deps: EndTurnDeps): EndTurn {
  const { failPoints, log, wake, onTurn, turnFiles } = deps;
  const commitEnd = createCommitEnd(deps);
  const park = createPark(deps);

  async function end(turnEnd: TurnEnd): Promise<void> {
    const { lane } = turnEnd.turn;
    const ended = await commitEnd(lane.businessId, turnEnd);
    await failPoints.hit("turn.after-commit");
    if (ended === undefined) {
      log.warn({ conversationId: lane.conversationId, fence: lane.fence }, "turn.lost");
      return;
    }
    if (ended.state !== "superseded" && ended.state !== "skipped") wake("send");
    try {
      onTurn(ended.state, performance.now() - turnEnd.begunAt);
    } catch (error) {
      log.error({ error: messageOf(error) }, "turn.bookkeeping-failed");
    }
  }

  function released({ lane }: TurnInProgress, left: { readonly isDue: boolean } | undefined): void {
    if (left === undefined) log.warn({ conversationId: lane.conversationId, fence: lane.fence }, "turn.lost");
    else if (left.isDue) wake("reply");
  }

  return async (turn, result, begunAt) => {
    if ("restMs" in result) {
      released(turn, await turnFiles.rest(turn, result.restMs));
      return;
    }
    const work = addWork(turn.waiting?.work, "waitsFor" in result ? result.work : result.ending.work);
    const used = work === undefined ? {} : { work };
    if ("waitsFor" in result) released(turn, await park(turn.lane.businessId, { ...result, ...used, turn }));
    else await end({ turn, coversTo: result.coversTo, ending: { ...result.ending, ...used }, begunAt });
  };
}
