// Owns: the checks of invariant 15: every file that came with a message has a truthful state. Refuses to know how a check is run, and where files are kept.
import type { Check } from "./check.ts";

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
];
