// Owns: the files of a turn's messages: whether it waits for one of them, for a bounded time, and what is known of them then. A turn without such messages, or
// of a business that does not want it, costs nothing. Refuses to know: how a file is fetched, and how its words are heard.
import type { ContextMessage } from "../answers/responder.ts";
import type { Database } from "../db/database.ts";
import type { Row } from "../db/query.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import { asksOf, type Asks } from "../words/asks-for-reply.ts";
import type { TurnInProgress } from "./load-turn.ts";
import type { Thread } from "./read-thread.ts";
import { findTurnFiles, restForFiles } from "./turn-files.queries.ts";

export type FilesLook =
  /** Something may still come, for so long. */
  | { readonly outcome: "waits"; readonly waitMs: number }
  | { readonly outcome: "seen"; readonly turn: TurnInProgress; readonly pictures: readonly PictureOfTurn[] };

/** One that is to be shown to the model. */
export interface PictureOfTurn {
  /** Of its message. */
  readonly seq: number;
  /** Its file in the store. */
  readonly sha256: string;
}

type FileRow = Row<typeof findTurnFiles>;

export interface TurnFiles {
  /** Undefined: there is nothing to look at. */
  look(turn: TurnInProgress): Promise<FilesLook> | undefined;
  /** Releases the lane until then. Answers whether it is due at once after all; undefined: it is somebody else's. */
  rest(turn: TurnInProgress, waitMs: number): Promise<{ readonly isDue: boolean } | undefined>;
}

/** Of the types of messages: what of them this business wants to have looked at. */
function wants({ settings: { transcription, pictures, responder } }: TurnInProgress, type: string): boolean {
  return (type === "audio" && transcription !== null) || (type === "image" && pictures !== null && responder === "model");
}

function isUnready({ type, is_voice: isVoice, state, transcript_state: transcript }: FileRow): boolean {
  if (type === "audio" && !isVoice) return false;
  return state === "pending" || state === "fetching" || (state === "ready" && (transcript === "pending" || transcript === "working"));
}

/** From the oldest on that is not there: what hopelessly waits to be fetched holds up no burst for longer. */
function waitOf(files: readonly FileRow[], filesWaitMs: number): number {
  const ages = files.filter(isUnready).map((file) => file.age_ms);
  return ages.length === 0 ? 0 : Math.max(0, filesWaitMs - Math.max(...ages));
}

/** Said by a machine's ear, so nothing is left unanswered for it: silence is often heard as thanks. */
const HEARD: ReadonlySet<Asks> = new Set(["person", "greeting", "question"]);

function heardIn(message: ContextMessage, said: string): ContextMessage {
  const asks = asksOf({ type: message.type, words: said, content: {} });
  return { ...message, text: said, isTranscript: true, words: said, asks: HEARD.has(asks) ? asks : "question" };
}

/** What was said is what they wrote. */
function withTranscripts(thread: Thread, files: readonly FileRow[]): Thread {
  const heard = new Map(
    files.flatMap(({ seq, transcript }) => (transcript === null || transcript === "" ? [] : [[seq, transcript] as const])),
  );
  const hear = (message: ContextMessage): ContextMessage => {
    const said = message.type === "audio" ? heard.get(message.seq) : undefined;
    return said === undefined ? message : heardIn(message, said);
  };
  return heard.size === 0 ? thread : { ...thread, burst: thread.burst.map(hear), history: thread.history.map(hear) };
}

/** Only what is ready: a file that nobody has scanned where files are scanned, or that was refused, is not. */
function picturesIn(files: readonly FileRow[], { pictures }: ReplySettings): readonly PictureOfTurn[] {
  const shown = files.flatMap(({ type, state, seq, sha256 }) =>
    type === "image" && state === "ready" && sha256 !== null ? [{ seq, sha256 }] : [],
  );
  return pictures === null ? [] : shown.slice(-pictures.max);
}

export function createTurnFiles({ database }: { readonly database: Database }): TurnFiles {
  async function lookAt(turn: TurnInProgress, seqs: readonly number[]): Promise<FilesLook> {
    const { lane, thread, settings } = turn;
    const { businessId, conversationId } = lane;
    const files = await database.forBusiness(businessId).run(findTurnFiles, { conversationId, seqs: [...seqs] });
    const asked = new Set(thread.burst.map(({ seq }) => seq));
    const waitMs = waitOf(
      files.filter(({ seq }) => asked.has(seq)),
      settings.filesWaitMs,
    );
    if (waitMs > 0) return { outcome: "waits", waitMs };
    return { outcome: "seen", turn: { ...turn, thread: withTranscripts(thread, files) }, pictures: picturesIn(files, settings) };
  }

  function look(turn: TurnInProgress): Promise<FilesLook> | undefined {
    const { burst, history } = turn.thread;
    const seqs = [...history, ...burst].flatMap(({ author, type, seq }) => (author === "customer" && wants(turn, type) ? [seq] : []));
    return seqs.length === 0 ? undefined : lookAt(turn, seqs);
  }

  return {
    look,
    async rest(turn, waitMs) {
      const { businessId, conversationId, fence } = turn.lane;
      const db = database.forBusiness(businessId);
      if ((await db.execute(restForFiles, { conversationId, fence, waitMs })) === 0) return undefined;
      // Whatever came before the lane rested has woken nobody: what is known now is asked once more.
      const again = await look(turn);
      if (again?.outcome === "waits") return { isDue: false };
      await db.execute(restForFiles, { conversationId, fence, waitMs: 0 });
      return { isDue: true };
    },
  };
}
