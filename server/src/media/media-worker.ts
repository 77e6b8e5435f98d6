// Owns: which file is fetched next, with what patience, how its end is recorded, and the loop around it. Refuses to know: what fetching is.
import { isOutage } from "../db/classify-error.ts";
import type { Database } from "../db/database.ts";
import { retryWhileGone } from "../db/retry-while-gone.ts";
import { messageOf } from "../kernel/faults.ts";
import { type BusinessId, newId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { createLoop } from "../kernel/loop.ts";
import { isGateway } from "../whatsapp/providers.ts";
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

export interface MediaWorker {
  start(): void;
  /** There may be something due now. */
  wake(): void;
  /** One pass: claims what is due, and fetches it. Answers how many files there were. */
  runOnce(): Promise<number>;
  /** Ends what runs and gives it back: whoever claims it next begins anew. */
  stop(): Promise<void>;
}

export interface MediaWorkerDeps {
  readonly database: Database;
  readonly fetchMedia: FetchMedia;
  readonly log: Log;
  /** The longest sleep: what a lost wake-up can cost. */
  readonly pollMs?: number;
  readonly leaseMs: number;
  readonly backoffMs?: (attempt: number) => number;
}

const AT_A_TIME = 16;
/** Of them, for one business: its provider may hang. */
const BUSINESS_SHARE = 6;
/** Claimed this often without an end, a file takes its worker down each time: it is not tried again. */
const MAX_UNSETTLED = 3;
/** WhatsApp keeps what came with a webhook for so long (platform sheet, section 7); gateways rarely longer. */
const KEPT_MS = 7 * 24 * 3_600_000;
const CLAIM_FAILED_MS = 1_000;
const OUTAGE_BACKOFF_MS = 2_000;
const LONGEST_BACKOFF_MS = 3_600_000;
const defaultBackoffMs = (attempt: number): number => Math.min(LONGEST_BACKOFF_MS, 1_000 * 4 ** (attempt - 1)) * (0.75 + Math.random() / 2);

interface ClaimedFile {
  readonly businessId: BusinessId;
  readonly id: string;
  readonly fence: number;
  readonly attempts: number;
  readonly unsettled: number;
}

interface Attempt {
  readonly outcome: MediaOutcome;
  readonly ageMs: number;
}

const CRASHED = new MediaProblem(
  "crashed",
  "Three times in a row the work on the file ended without a result. It is not tried again by itself.",
);
const LOST_ORIGIN = new MediaProblem("not_provided", "The message of this file is not there any more.");

export function createMediaWorker(deps: MediaWorkerDeps): MediaWorker {
  const { database, log, fetchMedia, pollMs = 1_000, leaseMs, backoffMs = defaultBackoffMs } = deps;
  const stopping = new AbortController();
  const running = new Map<BusinessId, number>();
  const runs = new Set<Promise<void>>();
  const loop = createLoop({
    pass,
    pauseMs: CLAIM_FAILED_MS,
    onFailed(error) {
      log.warn({ error: messageOf(error) }, "media.claim-failed");
    },
  });

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

  /** While it lasts, the lease is kept; `lost` when somebody else has it. */
  async function whileHeld<T>(file: ClaimedFile, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const lost = new AbortController();
    const { businessId, id, fence } = file;
    const timer = setInterval(() => {
      database
        .forBusiness(businessId)
        .execute(extendMedia, { id, fence, leaseMs })
        .then((held) => {
          if (held === 0) lost.abort(new Error("somebody else has the file"));
        })
        // Not in time: the lease ends, and the fence decides.
        .catch(() => undefined);
    }, leaseMs / 3);
    try {
      return await work(AbortSignal.any([stopping.signal, lost.signal]));
    } finally {
      clearInterval(timer);
    }
  }

  async function attempt(file: ClaimedFile): Promise<Attempt> {
    const problem = (found: MediaProblem): Attempt => ({ outcome: { outcome: "problem", problem: found }, ageMs: 0 });
    if (file.unsettled > MAX_UNSETTLED) return problem(CRASHED);
    const found = await originOf(file);
    if (found === undefined) return problem(LOST_ORIGIN);
    return { outcome: await whileHeld(file, (signal) => fetchMedia(file.businessId, found.origin, signal)), ageMs: found.ageMs };
  }

  function finish(
    { businessId, id, fence }: ClaimedFile,
    end: { readonly state: string; readonly problem?: MediaProblem; readonly file?: FetchedFile },
  ) {
    const { state, problem, file } = end;
    return database.forBusiness(businessId).run(finishMedia, {
      ...{ id, fence, state, errorCode: problem?.code, errorText: problem?.message, eventId: newId() },
      ...{ mimeType: file?.mimeType, fileName: file?.fileName, bytes: file?.bytes, sha256: file?.sha256 },
      ...{ width: file?.width, height: file?.height, hasThumbnail: file?.hasThumbnail ?? false, isAnimated: file?.isAnimated },
    });
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

  async function fetchOne(file: ClaimedFile): Promise<void> {
    const { outcome, ageMs } = await attempt(file);
    if (outcome.outcome === "fetched") await finish(file, { state: "ready", file: outcome.file });
    // Asked to stop: it is due again at once, and this does not count as an attempt.
    else if (stopping.signal.aborted) await giveBack(file, 0);
    else await giveUpOrWait(file, outcome.problem, ageMs);
  }

  async function run(file: ClaimedFile): Promise<void> {
    running.set(file.businessId, (running.get(file.businessId) ?? 0) + 1);
    try {
      await fetchOne(file);
    } catch (error) {
      log.warn({ businessId: file.businessId, messageId: file.id, error: messageOf(error) }, "media.not-settled");
      // An outage of our own database is not the file's fault. Not in time: the lease has ended by then.
      if (isOutage(error))
        await retryWhileGone(() => giveBack(file, OUTAGE_BACKOFF_MS), { forMs: leaseMs, signal: stopping.signal }).catch(() => undefined);
    } finally {
      const rest = (running.get(file.businessId) ?? 1) - 1;
      if (rest === 0) running.delete(file.businessId);
      else running.set(file.businessId, rest);
      loop.wake();
    }
  }

  /** Claims what is due and fits, and begins it. */
  async function begin(): Promise<readonly Promise<void>[]> {
    const counts = [...running];
    const free = AT_A_TIME - counts.reduce((sum, [, count]) => sum + count, 0);
    if (free <= 0) return [];
    const rows = await database.acrossBusinesses.run(claimMediaAcrossBusinesses, {
      ...{ limit: free, leaseMs, share: BUSINESS_SHARE },
      running: counts.map(([businessId, count]) => ({ businessId, count })),
    });
    return rows.map(({ business_id, ...rest }) => {
      const work = run({ businessId: business_id as BusinessId, ...rest });
      runs.add(work);
      return work.finally(() => runs.delete(work));
    });
  }

  /** How long there is nothing to claim. What is due but finds no place waits until something that runs ends, which wakes the loop. */
  async function idleMs(): Promise<number> {
    const [next] = await database.acrossBusinesses.run(nextMediaAcrossBusinesses, {});
    const inMs = next?.in_ms ?? pollMs;
    return inMs <= 0 ? pollMs : Math.min(pollMs, inMs);
  }

  async function pass(): Promise<number> {
    const begun = await begin();
    return begun.length === 0 ? idleMs() : 0;
  }

  return {
    start() {
      loop.start();
    },
    wake() {
      loop.wake();
    },
    async runOnce() {
      const begun = await begin();
      await Promise.all(begun);
      return begun.length;
    },
    async stop() {
      stopping.abort(new Error("the worker stops"));
      await loop.stop();
      await Promise.all(runs);
    },
  };
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
