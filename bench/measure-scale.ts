// Owns: whether anything grows with the size of a business: the same measurements in a small database and in a large one, in one run.
import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { measureIngestOn } from "./measure-ingest.ts";
import { loadScale } from "./load-scale.ts";
import { measureReads, timeChecks, type CheckTime, type ReadResult } from "./scale-reads.ts";
import { MESSAGES_EACH, quietPhonesFrom } from "./scale-rows.ts";
import { forgetStatements, readStatements, withSuperuser, type StatementUse } from "./statements.ts";
import { numberOf } from "./wire.ts";
import { withProductOn, type Product } from "./with-product.ts";
import type { IngestResult } from "./with-intake.ts";
import { createWorld, type World } from "./world.ts";

export interface ScaleOptions {
  readonly conversations: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly nodeOptions: readonly string[];
  /** Where the large database is left, and found by the next run. */
  readonly keptIn: string | undefined;
}

export interface ScaleSide {
  readonly conversations: number;
  readonly messages: number;
  readonly gigabytes: number;
  readonly reads: readonly ReadResult[];
  readonly checks: readonly CheckTime[];
  /** Of customers who have written before. */
  readonly conversationsPerSecond: number;
  readonly unanswered: number;
  readonly loopStatements: readonly StatementUse[];
  /** The best round. */
  readonly ingest: IngestResult;
}

export interface ScaleResult {
  readonly small: ScaleSide;
  readonly large: ScaleSide;
}

const SMALL = 10_000;
const LOOP_CUSTOMERS = 500;
const CONCURRENT_WEBHOOKS = 64;

type Say = (line: string) => void;

async function fill(world: World, conversations: number, say: Say): Promise<void> {
  await withSuperuser(world.databaseUrl, async (client) => {
    const { rows: channels } = await client.query<{ business_id: string; id: string }>(
      "select business_id, id from onethread.channels where external_id = $1",
      [world.phoneNumberId],
    );
    const [channel] = channels;
    if (channel === undefined) throw new Error("the database has no business to fill");
    const { rows } = await client.query<{ exists: boolean }>("select exists (select from onethread.conversations)");
    if (rows[0]?.exists === true) return;
    await loadScale(client, { businessId: channel.business_id, channelId: channel.id, conversations }, say);
  });
}

/** What an earlier measurement has left to do is done first. */
async function waitForIdle(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ due: boolean }>("select exists (select from onethread.lanes where check_at <= now()) as due");
    if (rows[0]?.due === false) return;
    await delay(200);
  }
}

async function loop({ simulator }: Product, from: number): Promise<{ readonly perSecond: number; readonly unanswered: number }> {
  simulator.send({ do: "write-all", customers: LOOP_CUSTOMERS, concurrency: CONCURRENT_WEBHOOKS, from });
  const done = await simulator.next("done");
  return { perSecond: LOOP_CUSTOMERS / numberOf(done, "seconds"), unanswered: LOOP_CUSTOMERS - numberOf(done, "answered") };
}

type SideWithoutIngest = Omit<ScaleSide, "ingest">;

function measureProduct(world: World, conversations: number, { nodeOptions }: ScaleOptions): Promise<SideWithoutIngest> {
  return withSuperuser(world.databaseUrl, (client) =>
    withProductOn(world, { nodeOptions }, async (product) => {
      await waitForIdle(client);
      const { rows } = await client.query<{ business_id: string; bytes: string }>(
        "select business_id, pg_database_size(current_database()) as bytes from onethread.channels where external_id = $1",
        [world.phoneNumberId],
      );
      const [at] = rows;
      if (at === undefined) throw new Error("the database has no business to read");
      const { databaseUrl } = world;
      const reads = await measureReads({ databaseUrl, superuser: client, url: product.url, businessId: at.business_id });
      const checks = await timeChecks(databaseUrl);
      const from = quietPhonesFrom(conversations);
      await loop(product, from);
      await forgetStatements(databaseUrl);
      const { perSecond, unanswered } = await loop(product, from + LOOP_CUSTOMERS);
      const loopStatements = await readStatements(databaseUrl);
      return {
        conversations,
        messages: conversations * MESSAGES_EACH,
        gigabytes: Number(at.bytes) / 1e9,
        reads,
        checks,
        conversationsPerSecond: perSecond,
        unanswered,
        loopStatements,
      };
    }),
  );
}

async function measureIngests(worlds: readonly World[], options: ScaleOptions, say: Say): Promise<readonly (IngestResult | undefined)[]> {
  const { seconds, connections, nodeOptions, rounds } = options;
  const best: (IngestResult | undefined)[] = worlds.map(() => undefined);
  for (let round = 1; round <= rounds; round += 1) {
    for (const [index, world] of worlds.entries()) {
      const result = await measureIngestOn(world, { variant: "onethread", seconds, connections, perSecond: 0, nodeOptions });
      say(
        `round ${round}: ingest into the ${index === 0 ? "small" : "large"} database: ${Math.round(result.messagesPerSecond)} messages/s`,
      );
      if (result.messagesPerSecond > (best[index]?.messagesPerSecond ?? 0)) best[index] = result;
    }
  }
  return best;
}

/** Both databases are there at the same time, so that the rounds of the ingest take turns. */
export async function measureScale(options: ScaleOptions, say: Say): Promise<ScaleResult> {
  const worlds: World[] = [];
  try {
    const sides: SideWithoutIngest[] = [];
    for (const [conversations, keptIn] of [[SMALL, undefined] as const, [options.conversations, options.keptIn] as const]) {
      const world = await createWorld({ quietMs: 0, countsStatements: true, keptIn });
      worlds.push(world);
      await fill(world, conversations, say);
      say(`scale: ${conversations} conversations are there`);
      sides.push(await measureProduct(world, conversations, options));
    }
    const [small, large] = await measureIngests(worlds, options, say);
    if (sides[0] === undefined || sides[1] === undefined || small === undefined || large === undefined)
      throw new Error("nothing was stored in one of the two databases");
    return { small: { ...sides[0], ingest: small }, large: { ...sides[1], ingest: large } };
  } finally {
    for (const world of worlds) await world.close();
  }
}
