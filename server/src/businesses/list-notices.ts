// Owns: the notices of a business as people read them: a sentence each, never the raw body.
import { z } from "zod";
import { decodeTimeId, encodeCursor, NEWEST, pageOf, type Page } from "../kernel/cursor.ts";
import type { Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { instant } from "../kernel/shapes.ts";
import { listNotices } from "./notices.queries.ts";

export const noticeSchema = z
  .object({
    id: z.string(),
    receivedAt: instant,
    at: instant.describe("The provider's time."),
    provider: z.string(),
    field: z.string().describe("The provider's own word for the kind of notice."),
    severity: z.string().describe("info, warning or critical."),
    channelId: z.string().nullable().describe("Null where it concerns the account, or several channels."),
    accountId: z.string().nullable(),
    sentence: z.string().describe("What happened, for a person."),
  })
  .meta({ id: "Notice" });

export type NoticeView = Readonly<z.output<typeof noticeSchema>>;

export type ListNotices = (
  businessId: BusinessId,
  request: { readonly limit: number; readonly cursor?: string | undefined },
) => Promise<Page<NoticeView>>;

/** The newest first. */
export function createListNotices({ database }: { readonly database: Database }): ListNotices {
  return async (businessId, { limit, cursor }) => {
    const before = cursor === undefined ? NEWEST : decodeTimeId(cursor);
    const rows = await database.forBusiness(businessId).run(listNotices, { beforeAt: before.at, beforeId: before.id, limit: limit + 1 });
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
