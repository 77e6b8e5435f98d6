// Owns: `npm run soak:send`: minutes of sending while everything around it breaks, and then the comparison of three records: what the program was promised, what the platform has accepted,
// and ours. Ends with 1 when they disagree, or the doctor finds something broken. With the same seed the same things are tried, not the same happens.
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createApiKeys } from "../../src/businesses/api-keys.ts";
import type { Services } from "../../src/compose/services.ts";
import { createDatabase, type Database } from "../../src/db/database.ts";
import { buildServer } from "../../../scripts/build-server.ts";
import { eventually } from "../support/eventually.ts";
import { startMortalPostgres, type MortalPostgres } from "../support/mortal-postgres.ts";
import { createRandom } from "../support/seeded-random.ts";
import { createStack, customers, QUESTION, type Stack } from "../support/start-stack.ts";
import { createTestServices } from "../support/test-services.ts";
import { startChaos, type Chaos } from "./send-chaos.ts";
import { startSendLoad, type SendLoad } from "./send-load.ts";

const HELP = `npm run soak:send -- [--minutes 3] [--seed N] [--per-second 30] [--workers 3] [--customers 250]

Sends by the API and answers customers while workers are killed at every named place and at any moment or stand still, PostgreSQL is killed, and the platform hangs, cuts, throttles and fails. Then
compares what was promised, what the platform accepted, and ours. The seed is printed; given again, the same things are tried.
`;

const options = {
  minutes: { type: "string", default: "3" },
  seed: { type: "string", default: String(Math.trunc(Math.random() * 1e9)) },
  "per-second": { type: "string", default: "30" },
  workers: { type: "string", default: "3" },
  customers: { type: "string", default: "250" },
  help: { type: "boolean", default: false },
} as const;

const SEND_TIMEOUT_MS = 800;
const SETTLED_WITHIN_MS = 180_000;
const faults: string[] = [];

const say = (line: string): void => {
  console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);
};

/** Nothing is under way, and every status has come. */
async function settle(stack: Stack): Promise<void> {
  const open = `select (select count(*) from onethread.messages where direction = 'out' and status in ('queued', 'sending')) + (select count(*) from onethread.scheduled_messages) as count`;
  await eventually(
    () => stack.count(open),
    (left) => left === 0,
    { what: "messages that are under way", withinMs: SETTLED_WITHIN_MS },
  );
  await eventually(
    () => stack.simulator.health(),
    (health) => health["pendingDeliveries"] === 0 && health["pendingStatuses"] === 0,
    { what: "statuses that are under way", withinMs: SETTLED_WITHIN_MS },
  );
}

async function compare(stack: Stack, when: string, promised: readonly string[]): Promise<void> {
  const books = await stack.books(promised);
  const { statuses, accepted, possibleDuplicates } = books;
  say(
    `${when}: the platform accepted ${String(accepted)}; ours ${JSON.stringify(statuses)}; ${String(possibleDuplicates)} possible duplicates; faults: ${String(books.faults.length)}`,
  );
  for (const fault of books.faults.slice(0, 20)) say(`  ${fault}`);
  faults.push(...books.faults);
}

interface Flags {
  readonly seed: number;
  readonly minutes: number;
  readonly perSecond: number;
  readonly workers: number;
  readonly customers: number;
}

interface Soak {
  readonly stack: Stack;
  readonly chaos: Chaos;
  readonly load: SendLoad;
  readonly services: Services;
  readonly superuser: MortalPostgres["superuser"];
  readonly phones: readonly string[];
}

/** Customers who have written, a program that sends, and everything that breaks. */
async function begin(
  stack: Stack,
  { postgres, database }: { readonly postgres: MortalPostgres; readonly database: Database },
  flags: Flags,
): Promise<Soak> {
  const { seed, perSecond, workers } = flags;
  const { superuser } = postgres;
  const { key } = await createApiKeys({ database }).create(stack.business.businessId, "soak");
  const { url } = await stack.start("api,scheduler");
  const phones = customers(flags.customers);
  await stack.simulator.inbound({ messages: phones.map((from) => ({ from, text: QUESTION })), deliver: { batch: 50 } });
  const threads = "select distinct conversation_id as id from onethread.aliases where value = any ($1) order by 1";
  const { rows } = await superuser.query<{ id: string }>(threads, [phones]);
  const [first = "", ...rest] = rows.map(({ id }) => id);
  const chaos = startChaos({ stack, postgres, random: createRandom(seed), workers, sendTimeoutMs: SEND_TIMEOUT_MS });
  const load = startSendLoad({
    url,
    authorization: `Bearer ${key}`,
    conversations: [first, ...rest],
    random: createRandom(seed + 1),
    perSecond,
  });
  return { stack, chaos, load, services: createTestServices({ database, log: postgres.log }), superuser, phones };
}

