// Owns: the SQL of the windows that an ad has opened, as statuses report them.
import { IMPATIENT } from "../db/impatient.ts";
import { rowsOf } from "../db/parameters.ts";
import { defineQuery } from "../db/query.ts";

// Only of messages that are known. The longest that was told holds, in any order of arrival. In groups there are none.
export const recordEntryWindowsAcrossBusinesses = defineQuery({
  name: "ingest.record-entry-windows-across-businesses",
  role: "ingest",
  columns: {},
  params: { windows: rowsOf({ businessId: "uuid", channelId: "uuid", providerMessageId: "text", until: "timestamptz" }) },
  text: `
    with input as (
      select t.* from ${IMPATIENT} cross join :windows as t
    )
    insert into entry_windows as e (business_id, conversation_id, channel_id, until)
    select m.business_id, coalesce(c.merged_into, c.id), m.channel_id, max(i.until)
    from input i
    join messages m on m.business_id = i.business_id and m.channel_id = i.channel_id and m.provider_message_id = i.provider_message_id and m.direction = 'out'
    join conversations c on c.business_id = m.business_id and c.id = m.conversation_id and c.reply_kind is distinct from 'group'
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict on constraint entry_windows_pkey do update set until = excluded.until where e.until < excluded.until`,
});
