-- Up Migration
-- What a customer says in their own words: STOP, and that they want messages again. Of two such words the newer one holds, by the platform's time, in whatever
-- order they are delivered.
alter table onethread.conversations add column consent_word_at timestamptz;

-- Whether somebody who asked for silence, and then writes, is answered.
alter table onethread.businesses add column answers_after_stop boolean not null default true;

-- "system": what Onethread itself says to the customer, as the confirmation of such a word. Nothing is read anew: the old rule allowed less.
alter table onethread.messages drop constraint ck_message_author;
alter table onethread.messages add constraint ck_message_author
  check (author in ('customer', 'ai', 'human', 'api', 'system') and (direction = 'in') = (author = 'customer')) not valid;
alter table onethread.messages validate constraint ck_message_author;

-- Whether an opt-out that was spoken forbids a message: everything that comes unasked. Who writes after it asks for an answer, not for a template.
create function onethread.opt_out_forbids(opted_out_at timestamptz, last_customer_message_at timestamptz, answers_after_stop boolean, is_template boolean)
  returns boolean
  language sql stable parallel safe
  return opted_out_at is not null and (is_template or not answers_after_stop or coalesce(last_customer_message_at <= opted_out_at, true));

-- The words themselves are with the reply settings; whoever stores messages reads them.
create policy across_businesses on onethread.reply_settings for select to onethread_ingest using (true);
grant select on onethread.reply_settings to onethread_ingest;
