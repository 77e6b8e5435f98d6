// Owns: the SQL of a business's reply settings and secrets.
import { defineQuery } from "../db/query.ts";

export const findReplySettings = defineQuery({
  name: "replies.find-settings",
  role: "app",
  columns: { settings: "jsonb", updated_at: "timestamptz?" },
  text: `
select coalesce(s.settings, '{}') as settings, s.updated_at
  from businesses b
  left join reply_settings s on s.business_id = $1
 where b.id = $1`,
});

export const lockReplySettings = defineQuery({
  name: "replies.lock-settings",
  role: "app",
  columns: { settings: "jsonb" },
  text: `
insert into reply_settings as s (business_id, settings, updated_at) values ($1, '{}', now())
on conflict on constraint reply_settings_pkey do update set settings = s.settings
returning s.settings`,
});

export const saveReplySettings = defineQuery({
  name: "replies.save-settings",
  role: "app",
  columns: { business_id: "uuid" },
  text: `update reply_settings s set settings = $2, updated_at = now() where s.business_id = $1 returning s.business_id`,
});

export const findReplySecret = defineQuery({
  name: "replies.find-secret",
  role: "app",
  columns: { value: "text" },
  text: `select s.value from reply_secrets s where s.business_id = $1 and s.name = $2`,
});

export const listReplySecrets = defineQuery({
  name: "replies.list-secrets",
  role: "app",
  columns: { name: "text", updated_at: "timestamptz" },
  text: `select s.name, s.updated_at from reply_secrets s where s.business_id = $1 order by s.name`,
});

export const saveReplySecret = defineQuery({
  name: "replies.save-secret",
  role: "app",
  columns: { name: "text" },
  text: `
insert into reply_secrets as s (business_id, name, value, updated_at)
select $1, i.name, i.value, i.at from (select $2::text as name, $3::text as value, now() as at) i
on conflict on constraint reply_secrets_pkey do update set value = excluded.value, updated_at = excluded.updated_at
returning s.name`,
});

export const removeReplySecret = defineQuery({
  name: "replies.remove-secret",
  role: "app",
  columns: { name: "text" },
  text: `delete from reply_secrets s where s.business_id = $1 and s.name = $2 returning s.name`,
});
