// Owns: an older database that had the disease, made from a seed, and the truth about it: whose every message is. Refuses to know: how it is adopted.
import pg from "pg";

export interface LegacyOptions {
  /** The superuser's URL of the cluster in which it is made. */
  readonly clusterUrl: string;
  readonly messages: number;
  readonly businesses?: readonly string[];
}

export type MessageTruth =
  | { readonly kind: "placed"; readonly person: string }
  | { readonly kind: "copy"; readonly person: string }
  | { readonly kind: "unplaceable" };

export interface LegacyDatabase {
  readonly url: string;
  readonly truth: {
    /** By the old message's id. */
    readonly messages: ReadonlyMap<string, MessageTruth>;
    readonly conversations: number;
    readonly duplicates: number;
    readonly people: number;
    readonly withoutConversation: number;
    readonly summaries: number;
    readonly unplaceable: number;
    readonly copies: number;
  };
  /** A person who is sure to be in it, by phone. */
  readonly phones: readonly string[];
  /** Changes when anything in it does. */
  fingerprint(): Promise<string>;
  query(sql: string): Promise<void>;
  close(): Promise<void>;
}

const TABLES = `
  create table whatsapp_conversation (
    id uuid primary key, business_id text not null, customer_wa_id text, customer_number text, provider text, lead_id text, canonical_key text,
    is_open boolean, started_at timestamptz, last_message_at timestamptz, last_customer_message_at timestamptz, summary text,
    summary_created boolean, created_at timestamptz, updated_at timestamptz);
  create table whatsapp_message (
    id bigint primary key, business_id text, conversation_id uuid, lead_id text, to_number text, direction text, body text, message_type text,
    provider_message_id text, status text, created_at timestamptz);
  create table lead (id text primary key, tenant_id text, phone_e164 text, name text);`;

/** A small generator of its own (mulberry32): the same database every time. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Legacy {
  readonly conversations: unknown[][];
  readonly messages: unknown[][];
  readonly leads: unknown[][];
  readonly truth: Map<string, MessageTruth>;
}

interface Somebody {
  readonly name: string;
  readonly business: string;
  readonly phone: string | undefined;
  readonly leadId: string | undefined;
  readonly conversations: readonly string[];
}

const START = Date.UTC(2025, 0, 1);
const uuidOf = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

interface Columns {
  readonly waId?: string;
  readonly number?: string;
  readonly leadId?: string;
  readonly key?: string;
}

/** How one person is stored there: the first conversation, and the one that should not exist. Each style is another way to be found twice. */
function stylesOf(
  n: number,
  business: string,
): { readonly first: Columns; readonly second: Columns; readonly phone?: string; readonly leadId?: string; readonly leadPhone?: string } {
  const phone = `1202${String(5_000_000 + n)}`;
  const spaced = `+1 202 ${phone.slice(4, 7)}-${phone.slice(7)}`;
  const leadId = `L${String(n)}`;
  switch (n % 8) {
    case 0:
      return { phone, first: { waId: phone, number: `+${phone}` }, second: { number: spaced } };
    case 1:
      return { phone, first: { waId: `${phone}@s.whatsapp.net` }, second: { waId: `${phone}@s.whatsapp.net`, number: spaced } };
    case 2:
      return { phone, leadId, leadPhone: `+${phone}`, first: { leadId }, second: { waId: phone } };
    case 3:
      return { phone, first: { key: `phone:${business}:+${phone}` }, second: { waId: `${phone}:12@c.us` } };
    case 4:
      return { phone, first: { waId: phone, key: `thread-${String(n)}` }, second: { key: `thread-${String(n)}` } };
    case 5:
      return { first: { waId: `81${phone}@lid` }, second: { waId: `81${phone}@lid` } };
    case 6:
      return {
        phone,
        leadId,
        leadPhone: `+1303${String(7_000_000 + n)}`,
        first: { waId: phone, leadId },
        second: { leadId, key: `lead:${business}:${leadId}` },
      };
    // A Brazilian mobile and the one beside it without the ninth digit: two people, whatever they look like.
    default: {
      const local = String(10_000_000 + n - (n % 16)).slice(-8);
      const brazilian = n % 16 === 7 ? `55119${local}` : `5511${local}`;
      return { phone: brazilian, first: { waId: brazilian }, second: { number: `+${brazilian}` } };
    }
  }
}

