-- Up Migration
-- What a customer of a new business reads when they are handed to a person, in words that somebody would say. Businesses that exist keep theirs.
alter table onethread.businesses
  alter column handoff_text set default 'Let me get someone to help you. They will reply here as soon as they can.';
