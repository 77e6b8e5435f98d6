// Owns: the SQL of files: which is fetched next, what is known of it, how it ends, and what people see of it.
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";
import { MEDIA_KINDS } from "../whatsapp/media-check.ts";

// Fair by construction, as the lanes and the knowledge are: which businesses have something due (a walk from one to the next over the index), then some of each, in the
// order in which they came, histories last. `share`: of one business; `running`: how many of it this worker has already. skip locked: nobody waits for another
// worker's claim. The lease is due_at itself: when a worker dies, the file becomes due again. unsettled: claims in a row whose end was never recorded.
export const claimMediaAcrossBusinesses = defineQuery({
  name: "media.claim-across-businesses",
  role: "ingest",
  columns: { business_id: "uuid", id: "uuid", fence: "int8", attempts: "int4", unsettled: "int4" },
  params: { limit: "int4", leaseMs: "float8", share: "int4", running: rowsOf({ businessId: "uuid", count: "int4" }) },
  text: `
with recursive owner as (
  (select f.business_id from media f where f.due_at is not null order by f.business_id limit 1)
  union all
  select (select f.business_id from media f where f.due_at is not null and f.business_id > o.business_id order by f.business_id limit 1)
    from owner o where o.business_id is not null
), candidate as materialized (
  select c.business_id, c.id, c.is_history, c.due_at, greatest(0, :share - coalesce(r.count, 0)) as free
    from owner o
    left join :running as r on r.business_id = o.business_id
    cross join (values (false), (true)) as h (is_history)
    cross join lateral (
      select f.business_id, f.id, f.is_history, f.due_at from media f
       where f.business_id = o.business_id and f.is_history = h.is_history and f.due_at <= now()
       order by f.due_at limit greatest(0, :share - coalesce(r.count, 0)) for update skip locked
    ) c
   where o.business_id is not null
), fair as (
  select c.*, row_number() over (partition by c.business_id order by c.is_history, c.due_at) as place from candidate c
), due as materialized (
  select c.business_id, c.id from fair c where c.place <= c.free order by c.is_history, c.due_at limit :limit
)
update media f
   set state = 'fetching', due_at = now() + :leaseMs * interval '1 millisecond', attempts = f.attempts + 1, unsettled = f.unsettled + 1, fence = f.fence + 1,
       state_at = case f.state when 'fetching' then f.state_at else now() end
  from due d where f.business_id = d.business_id and f.id = d.id
returning f.business_id, f.id, f.fence, f.attempts, f.unsettled`,
});

export const nextMediaAcrossBusinesses = defineQuery({
  name: "media.next-across-businesses",
  role: "ingest",
  columns: { in_ms: "float8" },
  params: {},
  text: `
select (extract(epoch from f.due_at - clock_timestamp()) * 1000)::float8 as in_ms
  from media f where f.due_at is not null order by f.due_at limit 1`,
});

// Only the holder of a claim extends it: a sign that nobody has taken the file over, or asked for it anew.
export const extendMedia = defineQuery({
  name: "media.extend",
  role: "app",
  columns: {},
  params: { id: "uuid", fence: "int8", leaseMs: "float8" },
  text: `
update media f set due_at = now() + :leaseMs * interval '1 millisecond'
 where f.business_id = :business and f.id = :id and f.fence = :fence and f.state = 'fetching'`,
});

export const findMediaOrigin = defineQuery({
  name: "media.find-origin",
  role: "app",
  columns: {
    type: "text",
    content: "jsonb",
    provider_message_id: "text?",
    provider: "text",
    channel_key: "text",
    settings: "jsonb",
    access_token: "text?",
    age_ms: "float8",
  },
  params: { id: "uuid" },
  text: `
select m.type, m.content, m.provider_message_id, c.provider, c.external_id as channel_key, c.settings, s.access_token,
       (extract(epoch from now() - f.created_at) * 1000)::float8 as age_ms
  from media f
  join messages m on m.business_id = f.business_id and m.id = f.message_id
  join channels c on c.business_id = m.business_id and c.id = m.channel_id
  left join channel_secrets s on s.business_id = c.business_id and s.channel_id = c.id
 where f.business_id = :business and f.id = :id`,
});

