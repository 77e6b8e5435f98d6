-- Up Migration
-- Knowledge jobs: a share per business, and no text that takes every worker down in turn.
-- Expand only: code of before neither reads nor writes the new column.

-- How often in a row a job was claimed without an end that anybody wrote down: its process hung or was killed. The third time the text failed.
alter table onethread.knowledge_jobs add column unsettled integer not null default 0;

-- What is due in one business, the oldest first.
create index ix_knowledge_job_business_due on onethread.knowledge_jobs (business_id, due_at);
