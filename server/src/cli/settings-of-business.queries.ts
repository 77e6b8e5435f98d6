// Owns: the statements with which an operator changes a business or stops a channel. They run as the application, one business at a time.
import { defineQuery } from "../db/query.ts";

// Null leaves a value as it is.
export const updateBusiness = defineQuery({
  name: "cli.update-business",
  role: "app",
  columns: { id: "uuid" },
  text: `
update businesses set
    name = coalesce($2::text, name),
    ai_enabled = coalesce($3::boolean, ai_enabled),
    quiet_ms = coalesce($4::integer, quiet_ms),
    ceiling_ms = coalesce($5::integer, ceiling_ms),
    language = coalesce($6::text, language),
    handoff_text = coalesce($7::text, handoff_text),
    answers_groups = coalesce($8::boolean, answers_groups)
 where id = $1
returning id`,
});

// The first reason stays: a channel that the provider stopped is not stopped again by hand for another one.
export const stopChannel = defineQuery({
  name: "cli.stop-channel",
  role: "app",
  columns: { id: "uuid" },
  text: `
update channels set stopped_at = coalesce(stopped_at, now()), stopped_reason = coalesce(stopped_reason, $3)
 where business_id = $1 and id = $2
returning id`,
});

export const resumeChannel = defineQuery({
  name: "cli.resume-channel",
  role: "app",
  columns: { id: "uuid" },
  text: `
update channels set stopped_at = null, stopped_reason = null
 where business_id = $1 and id = $2
returning id`,
});
