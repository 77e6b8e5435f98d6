// Owns: the route that lists what WhatsApp and the gateways reported about channels, accounts and templates.
import { noticeSchema, type ListNotices } from "../../businesses/list-notices.ts";
import type { ApiApp } from "../api-app.ts";
import { pageQuery, pageSchema, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";

export interface NoticeRoutesDeps {
  readonly listNotices: ListNotices;
}

const noticePageSchema = pageSchema("NoticePage", noticeSchema);

export function registerNoticeRoutes(api: ApiApp, { listNotices }: NoticeRoutesDeps): void {
  const schema = {
    operationId: "listNotices",
    summary: "List what WhatsApp reported about channels, accounts and templates, the newest first",
    querystring: pageQuery,
    response: { 200: noticePageSchema, ...problemAnswers },
  };
  api.get("/notices", { schema }, (request) => listNotices(callerOf(request).businessId, request.query));
}
