// Owns: the SQL of a business's reply settings and secrets.
import { defineQuery } from "../db/query.ts";

export const findReplySettings = defineQuery({
  name: "settings.find",
  role: "app",
  columns: { settings: "jsonb" },
  params: {},
  text: `
select coalesce(s.settings, '{}') as settings
  from businesses b
  left join reply_settings s on s.business_id = b.id
 where b.id = :business`,
});

export const lockReplySettings = defineQuery({
  name: "settings.lock",
  role: "app",
  columns: { settings: "jsonb" },
  params: {},
  text: `
insert into reply_settings as s (business_id, settings, updated_at) values (:business, '{}', now())
on conflict on constraint reply_settings_pkey do update set settings = s.settings
returning s.settings`,
});

export const saveReplySettings = defineQuery({
  name: "settings.save",
  role: "app",
  columns: {},
  params: { settings: "jsonb" },
  text: `update reply_settings s set settings = :settings, updated_at = now() where s.business_id = :business`,
});

export const findReplySecret = defineQuery({
  name: "settings.find-secret",
  role: "app",
  columns: { value: "text" },
  params: { name: "text" },
  text: `select s.value from reply_secrets s where s.business_id = :business and s.name = :name`,
});

export const listReplySecrets = defineQuery({
  name: "settings.list-secrets",
  role: "app",
  columns: { name: "text", updated_at: "timestamptz" },
  params: {},
  text: `select s.name, s.updated_at from reply_secrets s where s.business_id = :business order by s.name`,
});

export const saveReplySecret = defineQuery({
  name: "settings.save-secret",
  role: "app",
  columns: {},
  params: { name: "text", value: "text" },
  text: `
insert into reply_secrets (business_id, name, value, updated_at) values (:business, :name, :value, now())
on conflict on constraint reply_secrets_pkey do update set value = excluded.value, updated_at = excluded.updated_at`,
});

export const removeReplySecret = defineQuery({
  name: "settings.remove-secret",
  role: "app",
  columns: {},
  params: { name: "text" },
  text: `delete from reply_secrets s where s.business_id = :business and s.name = :name`,
});
