// Owns: the SQL of when the templates of an account are read, and by whom. While somebody reads, `due_at` is infinity, and while all are read, so is
// `full_due_at`: whoever asks in the meantime moves them back, and at the end that is seen in the row itself.
import { defineQuery } from "../db/query.ts";

const accountColumns = {
  account_id: "text",
  is_reading: "bool",
  synced_at: "timestamptz?",
  failed_at: "timestamptz?",
  error_text: "text?",
  template_count: "int4?",
  template_limit: "int4?",
  marketing_status: "text?",
  /** Of each category that WhatsApp refuses the account now: `{category, since, until, reason}`. */
  stops: "jsonb?",
} as const;

const ACCOUNT = `k.account_id, k.failed_at is null and (k.pass_began_at is not null or k.full_due_at <= now()) as is_reading, k.synced_at, k.failed_at, k.error_text,
      k.template_count, k.template_limit, k.marketing_status, (
        select jsonb_build_object('list', jsonb_agg(jsonb_build_object('category', s.category, 'since', s.since, 'until', s.until, 'reason', s.reason) order by s.category))
        from category_stops s
        where s.business_id = k.business_id and s.account_id = k.account_id and s.until > now()) as stops`;

/** Of the business's channels, also those that were connected before there was a copy. */
export const listTemplateAccounts = defineQuery({
  name: "templates.list-accounts",
  role: "app",
  columns: accountColumns,
  params: {},
  text: `
    select ${ACCOUNT} from template_accounts k
    where k.business_id = :business and exists (select from channels c where c.business_id = :business and c.account_id = k.account_id and c.provider = 'cloud')
    order by k.account_id`,
});

/** All templates of the account are read as soon as somebody has time; null: of every account. None: the business has no such account. */
export const askForTemplates = defineQuery({
  name: "templates.ask",
  role: "app",
  columns: { account_id: "text" },
  params: { accountId: "text?" },
  text: `
    insert into template_accounts as k (business_id, account_id, due_at, full_due_at)
    select distinct :business, c.account_id, now(), now() from channels c
    where c.business_id = :business and c.provider = 'cloud' and c.account_id is not null and (:accountId is null or c.account_id = :accountId)
    order by 2
    on conflict on constraint template_accounts_pkey do update set due_at = least(k.due_at, excluded.due_at), full_due_at = least(k.full_due_at, excluded.full_due_at)
    returning k.account_id`,
});

/** What was refused before stops it no more. None: it was not stopped. */
export const resumeCategory = defineQuery({
  name: "templates.resume-category",
  role: "app",
  columns: { category: "text" },
  params: { accountId: "text", category: "text", eventId: "uuid" },
  text: `
    with resumed as (
      update category_stops s set until = now()
      where s.business_id = :business and s.account_id = :accountId and s.category = :category and s.until > now()
      returning s.account_id, s.category
    ), event as (
      insert into events (business_id, id, type, data, at)
      select :business, :eventId, 'category.resumed', jsonb_build_object('accountId', r.account_id, 'category', r.category), now() from resumed r
    )
    select r.category from resumed r`,
});

export const listDueTemplateAccountsAcrossBusinesses = defineQuery({
  name: "templates.list-due-accounts-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", account_id: "text" },
  params: {},
  text: `
    select k.business_id, k.account_id from template_accounts k
    where k.due_at <= now() and k.leased_until is null or k.leased_until <= now()
    order by k.due_at
    limit 20`,
});