/** The raw item of the message, which has its id (ingest.queries.ts). */
export const findMediaWebhook = defineQuery({
  name: "media.find-webhook",
  role: "app",
  columns: { body: "text" },
  params: { id: "uuid" },
  text: `select w.body from webhook_log w where w.business_id = :business and w.id = :id`,
});

// The end of a fetch, its event, and the key that signs the links to it, in one statement under the fence. Of a business's first file the key is made here: from now on
// there is something to sign for. Two random UUIDs have 244 random bits. What is said in a voice note of a customer is written down next (transcripts/), where the
// business wants it: once for each file, because the row is there once.
export const finishMedia = defineQuery({
  name: "media.finish",
  role: "app",
  columns: { conversation_id: "uuid", is_to_transcribe: "bool" },
  params: {
    id: "uuid",
    fence: "int8",
    state: "text",
    transcribes: "bool",
    errorCode: "text?",
    errorText: "text?",
    mimeType: "text?",
    fileName: "text?",
    bytes: "int8?",
    sha256: "text?",
    width: "int4?",
    height: "int4?",
    hasThumbnail: "bool",
    isAnimated: "bool?",
    eventId: "uuid",
  },
  text: `
with ended as (
  update media f
     set state = :state, due_at = null, state_at = now(), unsettled = 0, error_code = :errorCode, error_text = :errorText,
         mime_type = coalesce(:mimeType, f.mime_type), file_name = coalesce(:fileName, f.file_name), bytes = :bytes, sha256 = :sha256,
         width = :width, height = :height, has_thumbnail = :hasThumbnail, is_animated = :isAnimated
   where f.business_id = :business and f.id = :id and f.fence = :fence and f.state = 'fetching'
  returning f.id, f.message_id, f.state, f.error_code, f.is_history
), key as (
  insert into media_keys (business_id, key)
  select :business, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex') from ended where state = 'ready'
  on conflict on constraint media_keys_pkey do nothing
), spoken as (
  insert into transcripts (business_id, media_id, due_at, created_at, state_at)
  select :business, e.id, now(), now(), now()
    from ended e join messages m on m.business_id = :business and m.id = e.message_id
   where :transcribes and e.state = 'ready' and not e.is_history and m.direction = 'in' and m.type = 'audio' and m.content #> '{audio,voice}' = 'true'
  on conflict on constraint transcripts_pkey do nothing
  returning media_id
), event as (
  insert into events (business_id, id, type, conversation_id, subject_id, data, at)
  select :business, :eventId, case e.state when 'ready' then 'media.ready' else 'media.failed' end, m.conversation_id, m.id,
         jsonb_build_object('mediaId', e.id, 'state', e.state, 'code', e.error_code), now()
    from ended e join messages m on m.business_id = :business and m.id = e.message_id
  returning conversation_id
)
select conversation_id, exists (select from spoken) as is_to_transcribe from event`,
});

/** It is tried again later, and says meanwhile why. `isAttempt`: false when it was given back for a reason that is not the file's. */
export const postponeMedia = defineQuery({
  name: "media.postpone",
  role: "app",
  columns: {},
  params: { id: "uuid", fence: "int8", afterMs: "float8", isAttempt: "bool", errorCode: "text?", errorText: "text?" },
  text: `
update media f
   set state = 'pending', due_at = now() + :afterMs * interval '1 millisecond', state_at = now(), unsettled = 0,
       attempts = case when :isAttempt then f.attempts else greatest(f.attempts - 1, 0) end,
       error_code = coalesce(:errorCode, f.error_code), error_text = coalesce(:errorText, f.error_text)
 where f.business_id = :business and f.id = :id and f.fence = :fence and f.state = 'fetching'`,
});

// By hand. Whoever fetches it at this moment keeps it, when that is not over yet: the fence changes only where nobody does.
export const retryMedia = defineQuery({
  name: "media.retry",
  role: "app",
  columns: { state: "text" },
  params: { id: "uuid" },
  text: `
with wanted as (
  select f.id, f.state from media f where f.business_id = :business and f.id = :id and f.message_id is not null for update
), again as (
  update media f
     set state = 'pending', due_at = now(), state_at = now(), attempts = 0, unsettled = 0, fence = f.fence + 1, error_code = null, error_text = null
    from wanted w
   where f.business_id = :business and f.id = w.id and w.state in ('pending', 'failed', 'refused')
)
select w.state from wanted w`,
});

