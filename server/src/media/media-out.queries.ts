// Owns: the SQL of files that a business sends: taken in, named by a message, uploaded to a provider, removed when nobody sends them.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

/** Before the first byte is in the store: whatever happens then, the file is removed. */
export const beginUpload = defineQuery({
  name: "media.begin-upload",
  role: "app",
  columns: {},
  params: { id: "uuid" },
  text: `insert into unsent_media (business_id, id, remove_at) values (:business, :id, now() + interval '7 days')`,
});

/** After the last one; with the key that signs the links to it (media.finish). */
export const finishUpload = defineQuery({
  name: "media.finish-upload",
  role: "app",
  columns: {},
  params: {
    id: "uuid",
    mimeType: "text",
    fileName: "text?",
    bytes: "int8",
    sha256: "text",
    width: "int4?",
    height: "int4?",
    hasThumbnail: "bool",
    isAnimated: "bool",
  },
  text: `
with key as (
  insert into media_keys (business_id, key) values (:business, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'))
  on conflict on constraint media_keys_pkey do nothing
)
insert into media (business_id, id, state, mime_type, file_name, bytes, sha256, width, height, has_thumbnail, is_animated, created_at, state_at)
values (:business, :id, 'ready', :mimeType, :fileName, :bytes, :sha256, :width, :height, :hasThumbnail, :isAnimated, now(), now())`,
});

// A message names them from now on. Waits for whoever is about to remove one: the next statement of the transaction sees how that ended.
export const useUploads = defineQuery({
  name: "media.use-uploads",
  role: "app",
  columns: {},
  params: { ids: "uuid[]" },
  text: `
delete from unsent_media u
 where u.business_id = :business and u.id = any (:ids) and not u.is_removing
   and exists (select from media f where f.business_id = :business and f.id = u.id)`,
});

/** Those that are there, and stay: after media.use-uploads, in the same transaction. */
export const findFilesToSend = defineQuery({
  name: "media.find-files-to-send",
  role: "app",
  columns: { id: "uuid", mime_type: "text", bytes: "int8", is_animated: "bool?", file_name: "text?" },
  params: { ids: "uuid[]" },
  text: `
select f.id, f.mime_type, f.bytes, f.is_animated, f.file_name from media f
 where f.business_id = :business and f.id = any (:ids) and f.state = 'ready'
   and not exists (select from unsent_media u where u.business_id = f.business_id and u.id = f.id)`,
});

/** With what the provider of this channel calls them, as long as it keeps them. */
export const findProviderFiles = defineQuery({
  name: "media.find-provider-files",
  role: "app",
  columns: {
    id: "uuid",
    sha256: "text",
    mime_type: "text",
    bytes: "int8",
    is_animated: "bool?",
    is_upload: "bool",
    provider_id: "text?",
    is_fresh: "bool",
  },
  params: { ids: "uuid[]", channelId: "uuid" },
  text: `
select f.id, f.sha256, f.mime_type, f.bytes, f.is_animated, f.message_id is null as is_upload, u.provider_id,
       coalesce(u.uploaded_at > now() - interval '2 minutes', false) as is_fresh
  from media f
  left join media_uploads u on u.business_id = f.business_id and u.channel_id = :channelId and u.sha256 = f.sha256 and u.mime_type = f.mime_type
   and u.expires_at > now()
 where f.business_id = :business and f.id = any (:ids) and f.state = 'ready'`,
});

// One uploads it, whoever else wants to send it waits: a second upload is a second object of the provider's. Nothing changed: somebody uploads it, or has.
export const claimProviderUpload = defineQuery({
  name: "media.claim-provider-upload",
  role: "app",
  columns: {},
  params: { channelId: "uuid", sha256: "text", mimeType: "text", claim: "uuid", leaseMs: "float8" },
  text: `
insert into media_uploads as u (business_id, channel_id, sha256, mime_type, claim, claimed_until)
values (:business, :channelId, :sha256, :mimeType, :claim, now() + :leaseMs * interval '1 millisecond')
on conflict on constraint media_uploads_pkey do update
   set claim = excluded.claim, claimed_until = excluded.claimed_until, provider_id = null, uploaded_at = null, expires_at = null
 where coalesce(u.expires_at <= now(), true) and coalesce(u.claimed_until <= now(), true)`,
});

/** WhatsApp keeps an uploaded file for 30 days (platform sheet, section 7); the last one is left for messages that wait. */
export const finishProviderUpload = defineQuery({
  name: "media.finish-provider-upload",
  role: "app",
  columns: {},
  params: { channelId: "uuid", claim: "uuid", providerId: "text?" },
  text: `
update media_uploads u
   set claim = null, claimed_until = null, provider_id = :providerId, uploaded_at = case when :providerId is not null then now() end,
       expires_at = case when :providerId is not null then now() + interval '29 days' end
 where u.business_id = :business and u.channel_id = :channelId and u.claim = :claim`,
});

/** The provider does not know them any more. What somebody uploads anew at this moment has no id yet. */
export const forgetProviderFiles = defineQuery({
  name: "media.forget-provider-files",
  role: "app",
  columns: {},
  params: { channelId: "uuid", providerIds: "text[]" },
  text: `delete from media_uploads u where u.business_id = :business and u.channel_id = :channelId and u.provider_id = any (:providerIds)`,
});

// From now on no message may name them. The row stays until the file is gone: a pass that dies in between is taken up by a later one. What the settings let the AI send stays
// for as long as they name it, and is looked at again in a day.
export const claimUnsentAcrossBusinesses = defineQuery({
  name: "media.claim-unsent-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", id: "uuid" },
  params: { limit: "int4" },
  text: `
with due as materialized (
  select d.business_id, d.id,
         not d.is_removing and exists (
           select from reply_settings s where s.business_id = d.business_id
              and s.settings -> 'tools' -> 'mediaFiles' @> jsonb_build_array(jsonb_build_object('id', d.id))) as is_kept
    from unsent_media d where d.remove_at <= now() order by d.remove_at limit :limit for update skip locked
), looked_at as (
  update unsent_media u
     set is_removing = not due.is_kept, remove_at = now() + case when due.is_kept then interval '1 day' else interval '1 hour' end
    from due where u.business_id = due.business_id and u.id = due.id
  returning u.business_id, u.id, u.is_removing
)
select business_id, id from looked_at where is_removing`,
});

export const forgetUnsentAcrossBusinesses = defineQuery({
  name: "media.forget-unsent-across-businesses",
  role: "ingest",
  columns: {},
  params: { files: rowsOf({ businessId: "uuid", id: "uuid" }) },
  text: `
with gone as (
  delete from media f using :files as g where f.business_id = g.business_id and f.id = g.id and f.message_id is null
)
delete from unsent_media u using :files as g where u.business_id = g.business_id and u.id = g.id and u.is_removing`,
});

export const findKeptUpload = defineQuery({
  name: "media.find-kept-upload",
  role: "app",
  columns: { sha256: "text", mime_type: "text", bytes: "int8", file_name: "text?" },
  params: { id: "uuid" },
  text: `
select f.sha256, f.mime_type, f.bytes, f.file_name from media f
 where f.business_id = :business and f.id = :id and f.state = 'ready' and f.message_id is null
   and not exists (select from unsent_media u where u.business_id = f.business_id and u.id = f.id and u.is_removing)`,
});
