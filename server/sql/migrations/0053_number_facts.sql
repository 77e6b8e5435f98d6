-- Up Migration
-- What WhatsApp says of how fast a number may send, as it was last read: the level of its throughput, and whether the WhatsApp Business app uses the number too.
alter table onethread.channels
  add column throughput_level text,
  add column is_on_app boolean,
  add column facts_at timestamptz,
  add column facts_due_at timestamptz not null default now();

-- Meta, "Throughput": 80 messages per second and number, 1,000 once upgraded; always 20 for one that the WhatsApp Business app uses too. What a person chose holds. Meta maps no
-- figure to a level: HIGH is the upgrade. Until the level was read, or where it says nothing, the webhook of the upgrade counts. The gateways name no rate: null, no limit.
create function onethread.number_rate(provider text, chosen int, level text, is_on_app boolean, is_upgraded boolean) returns int
  language sql immutable parallel safe
  return coalesce(chosen, case when provider <> 'cloud' then null when is_on_app then 20 when level = 'HIGH' then 1000 when level = 'STANDARD' then 80
                               when is_upgraded then 1000 else 80 end);
