// Owns: reading the templates of an account from WhatsApp into the local copy: one by one where a report says that one is news, and all of them now and then.
// A reading of all goes on where it was when a page fails or a process dies, and removes what is gone. Refuses to know: who asks for it, and sends.
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { TemplateNode } from "../whatsapp/template-node.ts";
import type { AccountAccess, PlatformFailure, TemplatePlatform } from "../whatsapp/template-platform.ts";
import {
  claimTemplateAccount,
  failTemplateAccount,
  finishTemplateAccount,
  keepTemplateAccount,
  savePassOfAccount,
} from "./template-accounts.queries.ts";
import { recordNodes } from "./record-nodes.ts";
import { forgetWish, listUnseenTemplates, listWantedTemplates, markTemplatesDeleted } from "./templates.queries.ts";

export interface SyncTemplatesDeps {
  readonly database: Database;
  readonly platform: TemplatePlatform;
  readonly log: Log;
}

export type SyncOutcome =
  /** `isPartial`: more is left to do. */
  | { readonly outcome: "read"; readonly isPartial: boolean; readonly recorded: number }
  /** Nothing is due, or somebody else reads it. */
  | { readonly outcome: "idle" }
  | { readonly outcome: "failed"; readonly reason: string };

/** One run for one account, of at most some thirty requests. Never rejects for what WhatsApp answers. */
export type SyncTemplates = (businessId: BusinessId, accountId: string) => Promise<SyncOutcome>;

const PAGE = 50;
const PAGES_PER_RUN = 20;
const SINGLE_READS_PER_RUN = 20;
/** In place of a cursor: all pages are read, and what none of them held is looked at. */
const ALL_PAGES = "";
const LEASE_MS = 60_000;
/** How old the copy gets where no webhook comes. */
const EVERY_MS = 24 * 3_600_000;

const NO_TOKEN = "No channel of this account has an access token. Set one with `onethread channel set-token`.";

/** What ends a run early: the fence was lost, or WhatsApp did not answer as hoped. */
class Ended extends Error {
  readonly failure: PlatformFailure | undefined;
  /** The reading of all begins anew next time. */
  readonly restart: boolean;
  constructor(failure?: PlatformFailure, restart = false) {
    super(failure?.sentence ?? "another process reads this account now");
    this.failure = failure;
    this.restart = restart;
  }
}

interface Run {
  readonly db: BusinessDatabase;
  readonly platform: TemplatePlatform;
  readonly access: AccountAccess;
  readonly fence: number;
  recorded: number;
}

export function createSyncTemplates({ database, platform, log }: SyncTemplatesDeps): SyncTemplates {
  return async (businessId, accountId) => {
    const db = database.forBusiness(businessId);
    const [claim] = await db.run(claimTemplateAccount, { accountId, leaseMs: LEASE_MS });
    if (claim === undefined) return { outcome: "idle" };
    const { fence, access_token: accessToken } = claim;

    async function fail(reason: string, restart: boolean): Promise<SyncOutcome> {
      const [row] = await db.run(failTemplateAccount, { accountId, fence, reason: reason.slice(0, 1_000), restart });
      // Once when it begins to fail; the account shows the rest.
      if (row?.failures === 1) log.warn({ businessId, accountId }, "templates.not-read");
      return { outcome: "failed", reason };
    }

    if (accessToken === null) return fail(NO_TOKEN, false);
    const run: Run = { db, platform, access: { accountId, accessToken }, fence, recorded: 0 };
    try {
      const areLeft = await readWanted(run);
      const whole = claim.pass_began_at === null ? undefined : await readAll(run, claim.pass_began_at, claim.pass_cursor);
      const isPartial = areLeft || whole?.isFinished === false;
      await db.execute(finishTemplateAccount, {
        ...{ accountId, fence, isPartial, everyMs: EVERY_MS },
        isWhole: whole?.isFinished === true,
        marketingStatus: whole?.marketingStatus,
      });
      return { outcome: "read", isPartial, recorded: run.recorded };
    } catch (error) {
      if (!(error instanceof Ended)) {
        await fail(messageOf(error), false);
        throw error;
      }
      return error.failure === undefined ? { outcome: "idle" } : fail(error.failure.sentence, error.restart);
    }
  };
}

