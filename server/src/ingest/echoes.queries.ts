// Owns: the SQL that tells what a person wrote in the WhatsApp app from the echo of what we sent ourselves.
import { IMPATIENT } from "../db/impatient.ts";
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// In the thread of its customer, on the channel, a message of ours that is being sent or of which nobody knows, with the echo's very kind and words, attempted at its
// time: the echo is of that one, and so it was accepted, whatever becomes of the answer to our request (outbound/prove-sent.ts has the same rule for lists). A thread
// sends one message at a time; of several that nobody knows of it is the oldest.
// - Whether it is still open is asked again under its row lock: an answer that comes at the same moment has its id by then, and the echo is a duplicate.
// - Statuses that came before, when its id said nothing to us, are looked at once more.
export const claimOwnEchoesAcrossBusinesses = defineQuery({
  name: "ingest.claim-own-echoes-across-businesses",
  role: "ingest",
  columns: { ord: "int8" },
  params: {
    echoes: rowsOf({
      ord: "int8",
      businessId: "uuid",
      channelId: "uuid",
      kind: "text",
      value: "text",
      providerMessageId: "text",
      type: "text",
      text: "text?",
      sentAt: "timestamptz",
      eventId: "uuid",
      provider: "text",
      channelKey: "text",
      raw: "text",
    }),
  },
  text: `
with found as materialized (
  select distinct on (m.business_id, m.id) i.*, m.id as message_id, m.conversation_id, m.status as was
    from ${IMPATIENT}
   cross join :echoes as i
    join aliases a on a.business_id = i.business_id and a.kind = i.kind and a.value = i.value
    join conversations c on c.business_id = i.business_id and c.id = a.conversation_id
   cross join lateral (
     select q.* from messages q
      where q.business_id = i.business_id and q.conversation_id = coalesce(c.merged_into, c.id) and q.channel_id = i.channel_id
        and q.provider_message_id is null and q.failed_at is null and q.status in ('sending', 'unknown')
        and q.type = i.type and q.text is not distinct from i.text
        and i.sent_at between q.attempted_at - interval '5 seconds' and q.attempted_at + interval '6 minutes'
      order by q.seq limit 1) m
   where (select k.seq from messages k where k.business_id = i.business_id and k.channel_id = i.channel_id and k.provider_message_id = i.provider_message_id) is null
   order by m.business_id, m.id, i.sent_at, i.ord
), once as materialized (
  select distinct on (business_id, channel_id, provider_message_id) business_id, message_id, provider_message_id
    from found order by business_id, channel_id, provider_message_id, ord
), locked as materialized (
  -- In the order in which statuses take them.
  select m.business_id, m.id from messages m join once o on o.business_id = m.business_id and o.message_id = m.id
   order by m.business_id, m.id for no key update of m
), claimed as (
  update messages m set status = 'accepted', provider_message_id = o.provider_message_id, accepted_at = coalesce(m.accepted_at, now()), error_code = null, error_text = null
    from locked k join once o on o.business_id = k.business_id and o.message_id = k.id
   where m.business_id = k.business_id and m.id = k.id and m.status in ('sending', 'unknown') and m.provider_message_id is null
  returning m.business_id, m.id
), proven as (
  select f.* from claimed c join found f on f.business_id = c.business_id and f.message_id = c.id
), again as (
  update message_statuses s set received_at = now()
    from proven p
   where s.business_id = p.business_id and s.channel_id = p.channel_id and s.provider_message_id = p.provider_message_id and s.applied_at is null
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select p.business_id, p.event_id, 'message.settled', p.conversation_id, p.message_id, jsonb_build_object('as', 'accepted', 'by', 'echo'), now()
    from proven p where p.was = 'unknown'
), log as (
  insert into webhook_log (business_id, id, received_at, state, provider, kind, channel_key, body)
  select p.business_id, p.event_id, now(), 'stored', p.provider, 'echo', p.channel_key, p.raw from proven p
)
select p.ord from proven p`,
});
