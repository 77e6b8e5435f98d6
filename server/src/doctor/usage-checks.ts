// Owns: the checks of what is counted of messages with a price (invariant 10). Refuses to know how a check is run.
import { IN_SLICE, type Check } from "./check.ts";

export const usageChecks: readonly Check[] = [
  {
    name: "price-behind-its-record",
    invariant: 10,
    severity: "broken",
    finding:
      "A status that was applied names a price, and the message does not have it: `onethread usage` misses it, or counts another one.",
    advice: "Report this with the ids: price, message and count are written in one statement.",
    // Statuses of before there was a count have none.
    walks: "conversations",
    violations: `select distinct m.id from ${IN_SLICE.messages}
      join onethread.message_statuses r on r.business_id = m.business_id and r.channel_id = m.channel_id and r.provider_message_id = m.provider_message_id
      where m.direction = 'out' and r.applied_at is not null and r.price is not null and coalesce(m.price < r.price, true)`,
  },
  {
    name: "usage-impossible",
    invariant: 10,
    severity: "broken",
    finding: "Of these numbers fewer than no messages are counted on some day, or more were delivered than there are.",
    advice: "Report this with the ids: what a message counts for is moved from one row to another in one statement.",
    violations: `select u.channel_id from onethread.usage_days u
      group by u.business_id, u.channel_id, u.day, u.category, u.type, u.market
      having sum(u.messages) < 0 or sum(u.delivered) < 0 or sum(u.delivered) > sum(u.messages)`,
  },
];
