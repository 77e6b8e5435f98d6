// Owns: the SQL that reads a business's notices.
import { defineQuery } from "../db/query.ts";

// The time of a cursor travels as text: a JavaScript Date would cut its microseconds.
export const listNotices = defineQuery({
  name: "notices.list",
  role: "app",
  columns: {
    id: "uuid",
    received_at: "timestamptz",
    at: "timestamptz",
    provider: "text",
    field: "text",
    severity: "text",
    channel_id: "uuid?",
    account_id: "text?",
    sentence: "text",
    cursor_at: "text",
  },
  params: { beforeAt: "text", beforeId: "uuid", limit: "int4" },
  text: `
    select n.id, n.received_at, n.at, n.provider, n.field, n.severity, n.channel_id, n.account_id, n.sentence, n.received_at::text as cursor_at
    from notices n
    where n.business_id = :business
      and (n.received_at, n.id) < (:beforeAt::timestamptz, :beforeId)
    order by n.received_at desc, n.id desc
    limit :limit`,
});
