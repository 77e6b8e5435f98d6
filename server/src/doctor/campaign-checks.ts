// Owns: the checks of invariant 16: of a campaign each customer gets at most one message. Refuses to know how a check is run.
import type { Check } from "./check.ts";

export const campaignChecks: readonly Check[] = [
  {
    name: "campaign-messages-astray",
    invariant: 16,
    severity: "broken",
    finding: "A row of a campaign counts as sent, but its message belongs to another campaign, or to none.",
    advice: "Report this with the ids: a row and its message are written by one statement.",
    violations: `select r.message_id from onethread.campaign_recipients r
      left join onethread.messages m on m.business_id = r.business_id and m.id = r.message_id
      where r.message_id is not null and m.campaign_id is distinct from r.campaign_id`,
  },
  {
    name: "campaign-customers-twice",
    invariant: 16,
    severity: "broken",
    finding: "Two rows of one campaign have sent a message to the same customer.",
    advice: "Check that uq_campaign_customer exists and is valid. Report this with the ids.",
    // Whose threads were joined after both had left was two customers until then.
    violations: `select min(r.message_id::text)::uuid from onethread.campaign_recipients r
      join onethread.messages m on m.business_id = r.business_id and m.id = r.message_id
      where not exists (select from onethread.merges g where g.business_id = m.business_id and m.conversation_id in (g.winner_id, g.loser_id))
      group by r.business_id, r.campaign_id, m.conversation_id having count(*) > 1`,
  },
  {
    name: "campaigns-overdue",
    invariant: 16,
    severity: "warn",
    finding: "A campaign should have gone on over a minute ago.",
    advice: "Is a process with the role `scheduler` running? If so, its log says why (`campaign.not-released`). Nothing of it is lost.",
    violations: "select id from onethread.campaigns where due_at < now() - interval '1 minute'",
  },
];
