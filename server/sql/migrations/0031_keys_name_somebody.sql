-- Up Migration
-- A canonical key names its kind, its business and somebody: until now `user:<business>:` would have passed, under which strangers would share a thread.
-- No version has written such a key. If a row has one nevertheless, its thread keeps its messages and gets a key of its own that no message can lead to, as
-- in 0011_keys_and_raw_items.sql; `onethread doctor` lists it (threads-without-person) for people to read and to close.
--
-- Two transactions, so that the table is locked for a moment only: the first replaces the constraint without looking at the rows, the second looks while
-- everybody goes on writing. Interrupted between the two, the migration runs again from its beginning.

alter table onethread.conversations
  drop constraint if exists ck_conversation_canonical_key,
  add constraint ck_conversation_canonical_key
    check (canonical_key ~ '^(phone:[^:]+:\+[0-9]|(lead|user|lid|group):[^:]+:.)') not valid;
commit;

begin;
update onethread.conversations set canonical_key = 'user:' || business_id || ':unnamed:' || id
 where canonical_key !~ '^(phone:[^:]+:\+[0-9]|(lead|user|lid|group):[^:]+:.)';
alter table onethread.conversations validate constraint ck_conversation_canonical_key;
