// Owns: the statements with which an operator stops a channel. They run as the application, one business at a time.
import { defineQuery } from "../db/query.ts";

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