export const retryFailedMedia = defineQuery({
  name: "media.retry-failed",
  role: "app",
  columns: {},
  params: {},
  text: `
update media f
   set state = 'pending', due_at = now(), state_at = now(), attempts = 0, unsettled = 0, fence = f.fence + 1, error_code = null, error_text = null
 where f.business_id = :business and f.state = 'failed' and f.message_id is not null`,
});

/** What a person sees of a file, as JSON, of `media as f` and `media_keys as k`. */
const shown = `jsonb_build_object('id', f.id, 'businessId', f.business_id, 'state', f.state, 'mimeType', f.mime_type, 'fileName', f.file_name, 'bytes', f.bytes,
      'width', f.width, 'height', f.height, 'hasThumbnail', f.has_thumbnail, 'errorCode', f.error_code, 'errorText', f.error_text, 'key', encode(k.key, 'hex'),
      'transcript', case when f.mime_type like 'audio/%' then (
        select jsonb_build_object('state', t.state, 'text', t.text, 'language', t.language, 'errorCode', t.error_code, 'errorText', t.error_text)
          from transcripts t where t.business_id = f.business_id and t.media_id = f.id) end)`;

const UUID = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$";
/** The file that a row with `type` and `content` sends: its content names it. */
const named = (row: string): string =>
  `case when ${row}.content -> ${row}.type ->> 'id' ~* '${UUID}' then (${row}.content -> ${row}.type ->> 'id')::uuid end`;

const shownOf = (
  row: string,
  id: string,
): string => `case when ${row}.type in (${[...MEDIA_KINDS, "unsupported"].map((type) => `'${type}'`).join(", ")}) then (
      select ${shown} from media f left join media_keys k on k.business_id = f.business_id
       where f.business_id = :business and f.id = ${id}) end`;

/** Of the message `m`: the file that came with it, or that it sends, or null; read row by row over the primary key, and only where a message can have one. */
export const SHOWN_MEDIA = shownOf("m", `coalesce(case when m.direction = 'out' then ${named("m")} end, m.id)`);

/** Of a row that is to become a message: the file that it will send. */
export const shownMediaToSend = (row: string): string => shownOf(row, named(row));

export const findMedia = defineQuery({
  name: "media.find",
  role: "app",
  columns: { media: "jsonb" },
  params: { id: "uuid" },
  text: `
select ${shown} as media from media f left join media_keys k on k.business_id = f.business_id
 where f.business_id = :business and f.id = :id`,
});

export const listMedia = defineQuery({
  name: "media.list",
  role: "app",
  columns: {
    id: "uuid",
    state: "text",
    attempts: "int4",
    type: "text",
    created_at: "timestamptz",
    error_code: "text?",
    error_text: "text?",
  },
  params: { states: "text[]", limit: "int4" },
  text: `
select f.id, f.state, f.attempts, coalesce(m.type, 'upload') as type, f.created_at, f.error_code, f.error_text
  from media f left join messages m on m.business_id = f.business_id and m.id = f.message_id
 where f.business_id = :business and f.state <> 'ready' and f.state = any (:states)
 order by f.id desc limit :limit`,
});

/** For a link: what signs it, and the file, which may not be there. */
export const findServedMedia = defineQuery({
  name: "media.find-served",
  role: "app",
  columns: {
    key: "text",
    state: "text?",
    sha256: "text?",
    bytes: "int8?",
    mime_type: "text?",
    file_name: "text?",
    has_thumbnail: "bool?",
    is_upload: "bool?",
  },
  params: { id: "uuid" },
  text: `
select encode(k.key, 'hex') as key, f.state, f.sha256, f.bytes, f.mime_type, f.file_name, f.has_thumbnail, f.message_id is null as is_upload
  from media_keys k left join media f on f.business_id = k.business_id and f.id = :id
 where k.business_id = :business`,
});
