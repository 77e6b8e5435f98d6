-- Up Migration
-- The words of a message of the thread that another one quotes, as they stand now: its last edit, nothing once it was taken back. As everywhere, an edit counts only
-- from the side that wrote the message, and the business may take back what a customer wrote (conversations/may-change.ts). Null: not in this thread, or without words.
create function onethread.quoted_text(business uuid, conversation uuid, channel uuid, quoted text, most integer) returns text
  language sql stable parallel safe
  begin atomic
    select left(coalesce(
             (select e.text from onethread.messages e
               where e.business_id = business and e.conversation_id = conversation and e.target_provider_message_id = quoted and e.channel_id = channel
                 and e.type = 'edit' and e.text is not null and (e.author = 'customer') = (q.author = 'customer')
               order by e.sent_at desc, e.seq desc limit 1),
             q.text), most)
      from onethread.messages q
     where q.business_id = business and q.channel_id = channel and q.provider_message_id = quoted and q.conversation_id = conversation
       and not exists (
         select from onethread.messages r
          where r.business_id = business and r.conversation_id = conversation and r.target_provider_message_id = quoted and r.channel_id = channel
            and r.type = 'revoke' and (r.author <> 'customer' or q.author = 'customer'));
  end;
