// Owns: the local copy of a business's templates for people and programs: lists, one, its versions; and having it read anew.
import type { Database } from "../db/database.ts";
import { decodeTextId, encodeCursor, pageOf, type Page } from "../kernel/cursor.ts";
import { LOWEST_ID, type BusinessId } from "../kernel/ids.ts";
import type { SyncTemplates } from "./sync-templates.ts";
import { askForTemplates, listTemplateAccounts } from "./template-accounts.queries.ts";
import {
  templateAccountOf,
  templateVersionOf,
  templateViewOf,
  type TemplateAccountView,
  type TemplateVersionView,
  type TemplateView,
} from "./template-view.ts";
import { findTemplate, listTemplates, listTemplateVersions } from "./templates.queries.ts";

export interface TemplateFilter {
  readonly accountId?: string | undefined;
  /** A part of it. */
  readonly name?: string | undefined;
  readonly language?: string | undefined;
  /** Absent: all that were not deleted. */
  readonly status?: string | undefined;
  readonly category?: string | undefined;
}

export interface ReadTemplates {
  /** By name. */
  list(
    businessId: BusinessId,
    request: TemplateFilter & { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<Page<TemplateView>>;
  find(businessId: BusinessId, id: string): Promise<TemplateView | undefined>;
  /** The newest first, at most 100. */
  versions(businessId: BusinessId, id: string): Promise<readonly TemplateVersionView[]>;
  accounts(businessId: BusinessId): Promise<readonly TemplateAccountView[]>;
  /** Reads all templates of the account, or of all accounts, for some seconds; what is left then is read in the background. No accounts: there is none to read. */
  sync(businessId: BusinessId, accountId?: string): Promise<readonly TemplateAccountView[]>;
}

export interface ReadTemplatesDeps {
  readonly database: Database;
  readonly syncTemplates: SyncTemplates;
}

const MAX_VERSIONS = 100;
const SYNC_WAIT_MS = 20_000;

export function createReadTemplates({ database, syncTemplates }: ReadTemplatesDeps): ReadTemplates {
  async function accounts(businessId: BusinessId): Promise<readonly TemplateAccountView[]> {
    return (await database.forBusiness(businessId).run(listTemplateAccounts, {})).map(templateAccountOf);
  }

  return {
    accounts,
    async list(businessId, { limit, cursor, accountId, name, language, status, category }) {
      const after = cursor === undefined ? { text: "", id: LOWEST_ID } : decodeTextId(cursor);
      const rows = await database.forBusiness(businessId).run(listTemplates, {
        ...{ accountId, language, namePart: name?.toLowerCase(), status: status?.toUpperCase(), category: category?.toUpperCase() },
        ...{ afterName: after.text, afterId: after.id, limit: limit + 1 },
      });
      return pageOf(rows, limit, { item: templateViewOf, cursor: (row) => encodeCursor([row.name, row.id]) });
    },
    async find(businessId, id) {
      const [row] = await database.forBusiness(businessId).run(findTemplate, { id });
      return row === undefined ? undefined : templateViewOf(row);
    },
    async versions(businessId, id) {
      const rows = await database.forBusiness(businessId).run(listTemplateVersions, { id, limit: MAX_VERSIONS });
      return rows.map(templateVersionOf);
    },
    async sync(businessId, accountId) {
      const asked = await database.forBusiness(businessId).run(askForTemplates, { accountId });
      const until = performance.now() + SYNC_WAIT_MS;
      for (const { account_id: one } of asked) {
        let hasMore = true;
        while (hasMore && performance.now() < until) {
          const run = await syncTemplates(businessId, one);
          hasMore = run.outcome === "read" && run.isPartial;
        }
      }
      const ids = new Set(asked.map((row) => row.account_id));
      return (await accounts(businessId)).filter((account) => ids.has(account.accountId));
    },
  };
}