const UNPLACEABLE_EVERY = 10;
const MESSAGES_PER_PERSON = 20;

export async function createLegacyDatabase({ clusterUrl, messages, businesses = ["acme", "7"] }: LegacyOptions): Promise<LegacyDatabase> {
  const name = `legacy_${String(process.pid)}_${String(Date.now())}`;
  const admin = new pg.Client({ connectionString: clusterUrl });
  await admin.connect();
  await admin.query(`create database ${name} owner onethread`);
  const url = new URL(clusterUrl);
  url.username = "onethread";
  url.password = "onethread";
  url.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(TABLES);

  const random = createRandom(messages);
  const legacy: Legacy = { conversations: [], messages: [], leads: [], truth: new Map() };
  const people = makePeople(Math.max(16, Math.floor(messages / MESSAGES_PER_PERSON)), businesses, legacy);
  const counts = makeMessages(messages, { people, legacy, random });
  await load(client, legacy);
  const kinds = [...legacy.truth.values()].map(({ kind }) => kind);
  return {
    url: url.href,
    truth: {
      messages: legacy.truth,
      conversations: legacy.conversations.length,
      duplicates: legacy.conversations.length - people.length,
      people: people.length,
      withoutConversation: counts.withoutConversation,
      summaries: counts.summaries,
      unplaceable: kinds.filter((kind) => kind === "unplaceable").length,
      copies: kinds.filter((kind) => kind === "copy").length,
    },
    phones: people.filter(({ business }) => business === businesses[0]).flatMap(({ phone }) => (phone === undefined ? [] : [phone])),
    async fingerprint() {
      const parts = ["whatsapp_conversation", "whatsapp_message", "lead"].map(
        (table) => `(select md5(string_agg(t::text, '' order by t::text)) from ${table} t)`,
      );
      const { rows } = await client.query<{ all: string }>(`select concat(${parts.join(", ")}) as all`);
      return rows[0]?.all ?? "";
    },
    async query(sql) {
      await client.query(sql);
    },
    async close() {
      await client.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

function makePeople(count: number, businesses: readonly string[], legacy: Legacy): readonly Somebody[] {
  return Array.from({ length: count }, (_, n) => {
    // The two of a pair with a ninth digit belong to the same business.
    const business = businesses[Math.floor(n / 16) % businesses.length] ?? "";
    const { first, second, phone, leadId, leadPhone } = stylesOf(n, business);
    if (leadId !== undefined) legacy.leads.push([leadId, business, leadPhone ?? null, `Customer ${String(n)}`]);
    // Every fourth person is there twice: one conversation in five.
    const columns = n % 4 === Math.floor(n / 32) % 4 ? [first, second] : [first];
    const ids = columns.map(({ waId, number, leadId: lead, key }, at) => {
      const id = uuidOf(n * 2 + at + 1);
      const startedAt = new Date(START + n * 1_000 + at * 60_000);
      const summary = n % 5 === 0 && at === 0 ? `Summary ${String(n)}` : null;
      const times = [startedAt, startedAt, startedAt];
      legacy.conversations.push([
        id,
        business,
        waId ?? null,
        number ?? null,
        n % 3 === 0 ? "evolution" : "cloud",
        lead ?? null,
        key ?? null,
        true,
        ...times,
        summary,
        startedAt,
        startedAt,
      ]);
      return id;
    });
    return { name: `${business}/${String(n)}`, business, phone, leadId, conversations: ids };
  });
}

interface Making {
  readonly people: readonly Somebody[];
  readonly legacy: Legacy;
  readonly random: () => number;
}

const STATUSES = ["sent", "delivered", "read", "failed", "pending", null] as const;

function makeMessages(
  count: number,
  { people, legacy, random }: Making,
): { readonly withoutConversation: number; readonly summaries: number } {
  let withoutConversation = 0;
  const withMessages = new Set<Somebody>();
  for (let n = 1; n <= count; n += 1) {
    const person = people[Math.floor(random() * people.length)];
    if (person === undefined) throw new Error("nobody was made");
    const isInbound = random() < 0.5;
    const isOrphan = n % 20 === 0;
    const isLost = isOrphan && (n / 20) % UNPLACEABLE_EVERY === 0;
    // Whose number or lead the old system knew can still be found; the others of them keep their conversation.
    const lead = person.leadId ?? null;
    const canBeOrphan = lead !== null || (!isInbound && person.phone !== undefined);
    const hasConversation = !isLost && !(isOrphan && canBeOrphan);
    const isCopy = n % 97 === 0 && hasConversation;
    const conversationId = hasConversation ? (person.conversations[Math.floor(random() * person.conversations.length)] ?? null) : null;
    const leadId = isLost ? ((n / 200) % 2 === 0 ? "gone" : null) : lead;
    const toNumber = isInbound || isLost ? "15550100200" : person.phone === undefined ? null : `+${person.phone}`;
    const direction = isLost || isInbound ? "inbound" : "outbound";
    const at = new Date(START + n * 60_000).toISOString().replace("Z", `${String(n % 1_000).padStart(3, "0")}Z`);
    const providerId = random() < 0.6 || isCopy ? `wamid.${String(n)}` : null;
    const status = direction === "inbound" ? "received" : (STATUSES[n % STATUSES.length] ?? null);
    const row = [
      n * 2,
      person.business,
      conversationId,
      leadId,
      toNumber,
      direction,
      `message ${String(n)}`,
      n % 11 === 0 ? "image" : "text",
      providerId,
      status,
      at,
    ];
    legacy.messages.push(row);
    legacy.truth.set(String(n * 2), isLost ? { kind: "unplaceable" } : { kind: "placed", person: person.name });
    if (!isLost) withMessages.add(person);
    if (!isLost && !hasConversation) withoutConversation += 1;
    if (isCopy) {
      // The webhook came twice, and the old system stored it twice.
      legacy.messages.push([n * 2 + 1, ...row.slice(1)]);
      legacy.truth.set(String(n * 2 + 1), { kind: "copy", person: person.name });
    }
  }
  const summaries = people.filter((_, n) => n % 5 === 0).length;
  return { withoutConversation, summaries };
}

async function load(client: pg.Client, { conversations, messages, leads }: Legacy): Promise<void> {
  await insert(
    client,
    "whatsapp_conversation (id, business_id, customer_wa_id, customer_number, provider, lead_id, canonical_key, is_open, started_at, last_message_at, last_customer_message_at, summary, created_at, updated_at)",
    conversations,
  );
  await insert(client, "lead (id, tenant_id, phone_e164, name)", leads);
  await insert(
    client,
    "whatsapp_message (id, business_id, conversation_id, lead_id, to_number, direction, body, message_type, provider_message_id, status, created_at)",
    messages,
  );
}

async function insert(client: pg.Client, into: string, rows: readonly (readonly unknown[])[]): Promise<void> {
  const [table = "", list = ""] = into.split(" (");
  const columns = list.replace(")", "");
  const PART = 10_000;
  for (let at = 0; at < rows.length; at += PART) {
    const names = columns.split(", ");
    const objects = rows.slice(at, at + PART).map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])));
    await client.query(`insert into ${table} (${columns}) select ${columns} from jsonb_populate_recordset(null::${table}, $1::jsonb)`, [
      JSON.stringify(objects),
    ]);
  }
}
