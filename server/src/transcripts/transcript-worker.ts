// Owns: writing down what is said in a voice note: from which file, with what patience, and how its end is recorded. Refuses to know: which model hears it, and
// how files are claimed.
import { ResponderFault } from "../answers/responder.ts";
import type { Database } from "../db/database.ts";
import { type BusinessId, newId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { cleanString } from "../kernel/storable-json.ts";
import { type ClaimedFile, createClaimedWork, type FileWorker, growingBackoffMs, MAX_UNSETTLED } from "../media/claimed-work.ts";
import type { MediaStore } from "../media/media-store.ts";
import { readStored } from "../media/read-stored.ts";
import type { TranscribeAudio } from "../models/transcribe-audio.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";
import { opusSeconds } from "./opus-seconds.ts";
import {
  claimTranscriptsAcrossBusinesses,
  extendTranscript,
  findSpokenFile,
  finishTranscript,
  nextTranscriptAcrossBusinesses,
  postponeTranscript,
} from "./transcripts.queries.ts";

/** API: `media.transcript.error.code`, docs/media.md. */
type TranscriptProblem = "switched_off" | "too_long" | "file_missing" | "model_refused" | "model_failed" | "crashed";

export interface TranscriptWorkerDeps {
  readonly database: Database;
  readonly store: Pick<MediaStore, "open">;
  readonly settings: Pick<ReplySettingsStore, "find">;
  readonly transcribeAudio: TranscribeAudio;
  readonly log: Log;
  /** Called when it is known how one ended. Never rejects. */
  readonly onEnd?: ((file: { readonly businessId: BusinessId; readonly messageId: string }) => Promise<void>) | undefined;
  readonly pollMs?: number;
  readonly leaseMs: number;
  readonly backoffMs?: (attempt: number) => number;
}

/** Each file is held as a whole, and once more on its way. */
const AT_A_TIME = 6;
const BUSINESS_SHARE = 2;
/** OpenAI takes 25 MB; two hours of a voice note have 16. */
const MAX_BYTES = 24 * 1024 * 1024;
const WITHIN_MS = 120_000;
const MAX_ATTEMPTS = 5;
const LONGEST_ADVICE_MS = 600_000;
/** Two hours of speech have half as many letters. */
const MAX_LETTERS = 200_000;

/** An end, or a reason to try again. */
type Outcome =
  | {
      readonly outcome: "heard";
      readonly text: string;
      readonly language: string | undefined;
      readonly model: string;
      readonly seconds: number | undefined;
    }
  | {
      readonly outcome: "problem";
      readonly code: TranscriptProblem;
      readonly text: string;
      readonly isFinal: boolean;
      readonly retryAfterMs?: number;
    };

const problem = (code: TranscriptProblem, text: string, isFinal = true): Outcome => ({ outcome: "problem", code, text, isFinal });

export function createTranscriptWorker(deps: TranscriptWorkerDeps): FileWorker {
  const { database, store, log, leaseMs, pollMs, backoffMs = growingBackoffMs } = deps;

  async function listen({ businessId, id, unsettled }: ClaimedFile, caller: AbortSignal): Promise<Outcome> {
    if (unsettled > MAX_UNSETTLED) return problem("crashed", "Three times in a row the work on the voice note ended without a result.");
    const { transcription: settings } = await deps.settings.find(businessId);
    if (settings === null) return problem("switched_off", "The business has switched this off in the meantime.");
    const [file] = await database.forBusiness(businessId).run(findSpokenFile, { id });
    if (file === undefined) return problem("file_missing", "The file of this voice note is not there.");
    const said = file.seconds ?? 0;
    if (file.bytes > MAX_BYTES || said > settings.maxSeconds) return tooLong(settings.maxSeconds);
    const audio = await readStored(store, { businessId, sha256: file.sha256, variant: "file" }, MAX_BYTES).catch(() => null);
    if (audio === null) return problem("file_missing", "The store could not be read.", false);
    if (audio === undefined) return problem("file_missing", "The store does not have the file of this voice note.");
    const seconds = opusSeconds(audio) ?? file.seconds ?? undefined;
    if (seconds !== undefined && seconds > settings.maxSeconds) return tooLong(settings.maxSeconds);
    const signal = AbortSignal.any([caller, AbortSignal.timeout(WITHIN_MS)]);
    try {
      const heard = await deps.transcribeAudio({ businessId, settings, audio }, signal);
      const { text, language, model } = heard;
      return { outcome: "heard", text: cleanString(text.slice(0, MAX_LETTERS)), language, model, seconds: heard.seconds ?? seconds };
    } catch (error) {
      if (signal.aborted) return problem("model_failed", `The model did not answer within ${String(WITHIN_MS / 1_000)} s.`, false);
      // Not the model's: our own database, which has its key.
      if (!(error instanceof ResponderFault)) throw error;
      const { isFinal, message, retryAfterMs } = error;
      return {
        outcome: "problem",
        code: isFinal ? "model_refused" : "model_failed",
        text: message,
        isFinal,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      };
    }
  }

  async function costOf(businessId: BusinessId, seconds: number | undefined): Promise<number | undefined> {
    const price = (await deps.settings.find(businessId)).transcription?.pricePerMinute;
    return price === undefined || seconds === undefined ? undefined : Math.round((seconds / 60) * price * 1_000_000);
  }

  async function finish(file: ClaimedFile, outcome: Outcome): Promise<void> {
    const { businessId, id, fence } = file;
    const isHeard = outcome.outcome === "heard";
    const [ended] = await database.forBusiness(businessId).run(finishTranscript, {
      ...{ id, fence, eventId: newId(), state: isHeard ? "ready" : "failed" },
      ...(isHeard
        ? {
            ...{ text: outcome.text, language: outcome.language, model: outcome.model, seconds: outcome.seconds },
            ...{ costMicros: await costOf(businessId, outcome.seconds), errorCode: null, errorText: null },
          }
        : { text: null, language: null, model: null, seconds: null, costMicros: null, errorCode: outcome.code, errorText: outcome.text }),
    });
    if (ended === undefined) return;
    if (!isHeard)
      log.warn({ businessId, messageId: id, attempt: file.attempts, code: outcome.code, error: outcome.text }, "transcript.failed");
    await deps.onEnd?.({ businessId, messageId: id });
  }

  function giveBack({ businessId, id, fence }: ClaimedFile, afterMs: number): Promise<number> {
    return database
      .forBusiness(businessId)
      .execute(postponeTranscript, { id, fence, afterMs, isAttempt: false, errorCode: null, errorText: null });
  }

  return createClaimedWork({
    ...{ atATime: AT_A_TIME, businessShare: BUSINESS_SHARE, pollMs, leaseMs, giveBack },
    async claim(request) {
      const rows = await database.acrossBusinesses.run(claimTranscriptsAcrossBusinesses, {
        ...request,
        leaseMs,
        running: [...request.running],
      });
      return rows.map(({ business_id: businessId, ...rest }) => ({ businessId: businessId as BusinessId, ...rest }));
    },
    async nextInMs() {
      const [next] = await database.acrossBusinesses.run(nextTranscriptAcrossBusinesses, {});
      return next?.in_ms;
    },
    extend: ({ businessId, id, fence }) => database.forBusiness(businessId).execute(extendTranscript, { id, fence, leaseMs }),
    async work(file, signal) {
      const outcome = await listen(file, signal);
      if (outcome.outcome === "heard") return finish(file, outcome);
      // Asked to stop: it is due again at once, and this does not count as an attempt. Of one that was lost the fence is another's.
      if (signal.aborted) return void (await giveBack(file, 0));
      if (outcome.isFinal || file.attempts >= MAX_ATTEMPTS) return finish(file, outcome);
      const { businessId, id, fence, attempts: attempt } = file;
      const { code: errorCode, text: errorText } = outcome;
      const afterMs = Math.max(backoffMs(attempt), Math.min(LONGEST_ADVICE_MS, outcome.retryAfterMs ?? 0));
      await database.forBusiness(businessId).execute(postponeTranscript, { id, fence, afterMs, isAttempt: true, errorCode, errorText });
      log.info({ businessId, messageId: id, attempt, code: errorCode, error: errorText }, "transcript.postponed");
    },
    onClaimFailed(error) {
      log.warn({ error }, "transcript.claim-failed");
    },
    onNotSettled({ businessId, id: messageId }, error) {
      log.warn({ businessId, messageId, error }, "transcript.not-settled");
    },
  });
}

function tooLong(maxSeconds: number): Outcome {
  return problem("too_long", `The voice note is longer than ${String(maxSeconds)} seconds, or than the model takes.`);
}
