// Owns: the checks of invariants 15 and 17: every file that came with a message has a truthful state, and every one that was uploaded stays for as long as something names it.
// Refuses to know how a check is run, and where files are kept.
import { IN_SLICE, type Check } from "./check.ts";

/** The file of ours that a message sends as such; null where it names none, or one of WhatsApp's. */
const fileOf = (row: string): string => `case when ${row}.type in ('image', 'video', 'audio', 'document', 'sticker')
        and ${row}.content -> ${row}.type ->> 'id' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then (${row}.content -> ${row}.type ->> 'id')::uuid end`;

export const mediaChecks: readonly Check[] = [
  {
    name: "media-ready-without-file",
    invariant: 15,
    severity: "broken",
    finding: "A file counts as ready, but what it is and where it is kept is not known: nobody can see it.",
    advice:
      "Check that ck_media_ready exists and is valid, then `onethread media retry <id>` after setting its state to failed by hand. Report this with the ids.",
    walks: "conversations",
    violations: `select f.id from slice s join onethread.messages m on m.business_id = s.business_id and m.conversation_id = s.id
      join onethread.media f on f.business_id = m.business_id and f.id = m.id
      where f.state = 'ready' and (f.sha256 is null or f.bytes is null or f.mime_type is null or f.due_at is not null)`,
  },
  {
    name: "media-forgotten",
    invariant: 15,
    severity: "broken",
    finding: "A file is neither there nor given up, and nobody will fetch it.",
    advice: "Check that ck_media_due exists and is valid, then fetch it with `onethread media retry <id>`. Report this with the ids.",
    violations: "select id from onethread.media where state <> 'ready' and state in ('pending', 'fetching') and due_at is null",
  },
  {
    name: "media-of-nobody",
    invariant: 15,
    severity: "broken",
    finding: "A file that is still to be fetched came with a message that is not there.",
    advice: "Check that fk_media_message exists and is valid. Report this with the ids: both are written by one statement.",
    violations: `select f.id from onethread.media f left join onethread.messages m on m.business_id = f.business_id and m.id = f.message_id
      where f.state <> 'ready' and f.message_id is not null and m.id is null`,
  },
  {
    name: "media-overdue",
    invariant: 15,
    severity: "warn",
    finding: "A file should have been fetched over ten minutes ago, or whoever fetches it has let its lease end.",
    advice:
      "Is a process with the role `worker` running? If so, its log says why (`media.claim-failed`, `media.not-settled`). WhatsApp keeps files for 7 days.",
    violations: "select id from onethread.media where due_at < now() - interval '10 minutes'",
  },
  {
    name: "transcripts-overdue",
    invariant: 15,
    severity: "warn",
    finding: "A voice note should have been written down over ten minutes ago, or whoever does so has let its lease end.",
    advice: "Is a process with the role `worker` running? If so, its log says why (`transcript.claim-failed`, `transcript.not-settled`).",
    violations: "select media_id as id from onethread.transcripts where due_at < now() - interval '10 minutes'",
  },
  {
    name: "media-failed",
    invariant: 15,
    severity: "warn",
    finding: "Files of the last 7 days could not be fetched.",
    advice: "`onethread media list` says why. Remove the cause, then `onethread media retry --all`: WhatsApp keeps files for 7 days.",
    violations: "select id from onethread.media where state <> 'ready' and state = 'failed' and created_at > now() - interval '7 days'",
  },
  {
    name: "sends-without-file",
    invariant: 17,
    severity: "broken",
    finding: "A message that is still to be sent names a file that is not there: it will fail.",
    advice: "Cancel it, upload the file again and send it anew. Report this with the ids: a file that a message names is not removed.",
    violations: `select open.id from (
        select m.business_id, m.id, ${fileOf("m")} as file from onethread.messages m
         where m.status in ('queued', 'sending') and m.provider_message_id is null and m.failed_at is null and m.direction = 'out'
        union all
        select q.business_id, q.id, ${fileOf("q")} from onethread.scheduled_messages q) open
      where open.file is not null
        and not exists (select from onethread.media f where f.business_id = open.business_id and f.id = open.file and f.state = 'ready')`,
  },
  {
    name: "named-files-to-be-removed",
    invariant: 17,
    severity: "broken",
    finding: "A file that a message names is to be removed as one that nothing names.",
    advice: "Delete its row in unsent_media. Report this with the ids: the row goes in the transaction that stores the message.",
    walks: "conversations",
    violations: `select named.id from (
        select m.business_id, m.id, ${fileOf("m")} as file from ${IN_SLICE.messages} where m.direction = 'out'
        union all
        select q.business_id, q.id, ${fileOf("q")} from slice s
          join onethread.scheduled_messages q on q.business_id = s.business_id and q.conversation_id = s.id) named
      join onethread.unsent_media u on u.business_id = named.business_id and u.id = named.file`,
  },
  {
    name: "uploads-overdue",
    invariant: 17,
    severity: "warn",
    finding: "Uploaded files that nothing names should have been removed over a day ago, or a removal was begun and did not end.",
    advice:
      "Is a process with the role `scheduler` running, and can it write where files are kept? Its log says why (`media.not-removed`). Nothing is lost.",
    violations: "select id from onethread.unsent_media where remove_at < now() - interval '1 day'",
  },
];