/** Whoever gets the row reads; a reader that died is followed by another when its lease ends. The token is one of the account's channels', sending ones first. */
export const claimTemplateAccount = defineQuery({
  name: "templates.claim-account",
  role: "app",
  columns: {
    fence: "int8",
    at: "timestamptz",
    pass_began_at: "timestamptz?",
    pass_cursor: "text?",
    access_token: "text?",
  },
  params: { accountId: "text", leaseMs: "int4" },
  text: `
    update template_accounts k set leased_until = now() + :leaseMs * interval '1 millisecond', fence = k.fence + 1, due_at = 'infinity',
      full_due_at = case when k.full_due_at <= now() and k.pass_began_at is null then 'infinity' else k.full_due_at end,
      pass_began_at = case when k.full_due_at <= now() then coalesce(k.pass_began_at, now()) else k.pass_began_at end
    where k.business_id = :business and k.account_id = :accountId and (k.due_at <= now() and k.leased_until is null or k.leased_until <= now())
    returning k.fence, now() as at, k.pass_began_at, k.pass_cursor, (
      select s.access_token from channels c
      join channel_secrets s on s.business_id = :business and s.channel_id = c.id
      where c.business_id = :business and c.account_id = k.account_id and c.provider = 'cloud'
      order by c.stopped_at is not null, c.created_at, c.id limit 1) as access_token`,
});

/** The database's time, and that the account is still ours. None: it is not. */
export const keepTemplateAccount = defineQuery({
  name: "templates.keep-account",
  role: "app",
  columns: { at: "timestamptz" },
  params: { accountId: "text", fence: "int8", leaseMs: "int4" },
  text: `
    update template_accounts k set leased_until = now() + :leaseMs * interval '1 millisecond'
    where k.business_id = :business and k.account_id = :accountId and k.fence = :fence
    returning now() as at`,
});

/** How far the reading of all is: with the page that was just recorded, in its transaction. None: the account is another reader's now. */
export const savePassOfAccount = defineQuery({
  name: "templates.save-pass",
  role: "app",
  columns: {},
  params: { accountId: "text", fence: "int8", cursor: "text?", count: "int4?", limit: "int4?" },
  text: `
    update template_accounts k set pass_cursor = :cursor,
      template_count = coalesce(:count, k.template_count), template_limit = coalesce(:limit, k.template_limit)
    where k.business_id = :business and k.account_id = :accountId and k.fence = :fence`,
});

export const finishTemplateAccount = defineQuery({
  name: "templates.finish-account",
  role: "app",
  columns: {},
  params: {
    accountId: "text",
    fence: "int8",
    /** The reading of all is finished. */
    isWhole: "bool",
    /** More is left to do at once. */
    isPartial: "bool",
    everyMs: "int4",
    marketingStatus: "text?",
  },
  text: `
    with next as (
      select min(t.wanted_at) as wanted_at, now() + :everyMs * interval '1 millisecond' as full_at from template_states t
      where t.business_id = :business and t.account_id = :accountId and t.wanted_at is not null
    )
    update template_accounts k set leased_until = null, failed_at = null, failures = 0, error_text = null,
      synced_at = case when :isWhole then k.pass_began_at else k.synced_at end,
      pass_began_at = case when not :isWhole then k.pass_began_at end,
      pass_cursor = case when not :isWhole then k.pass_cursor end,
      marketing_status = coalesce(:marketingStatus, k.marketing_status),
      full_due_at = case when :isWhole and k.full_due_at = 'infinity' then n.full_at else k.full_due_at end,
      due_at = case when :isPartial then now()
                    when k.due_at < 'infinity' then k.due_at
                    else least(case when :isWhole and k.full_due_at = 'infinity' then n.full_at else k.full_due_at end, n.wanted_at) end
    from next n
    where k.business_id = :business and k.account_id = :accountId and k.fence = :fence`,
});

/** Later and later, from a minute up to six hours. */
export const failTemplateAccount = defineQuery({
  name: "templates.fail-account",
  role: "app",
  columns: { failures: "int4" },
  params: { accountId: "text", fence: "int8", reason: "text", restart: "bool" },
  text: `
    update template_accounts k set leased_until = null, failed_at = now(), failures = k.failures + 1, error_text = :reason,
      pass_began_at = case when not :restart then k.pass_began_at end,
      pass_cursor = case when not :restart then k.pass_cursor end,
      full_due_at = case when :restart then now() else k.full_due_at end,
      due_at = now() + least(interval '1 minute' * 2 ^ least(k.failures, 10), interval '6 hours')
    where k.business_id = :business and k.account_id = :accountId and k.fence = :fence
    returning k.failures`,
});
