// Owns: with what patience a file is fetched, and how the end of a fetch is recorded. Refuses to know: what fetching is, and how files are claimed.
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import { type BusinessId, newId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { isGateway } from "../whatsapp/providers.ts";
import { type ClaimedFile, createClaimedWork, type FileWorker, growingBackoffMs, MAX_UNSETTLED } from "./claimed-work.ts";
import type { FetchedFile, FetchMedia, MediaOutcome } from "./fetch-media.ts";
import type { MediaOrigin } from "./media-origin.ts";
import { MEDIA_PROBLEMS, MediaProblem } from "./media-problem.ts";
import {
  claimMediaAcrossBusinesses,
  extendMedia,
  findMediaOrigin,
  findMediaWebhook,
  finishMedia,
  nextMediaAcrossBusinesses,
  postponeMedia,
} from "./media.queries.ts";

/** How a fetch ended. */
export interface EndedFile {
  readonly businessId: BusinessId;
  readonly messageId: string;
  /** What is said in it is to be written down. */
  readonly isToTranscribe: boolean;
}

export interface MediaWorkerDeps {
  readonly database: Database;
  readonly fetchMedia: FetchMedia;
  readonly log: Log;
  /** Whether what is said in the voice notes of this business is written down. Absent: never. */
  readonly wantsTranscripts?: ((businessId: BusinessId) => Promise<boolean>) | undefined;
  /** Called when it is known how a fetch ended. Never rejects. */
  readonly onEnd?: ((file: EndedFile) => Promise<void>) | undefined;
  /** The longest sleep: what a lost wake-up can cost. */
  readonly pollMs?: number;
  readonly leaseMs: number;
  readonly backoffMs?: (attempt: number) => number;
}

const AT_A_TIME = 16;
const BUSINESS_SHARE = 6;
/** WhatsApp keeps what came with a webhook for so long (platform sheet, section 7); gateways rarely longer. */
const KEPT_MS = 7 * 24 * 3_600_000;

interface Attempt {
  readonly outcome: MediaOutcome;
  readonly ageMs: number;
}

const CRASHED = new MediaProblem(
  "crashed",
  "Three times in a row the work on the file ended without a result. It is not tried again by itself.",
);
const LOST_ORIGIN = new MediaProblem("not_provided", "The message of this file is not there any more.");

export function createMediaWorker(deps: MediaWorkerDeps): FileWorker {
  const { database, log, fetchMedia, pollMs, leaseMs, backoffMs = growingBackoffMs } = deps;

  async function originOf({
    businessId,
    id,
    attempts,
  }: ClaimedFile): Promise<{ readonly origin: MediaOrigin; readonly ageMs: number } | undefined> {
    const db = database.forBusiness(businessId);
    const [row] = await db.run(findMediaOrigin, { id });
    if (row === undefined) return undefined;
    const { type, content, provider, settings, channel_key: channelKey, access_token: accessToken } = row;
    if (provider !== "cloud" && !isGateway(provider)) return undefined;
    const readBody = async (): Promise<string | undefined> => (await db.run(findMediaWebhook, { id }))[0]?.body;
    const about = { providerMessageId: row.provider_message_id, attempt: attempts, readBody };
    const origin: MediaOrigin = { type, content, provider, settings, channelKey, accessToken, ...about };
    return { origin, ageMs: row.age_ms };
  }

  async function attempt(file: ClaimedFile, signal: AbortSignal): Promise<Attempt> {
    const problem = (found: MediaProblem): Attempt => ({ outcome: { outcome: "problem", problem: found }, ageMs: 0 });
    if (file.unsettled > MAX_UNSETTLED) return problem(CRASHED);
    const found = await originOf(file);
    if (found === undefined) return problem(LOST_ORIGIN);
    return { outcome: await fetchMedia(file.businessId, found.origin, signal), ageMs: found.ageMs };
  }

  async function finish(
    { businessId, id, fence }: ClaimedFile,
    end: { readonly state: "ready" | "failed" | "refused"; readonly problem?: MediaProblem; readonly file?: FetchedFile },
  ): Promise<void> {
    const { state, problem, file } = end;
    const transcribes = file?.mimeType.startsWith("audio/") === true && (await deps.wantsTranscripts?.(businessId)) === true;
    const [ended] = await database.forBusiness(businessId).run(finishMedia, {
      ...{ id, fence, state, errorCode: problem?.code, errorText: problem?.message, eventId: newId(), transcribes },
      ...{ mimeType: file?.mimeType, fileName: file?.fileName, bytes: file?.bytes, sha256: file?.sha256 },
      ...{ width: file?.width, height: file?.height, hasThumbnail: file?.hasThumbnail ?? false, isAnimated: file?.isAnimated },
    });
    if (ended !== undefined) await deps.onEnd?.({ businessId, messageId: id, isToTranscribe: ended.is_to_transcribe });
  }

  async function giveUpOrWait(file: ClaimedFile, found: MediaProblem, ageMs: number): Promise<void> {
    const { businessId, id, fence, attempts } = file;
    const isOver = ageMs > KEPT_MS;
    const problem = isOver && found.code === "not_found" ? expired(found) : found;
    const { patience, ends } = MEDIA_PROBLEMS[problem.code];
    if (isOver || attempts >= patience) {
      await finish(file, { state: ends, problem });
      log.warn({ businessId, messageId: id, attempt: attempts, code: problem.code, error: causeOf(problem) }, "media.failed");
      return;
    }
    const afterMs = backoffMs(attempts);
    await database
      .forBusiness(businessId)
      .execute(postponeMedia, { id, fence, afterMs, isAttempt: true, errorCode: problem.code, errorText: problem.message });
    log.info({ businessId, messageId: id, attempt: attempts, code: problem.code, error: causeOf(problem) }, "media.postponed");
  }

  function giveBack({ businessId, id, fence }: ClaimedFile, afterMs: number): Promise<number> {
    return database
      .forBusiness(businessId)
      .execute(postponeMedia, { id, fence, afterMs, isAttempt: false, errorCode: null, errorText: null });
  }

  return createClaimedWork({
    ...{ atATime: AT_A_TIME, businessShare: BUSINESS_SHARE, pollMs, leaseMs, giveBack },
    async claim(request) {
      const rows = await database.acrossBusinesses.run(claimMediaAcrossBusinesses, { ...request, leaseMs, running: [...request.running] });
      return rows.map(({ business_id: businessId, ...rest }) => ({ businessId: businessId as BusinessId, ...rest }));
    },
    async nextInMs() {
      const [next] = await database.acrossBusinesses.run(nextMediaAcrossBusinesses, {});
      return next?.in_ms;
    },
    extend: ({ businessId, id, fence }) => database.forBusiness(businessId).execute(extendMedia, { id, fence, leaseMs }),
    async work(file, signal) {
      const { outcome, ageMs } = await attempt(file, signal);
      if (outcome.outcome === "fetched") await finish(file, { state: "ready", file: outcome.file });
      // Asked to stop: it is due again at once, and this does not count as an attempt. Of one that was lost the fence is another's.
      else if (signal.aborted) await giveBack(file, 0);
      else await giveUpOrWait(file, outcome.problem, ageMs);
    },
    onClaimFailed(error) {
      log.warn({ error }, "media.claim-failed");
    },
    onNotSettled({ businessId, id: messageId }, error) {
      log.warn({ businessId, messageId, error }, "media.not-settled");
    },
  });
}

function expired(cause: MediaProblem): MediaProblem {
  return new MediaProblem("expired", "WhatsApp keeps a file for 7 days, and they are over. Ask the customer to send it again.", cause);
}

/** The innermost reason. */
function causeOf(problem: MediaProblem): string {
  let reason: unknown = problem;
  while (reason instanceof Error && reason.cause !== undefined) reason = reason.cause;
  return messageOf(reason);
}
