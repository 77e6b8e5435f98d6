-- Up Migration
-- What forbids a message to these customers, as it is when this is called. The statement that begins a send waits for locks, and sees everything else as of its own beginning: who held
-- such a lock, or wrote meanwhile, may be the person who took over or the customer who said stop. Volatile and plpgsql on purpose: only so does it read with a snapshot of its own.
create function onethread.read_send_rules(business uuid, ids uuid[])
  returns table (
    conversation_id uuid,
    opted_out_at timestamptz,
    marketing_stopped_at timestamptz,
    last_customer_message_at timestamptz,
    ai_paused_at timestamptz,
    reply_kind text,
    reply_address text,
    read_at timestamptz
  )
  language plpgsql volatile rows 100 as $$
begin
  return query
    select c.id, c.opted_out_at, c.marketing_stopped_at, c.last_customer_message_at, c.ai_paused_at, c.reply_kind, c.reply_address, clock_timestamp()
      from onethread.conversations c where c.business_id = business and c.id = any (ids);
end $$;
