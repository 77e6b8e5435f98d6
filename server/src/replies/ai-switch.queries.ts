// Owns: the SQL of the switch that silences the AI of the whole installation. Its table has no business, so the role that sees all of them keeps it.
import { defineQuery } from "../db/query.ts";

export const findAiSwitchAcrossBusinesses = defineQuery({
  name: "replies.find-ai-switch-across-businesses",
  role: "ingest",
  columns: { is_on: "bool", reason: "text?", changed_at: "timestamptz" },
  params: {},
  text: `select s.is_on, s.reason, s.changed_at from switches s where s.name = 'ai'`,
});

export const setAiSwitchAcrossBusinesses = defineQuery({
  name: "replies.set-ai-switch-across-businesses",
  role: "ingest",
  columns: { is_on: "bool", reason: "text?", changed_at: "timestamptz" },
  params: { isOn: "bool", reason: "text?" },
  text: `
insert into switches as s (name, is_on, reason, changed_at) values ('ai', :isOn, :reason, now())
on conflict on constraint switches_pkey do update set
  is_on = excluded.is_on, reason = excluded.reason, changed_at = case when s.is_on = excluded.is_on then s.changed_at else excluded.changed_at end
returning s.is_on, s.reason, s.changed_at`,
});
