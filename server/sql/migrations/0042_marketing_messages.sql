-- Up Migration
-- Marketing templates go through /marketing_messages where the account says that it is onboarded, by the latest category that is known.
create function onethread.goes_as_marketing(business uuid, account text, template text, language text) returns boolean
  language sql stable parallel safe
  begin atomic
    select exists (
      select from onethread.template_states t
        join onethread.template_accounts k on k.business_id = business and k.account_id = account
       where t.business_id = business and t.account_id = account and t.name = template and t.language = goes_as_marketing.language
         and upper(t.category) = 'MARKETING' and upper(k.marketing_status) = 'ONBOARDED');
  end;
