-- What must exist before the first migration: the roles (they belong to the whole PostgreSQL cluster) and the schema.
-- Run by `onethread migrate` every time; each step is a no-op when it is done already. Several databases of one cluster may run it at
-- the same moment, so the losers of the race are forgiven: duplicate_object, unique_violation and "tuple concurrently updated".
do $$
declare
  wanted text;
begin
  foreach wanted in array array['onethread_owner', 'onethread_ingest', 'onethread_app', 'onethread_reader'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      begin
        execute format('create role %I nologin', wanted);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    -- From version 16 on, who creates a role may administer it, but not become it. An administrator may have granted it before:
    -- then we may not, and need not.
    begin
      execute format('grant %I to %I', wanted, current_user);
    exception when insufficient_privilege or unique_violation or internal_error or invalid_grant_operation then null;
    end;
  end loop;
  if not exists (select from pg_namespace where nspname = 'onethread') then
    create schema onethread authorization onethread_owner;
  end if;
  execute format('grant usage on schema onethread to onethread_ingest, onethread_app, onethread_reader');
end
$$;