async function goOn({ stack, chaos, load, phones }: Soak, minutes: number): Promise<void> {
  const endsAt = performance.now() + minutes * 60_000;
  while (performance.now() < endsAt) {
    await delay(Math.min(15_000, endsAt - performance.now()));
    say(`promised ${String(load.promised.length)}, accepted ${String(stack.simulator.outboxCount())}, ${JSON.stringify(chaos.counts)}`);
    // Customers write all the while, and are answered.
    void stack.simulator.inbound({ messages: phones.slice(0, 20).map((from) => ({ from, text: QUESTION })), deliver: { batch: 20 } });
  }
  await chaos.calm();
  await load.stop();
}

/** What nobody knows is sent again when its business wants that, as what may be a second one. Answers how much that was. */
async function sendAgain({ stack, services, superuser }: Soak): Promise<number> {
  await services.replySettings.change(stack.business.businessId, { resendUnknownAfterMs: 300_000 });
  const { rowCount } = await superuser.query("update onethread.unknown_sends set since = since - interval '10 minutes'");
  const waiting = `select count(*) from onethread.unknown_sends u join onethread.messages m on m.id = u.message_id
    where u.not_resent is null and m.author in ('ai', 'api') and m.possible_duplicate_of is null`;
  await eventually(
    () => stack.count(waiting),
    (left) => left === 0,
    { what: "messages that are to be sent again", withinMs: SETTLED_WITHIN_MS },
  );
  return rowCount ?? 0;
}

/** Why the rest is not sent again: how much for which reason. */
async function reasonsAgainst({ superuser }: Soak): Promise<Readonly<Record<string, number>>> {
  const { rows } = await superuser.query<{ reason: string; count: number }>(
    `select coalesce(u.not_resent, m.author || case when m.possible_duplicate_of is null then '' else ', once more' end) as reason, count(*)::int as count
       from onethread.unknown_sends u join onethread.messages m on m.id = u.message_id group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
}

/** The rest a person settles. Answers how much that was. */
async function settleByHand({ stack, services: { settleMessages } }: Soak): Promise<number> {
  const { businessId } = stack.business;
  let settled = 0;
  for (;;) {
    const list = await settleMessages.listOpen(businessId, "unknown");
    if (list.length === 0) return settled;
    for (const { id } of list) if ((await settleMessages.settle(businessId, id, "failed")).outcome === "done") settled += 1;
  }
}

async function run(soak: Soak, { seed, minutes }: Flags): Promise<void> {
  const { stack, chaos, load } = soak;
  await goOn(soak, minutes);
  await settle(stack);
  await compare(stack, "after the last send", load.promised);
  const unknown = await sendAgain(soak);
  await settle(stack);
  await compare(stack, "sent again what nobody knew of", load.promised);
  const notSentAgain = await reasonsAgainst(soak);
  const settledByHand = await settleByHand(soak);
  await compare(stack, "settled by hand", load.promised);
  faults.push(...load.refusals.map((refusal) => `the API refused: ${refusal}`), ...(await stack.audit()));
  const errors = stack.processes.flatMap(({ log }) => log).filter(({ level }) => level === "error" || level === "fatal");
  const kinds = Object.fromEntries([...Map.groupBy(errors, ({ event }) => String(event))].map(([event, lines]) => [event, lines.length]));
  const result = {
    ...{ seed, minutes, promised: load.promised.length, cancelled: load.cancelled.length, repeatedRequests: load.repeats },
    ...{ accepted: stack.simulator.outboxCount(), unknown, notSentAgain, settledByHand, chaos: chaos.counts, errors: kinds, faults },
  };
  console.log(JSON.stringify(result, undefined, 2));
}

async function soak(flags: Flags): Promise<void> {
  say(`seed ${String(flags.seed)}, ${String(flags.minutes)} minutes`);
  await buildServer({ "broken-onethread": fileURLToPath(new URL("../support/broken-onethread.ts", import.meta.url)) });
  const postgres = await startMortalPostgres();
  const stack = await createStack(postgres, {
    simulator: { statuses: "delivered", messageHistory: flags.seed % 2 === 0 },
    env: { ONETHREAD_SEND_TIMEOUT_MS: String(SEND_TIMEOUT_MS) },
  });
  const database = createDatabase({
    url: postgres.url,
    appConnections: 2,
    ingestConnections: 1,
    applicationName: "soak",
    log: postgres.log,
  });
  let begun: Soak | undefined;
  try {
    begun = await begin(stack, { postgres, database }, flags);
    await run(begun, flags);
  } finally {
    await begun?.chaos.end();
    await stack.stop();
    await database.close();
    await postgres.stop();
  }
}

const { values } = parseArgs({ options });
if (values.help) process.stdout.write(HELP);
else {
  const numbers = [values.seed, values.minutes, values["per-second"], values.workers, values.customers].map(Number);
  const [seed = 0, minutes = 0, perSecond = 0, workers = 0, count = 0] = numbers;
  if (numbers.some((number) => !(number >= 0))) {
    console.error(`A flag is no number.\n${HELP}`);
    process.exitCode = 2;
  } else {
    await soak({ seed, minutes, perSecond, workers, customers: count });
    process.exitCode = faults.length === 0 ? 0 : 1;
  }
}
