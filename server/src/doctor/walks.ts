// Owns: going through all conversations, and all raw items of webhooks, a slice at a time. Refuses to know what is asked of a slice.
import { LOWEST_ID } from "../kernel/ids.ts";
import type { Ask } from "./ask.ts";
import type { Walked } from "./check.ts";

export interface Key {
  readonly business_id: string;
  readonly id: string;
}

export type Slices = AsyncGenerator<readonly Key[], undefined>;

const LOWEST: Key = { business_id: LOWEST_ID, id: LOWEST_ID };
const HIGHEST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const HIGHEST: Key = { business_id: HIGHEST_ID, id: HIGHEST_ID };

// What happens now is what somebody who is woken wants to know. So many at most, because they are remembered.
const RECENT_AT_MOST = "100000";
const RECENT = `-- doctor.recent-conversations
select c.business_id, c.id from onethread.businesses b
cross join lateral (
  select c.business_id, c.id, c.last_message_at from onethread.conversations c
  where c.business_id = b.id and c.merged_into is null and c.last_message_at > now() - interval '24 hours'
  order by c.last_message_at desc limit ${RECENT_AT_MOST}) c
order by c.last_message_at desc limit ${RECENT_AT_MOST}`;

/** Ids sort by birth: the newest come first. */
const pageOf = (table: string): string => `-- doctor.page-of-${table}
select business_id, id from onethread.${table} where (business_id, id) < ($1, $2) order by business_id desc, id desc limit $3`;

/** What names a conversation that is not there belongs to a slice, too: it is what some checks look for. */
const strayKeysIn = (table: string): string => `-- doctor.strays-in-${table}
select t.business_id, t.id
from (select distinct business_id, conversation_id as id from onethread.${table}
       where (business_id, conversation_id) >= ($1, $2) and (business_id, conversation_id) < ($3, $4)) t
where not exists (select from onethread.conversations c where c.business_id = t.business_id and c.id = t.id)`;
const TABLES_OF_CONVERSATIONS = ["messages", "turns", "lanes", "sessions", "aliases"];

async function findStrays(ask: Ask, from: Key, before: Key): Promise<readonly Key[]> {
  const bounds = [from.business_id, from.id, before.business_id, before.id];
  const found = new Map<string, Key>();
  for (const table of TABLES_OF_CONVERSATIONS) {
    // A table that cannot be read is for the checks to report: each is read by some of them.
    const keys = await ask<Key>(strayKeysIn(table), bounds).catch(() => []);
    for (const key of keys) found.set(nameOf(key), key);
  }
  return [...found.values()];
}

const nameOf = ({ business_id, id }: Key): string => `${business_id}/${id}`;

/** Those of the last 24 hours, the last written in first; then all others, and what names one that is not there. Each once. */
async function* walkConversations(ask: Ask, size: number): Slices {
  const recent = await ask<Key>(RECENT, []);
  for (let from = 0; from < recent.length; from += size) yield recent.slice(from, from + size);
  const seen = new Set(recent.map(nameOf));
  for (let before = HIGHEST, isEnd = false; !isEnd;) {
    const page = await ask<Key>(pageOf("conversations"), [before.business_id, before.id, size]);
    isEnd = page.length < size;
    const from = isEnd ? LOWEST : (page.at(-1) ?? LOWEST);
    const slice = [...page, ...(await findStrays(ask, from, before))].filter((key) => !seen.has(nameOf(key)));
    if (slice.length > 0) yield slice;
    before = from;
  }
  return undefined;
}

async function* walkWebhooks(ask: Ask, size: number): Slices {
  for (let before = HIGHEST, isEnd = false; !isEnd;) {
    const page = await ask<Key>(pageOf("webhook_log"), [before.business_id, before.id, size]);
    isEnd = page.length < size;
    if (page.length > 0) yield page;
    before = page.at(-1) ?? before;
  }
  return undefined;
}

/** `size`: of a slice of conversations, each of which has many messages; a raw item is one row. */
export const walks: Readonly<Record<Walked, (ask: Ask, size: number) => Slices>> = {
  conversations: walkConversations,
  webhooks: (ask, size) => walkWebhooks(ask, size * 5),
};

interface Explained {
  readonly "QUERY PLAN": readonly [{ readonly Plan: { readonly "Plan Rows": number } }];
}

const TABLES: Readonly<Record<Walked, string>> = { conversations: "conversations", webhooks: "webhook_log" };

/** How many there are, as the planner knows it at once; nothing where it cannot be asked. */
export async function estimateWalked(ask: Ask, of: Walked): Promise<{ readonly about?: number }> {
  const [row] = await ask<Explained>(`explain (format json) select from onethread.${TABLES[of]}`, []).catch(() => []);
  return row === undefined ? {} : { about: row["QUERY PLAN"][0].Plan["Plan Rows"] };
}
