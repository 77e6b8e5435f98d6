-- Up Migration
-- What kind of message it is that another one quotes: a photo or a voice note has no words for quoted_text() to give. By the same rules: null when it is not in
-- this thread, or was taken back.
create function onethread.quoted_type(business uuid, conversation uuid, channel uuid, quoted text) returns text
  language sql stable parallel safe
  begin atomic
    select q.type
      from onethread.messages q
     where q.business_id = business and q.channel_id = channel and q.provider_message_id = quoted and q.conversation_id = conversation
       and not exists (
         select from onethread.messages r
          where r.business_id = business and r.conversation_id = conversation and r.target_provider_message_id = quoted and r.channel_id = channel
            and r.type = 'revoke' and (r.author <> 'customer' or q.author = 'customer'));
  end;
