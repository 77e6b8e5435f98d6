// Owns: the notices of a business as people read them: a sentence each, never the raw body.
import { decodeTimeId, encodeCursor, pageOf, type Page } from "../kernel/cursor.ts";
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { listNotices } from "./notices.queries.ts";

export interface NoticeView {
  readonly id: string;
  readonly receivedAt: string;
  readonly at: string;
  readonly provider: string;
  readonly field: string;
  readonly severity: string;
  readonly channelId: string | null;
  readonly accountId: string | null;
  readonly sentence: string;
}

export type ListNotices = (
  businessId: BusinessId,
  request: { readonly limit: number; readonly cursor?: string | undefined },
) => Promise<Page<NoticeView>>;

/** The newest first. */
export function createListNotices({ database }: { readonly database: Database }): ListNotices {
  return async (businessId, { limit, cursor }) => {
    const after = cursor === undefined ? undefined : decodeTimeId(cursor);
    const rows = await database.forBusiness(businessId).run(listNotices, [businessId, after?.at ?? null, after?.id ?? null, limit + 1]);
    return pageOf(rows, limit, {
      item: ({ id, received_at, at, provider, field, severity, channel_id, account_id, sentence }) => ({
        id,
        receivedAt: received_at.toISOString(),
        at: at.toISOString(),
        provider,
        field,
        severity,
        channelId: channel_id,
        accountId: account_id,
        sentence,
      }),
      cursor: (row) => encodeCursor([row.cursor_at, row.id]),
    });
  };
}
