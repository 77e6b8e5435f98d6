// Owns: the checks of the copy of templates: that it is read, and that nothing waits for a template that cannot be sent. Refuses to know how a check is run.
import type { Check } from "./check.ts";

const obstacle = (of: string, node: string, at: string): string =>
  `onethread.obstacle_of_template(${of}.business_id, ch.account_id, ${node} ->> 'name', ${node} -> 'language' ->> 'code', ${at})`;

export const templateChecks: readonly Check[] = [
  {
    name: "templates-stale",
    invariant: 9,
    severity: "warn",
    finding: "The templates of these accounts were not read for two days: what is known of them says nothing of a send any more.",
    advice:
      "`onethread template sync` reads them, and says why it cannot. Is a process with the role `scheduler` running? Until then WhatsApp decides.",
    // One that was just connected has a moment.
    violations: `select k.account_id as id from onethread.template_accounts k
      where coalesce(k.synced_at < now() - interval '2 days', k.due_at < now() - interval '10 minutes' or k.failed_at is not null)
        and exists (select from onethread.channels c where c.business_id = k.business_id and c.account_id = k.account_id and c.provider = 'cloud' and c.stopped_at is null)`,
  },
  {
    name: "templates-awaited",
    invariant: 9,
    severity: "warn",
    finding: "A scheduled message, or a campaign that runs, has a template that cannot be sent: each message of it will fail.",
    advice:
      "`onethread template list` says why. Cancel the message or pause the campaign, and take another template; one that is archived can be unarchived.",
    violations: `select s.id from onethread.scheduled_messages s
      join onethread.conversations c on c.business_id = s.business_id and c.id = s.conversation_id
      join onethread.channels ch on ch.business_id = s.business_id and ch.id = c.reply_channel_id
      where s.type = 'template' and ${obstacle("s", "s.content -> 'template'", "s.send_at")} is not null
      union all
      select g.id from onethread.campaigns g
      join onethread.channels ch on ch.business_id = g.business_id and ch.id = g.channel_id
      where g.state = 'started' and g.due_at is not null and ${obstacle("g", "g.template", "greatest(g.start_at, now())")} is not null`,
  },
];
