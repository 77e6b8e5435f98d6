// Owns: what people and programs ask of one business, request by request, and the doctor's checks: how long each takes, and how many pages of the database it reads.
import type pg from "pg";
import { createApiKeys } from "../server/src/businesses/api-keys.ts";
import { createDatabase } from "../server/src/db/database.ts";
import { runDoctor } from "../server/src/doctor/run-doctor.ts";
import { encodeCursor } from "../server/src/kernel/cursor.ts";
import type { BusinessId } from "../server/src/kernel/ids.ts";
import { createLog } from "../server/src/kernel/log.ts";
import { latenciesOf, type Latencies } from "./latencies.ts";
import { forgetStatements, readStatements } from "./statements.ts";

export interface ReadResult extends Latencies {
  readonly name: string;
  readonly requests: number;
  /** Answers other than 200: a statement that ran into its limit, mostly. */
  readonly refused: number;
  /** Pages of 8 kB that PostgreSQL looked at for one request. */
  readonly buffers: number;
}

export interface CheckTime {
  readonly name: string;
  readonly ms: number;
  readonly state: string;
}

export interface ReadPlan {
  readonly databaseUrl: string;
  readonly superuser: pg.Client;
  readonly url: string;
  readonly businessId: string;
}

interface Probe {
  readonly name: string;
  readonly paths: readonly string[];
}

const REQUESTS = 40;
const WARM_UP = 5;
/** A probe that is slow is asked less often. */
const PROBE_LIMIT_MS = 8_000;

const asQuery = (values: Readonly<Record<string, string>>): string => new URLSearchParams(values).toString();

interface Place {
  readonly id: string;
  readonly at: string;
}

/** The conversation at this share of the list, and others spread over it. */
async function findPlaces({ superuser, businessId }: ReadPlan): Promise<{ readonly middle: Place; readonly ids: readonly string[] }> {
  const { rows: middle } = await superuser.query<Place>(
    `select id, last_message_at::text as at from onethread.conversations where business_id = $1 order by last_message_at desc
     offset (select count(*) / 2 from onethread.conversations where business_id = $1) limit 1`,
    [businessId],
  );
  const { rows } = await superuser.query<Place>(
    `select id from onethread.conversations where business_id = $1 order by md5(id::text) limit ${String(REQUESTS + WARM_UP)}`,
    [businessId],
  );
  if (middle[0] === undefined) throw new Error("there is no conversation to read");
  return { middle: middle[0], ids: rows.map(({ id }) => id) };
}

async function probesOf(plan: ReadPlan): Promise<readonly Probe[]> {
  const { middle, ids } = await findPlaces(plan);
  const { rows: channels } = await plan.superuser.query<{ id: string; name: string }>(
    "select id, name from onethread.channels where business_id = $1 order by external_id",
    [plan.businessId],
  );
  const channelId = (name: string): string => channels.find((channel) => channel.name === name)?.id ?? "";
  const cursor = encodeCursor([middle.at, middle.id]);
  const list = (name: string, query: Readonly<Record<string, string>>): Probe => ({ name, paths: [`/conversations?${asQuery(query)}`] });
  return [
    list("list: first page", {}),
    list("list: from the middle", { cursor }),
    list("open=true", { open: "true" }),
    list("open=true, from the middle", { open: "true", cursor }),
    list("open=false", { open: "false" }),
    list("open=false, from the middle", { open: "false", cursor }),
    list("channel with all but a few", { channelId: channelId("Main") }),
    list("channel with a thousandth", { channelId: channelId("scale 1") }),
    list("channel with none", { channelId: channelId("scale 2") }),
    list("channel with a thousandth, open=true", { channelId: channelId("scale 1"), open: "true" }),
    list("q: a common name", { q: "maria" }),
    list("q: a common name, open=false", { q: "maria", open: "false" }),
    list("q: first and last name", { q: "Zoë Tanaka" }),
    list("q: a rare name", { q: "quetzal" }),
    list("q: one letter", { q: "m" }),
    list("q: nobody's name", { q: "xyzzy" }),
    list("q: a phone number", { q: "+12020000100" }),
    list("q: the end of a phone number", { q: "000100" }),
    list("q: a number within its country", { q: "(202) 000-0100" }),
    list("q: a phone number that nobody has", { q: "+49 171 1234567" }),
    list("q: four digits", { q: "2020" }),
    list("q: digits from the middle of numbers", { q: "02000" }),
    { name: "one conversation", paths: ids.map((id) => `/conversations/${id}`) },
    { name: "thread, newest first", paths: ids.map((id) => `/conversations/${id}/messages`) },
    {
      name: "thread, by cursor",
      paths: ids.map((id) => `/conversations/${id}/messages?${asQuery({ cursor: encodeCursor([middle.at, 8]) })}`),
    },
    { name: "turns", paths: ids.map((id) => `/turns?conversationId=${id}`) },
  ];
}

async function readProbe(plan: ReadPlan, { name, paths }: Probe, authorization: string): Promise<ReadResult> {
  const samples: number[] = [];
  let refused = 0;
  const ask = async (index: number): Promise<number> => {
    const startedAt = performance.now();
    const response = await fetch(`${plan.url}${paths[index % paths.length] ?? ""}`, { headers: { authorization } });
    await response.arrayBuffer();
    if (!response.ok) refused += 1;
    return performance.now() - startedAt;
  };
  const endAt = performance.now() + PROBE_LIMIT_MS;
  for (let index = 0; index < WARM_UP && performance.now() < endAt; index += 1) await ask(index);
  await forgetStatements(plan.databaseUrl);
  refused = 0;
  for (let index = 0; samples.length === 0 || (index < REQUESTS && performance.now() < endAt); index += 1)
    samples.push(await ask(WARM_UP + index));
  const buffers = (await readStatements(plan.databaseUrl)).reduce((sum, use) => sum + use.buffers, 0) / samples.length;
  return { name, requests: samples.length, refused, buffers, ...latenciesOf(samples) };
}

/** One after the other, with nothing else going on. */
export async function measureReads(plan: ReadPlan): Promise<readonly ReadResult[]> {
  const log = createLog({ level: "warn" });
  const database = createDatabase({ url: plan.databaseUrl, appConnections: 1, ingestConnections: 1, applicationName: "bench-setup", log });
  const { key } = await createApiKeys({ database }).create(plan.businessId as BusinessId, "bench");
  await database.close();
  const probes = await probesOf(plan);
  const results: ReadResult[] = [];
  const api = { ...plan, url: `${plan.url}/api/v1` };
  for (const probe of probes) results.push(await readProbe(api, probe, `Bearer ${key}`));
  results.push(await readProbe(plan, { name: "/metrics", paths: ["/metrics"] }, ""));
  return results;
}

/** Everything is looked at, as `onethread doctor --all` does it. */
export async function timeChecks(url: string): Promise<readonly CheckTime[]> {
  const { checks } = await runDoctor({ url, log: createLog({ level: "warn" }) });
  return checks.map(({ name, state, tookMs }) => ({ name, state, ms: tookMs }));
}