/** The database's time. Throws when the account is another reader's. */
async function keep({ db, access, fence }: Run): Promise<Date> {
  const [row] = await db.run(keepTemplateAccount, { accountId: access.accountId, fence, leaseMs: LEASE_MS });
  if (row === undefined) throw new Ended();
  return row.at;
}

/** True when some are left for the next run. */
async function readWanted(run: Run): Promise<boolean> {
  const { db, access } = run;
  const wanted = await db.run(listWantedTemplates, { accountId: access.accountId, limit: SINGLE_READS_PER_RUN });
  for (const template of wanted) await readOne(run, template);
  return wanted.length === SINGLE_READS_PER_RUN;
}

/** The copy says afterwards what WhatsApp says of it, also that it is gone. */
async function readOne(
  run: Run,
  { id, provider_id: providerId }: { readonly id: string; readonly provider_id: string | null },
): Promise<void> {
  const { db, platform, access } = run;
  const beganAt = await keep(run);
  if (providerId !== null) {
    const found = await platform.readTemplate(access, providerId);
    if (found.outcome === "found") await record(run, db, { beganAt, templates: [found.template] });
    else if (found.outcome === "missing") await db.execute(markTemplatesDeleted, { ids: [id], beganAt });
    else throw new Ended(found);
  }
  await db.execute(forgetWish, { id, beganAt });
}

interface Reading {
  readonly isFinished: boolean;
  readonly marketingStatus?: string | null;
}

async function readAll(run: Run, beganAt: Date, from: string | null): Promise<Reading> {
  let cursor = from;
  for (let page = 0; page < PAGES_PER_RUN && cursor !== ALL_PAGES; page += 1) cursor = await readPage(run, cursor);
  return cursor === ALL_PAGES ? removeGone(run, beganAt) : { isFinished: false };
}

/** The cursor of the next page. The page and how far the reading is are one transaction. */
async function readPage(run: Run, cursor: string | null): Promise<string> {
  const { db, platform, access, fence } = run;
  const beganAt = await keep(run);
  const page = await platform.listTemplates(access, { after: cursor, limit: PAGE });
  // A cursor does not live for ever: from the beginning then.
  if (page.outcome !== "page") throw new Ended(page, cursor !== null && page.outcome === "refused" && !page.mayPass);
  const after = page.after ?? ALL_PAGES;
  await db.transaction(async (tx) => {
    await record(run, tx, { beganAt, templates: page.templates });
    const { count, limit } = page;
    if ((await tx.execute(savePassOfAccount, { accountId: access.accountId, fence, cursor: after, count, limit })) === 0) throw new Ended();
  });
  return after;
}

/** Each that no page held is asked for alone: while pages are read, what is deleted or made moves the others about. */
async function removeGone(run: Run, beganAt: Date): Promise<Reading> {
  const { db, platform, access } = run;
  const unseen = await db.run(listUnseenTemplates, { accountId: access.accountId, beganAt, limit: SINGLE_READS_PER_RUN });
  const withoutId = unseen.filter((template) => template.provider_id === null).map(({ id }) => id);
  if (withoutId.length > 0) await db.execute(markTemplatesDeleted, { ids: withoutId, beganAt });
  for (const template of unseen) if (template.provider_id !== null) await readOne(run, template);
  const marketing = await platform.readMarketingStatus(access);
  return {
    isFinished: unseen.length < SINGLE_READS_PER_RUN,
    ...(marketing.outcome === "read" ? { marketingStatus: marketing.status } : {}),
  };
}

async function record(
  run: Run,
  db: Queryable,
  { beganAt, templates }: { readonly beganAt: Date; readonly templates: readonly TemplateNode[] },
): Promise<void> {
  run.recorded += await recordNodes(db, { accountId: run.access.accountId, beganAt, templates });
}
