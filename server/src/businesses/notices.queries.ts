// Owns: the SQL that reads a business's notices.
import { defineQuery } from "../db/query.ts";

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
  text: `
    select n.id, n.received_at, n.at, n.provider, n.field, n.severity, n.channel_id, n.account_id, n.sentence, n.received_at::text as cursor_at
    from notices n
    where n.business_id = $1
      and (n.received_at, n.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by n.received_at desc, n.id desc
    limit $4`,
});
