// Owns: the SQL of what a turn waits for, and learns, of the files of its messages. Run only for turns that have such messages, of businesses that want it.
import { defineQuery } from "../db/query.ts";

/** The files of these messages of customers, by position. */
export const findTurnFiles = defineQuery({
  name: "replies.find-turn-files",
  role: "app",
  columns: {
    seq: "int8",
    type: "text",
    is_voice: "bool",
    age_ms: "float8",
    state: "text",
    sha256: "text?",
    transcript_state: "text?",
    transcript: "text?",
  },
  params: { conversationId: "uuid", seqs: "int8[]" },
  text: `
select m.seq, m.type, coalesce(m.content #> '{audio,voice}' = 'true', false) as is_voice, (extract(epoch from now() - f.created_at) * 1000)::float8 as age_ms,
       f.state, f.sha256, t.state as transcript_state, t.text as transcript
  from messages m
  join media f on f.business_id = m.business_id and f.id = m.id
  left join transcripts t on t.business_id = f.business_id and t.media_id = f.id
 where m.business_id = :business and m.conversation_id = :conversationId and m.seq = any (:seqs) and m.direction = 'in'
 order by m.seq`,
});

// The lane is released until then, or until somebody says that the file is there (lanes.wake-reply-of-message). Nothing else of it changes: it is the same turn
// that begins again, and what comes meanwhile belongs to it.
export const restForFiles = defineQuery({
  name: "replies.rest-for-files",
  role: "app",
  columns: {},
  params: { conversationId: "uuid", fence: "int8", waitMs: "float8" },
  text: `
update lanes l set check_at = now() + :waitMs * interval '1 millisecond', owner = null
 where l.business_id = :business and l.conversation_id = :conversationId and l.kind = 'reply' and l.fence = :fence and l.check_at is not null`,
});
