// Owns: the route that lists what WhatsApp and the gateways reported of channels, accounts and templates.
import { z } from "zod";
import type { ListNotices } from "../../businesses/list-notices.ts";
import type { ApiApp } from "../api-app.ts";
import { pageQuery, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface NoticeRoutesDeps {
  readonly listNotices: ListNotices;
}

const instant = z.string().meta({ description: "ISO 8601, UTC.", format: "date-time" });
const noticeSchema = z
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
const noticePageSchema = z.object({ data: z.array(noticeSchema).readonly(), nextCursor: z.string().nullable() }).meta({ id: "NoticePage" });

export function registerNoticeRoutes(api: ApiApp, { listNotices }: NoticeRoutesDeps): void {
  const schema = {
    operationId: "listNotices",
    summary: "List what WhatsApp reported of channels, accounts and templates, the newest first",
    querystring: pageQuery,
    response: { 200: noticePageSchema, ...problemAnswers },
  };
  api.get("/notices", { schema }, (request) => listNotices(callerOf(request).businessId, request.query));
}
