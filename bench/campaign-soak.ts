// Owns: the soak of campaigns: a long list, sent by real processes that are killed, paused and resumed in between, against the simulator's own record. Not a part of the tests.
// Run: npm run soak:campaign -- --rows 50000
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startSimulator, type Simulator } from "@onethread/simulator";
import type { CampaignCounts } from "../server/src/campaigns/campaign-view.ts";
import { openCampaign, waitingOf, type OpenCampaign } from "./open-campaign.ts";
import { createWorld, type World } from "./world.ts";

const KILLS = 5;
const PROCESSES = 2;
const LEASE_MS = 5_000;
const PAUSE_MS = 3_000;
const LOOK_MS = 500;
/** Of an upgraded number. */
const RATE = 1_000;
const FIRST_PHONE = 12_022_000_000;
const MAIN = fileURLToPath(new URL("../server/src/main.ts", import.meta.url));

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
const megabytes = (bytes: number): string => `${String(Math.round(bytes / 1e6))} MB`;

interface Soak {
  readonly rows: number;
  readonly campaign: OpenCampaign;
  readonly simulator: Simulator;
}

/** Bytes that a process has in memory now; 0: it is gone, or its kernel does not say. */
function memoryOf(pid: number | undefined): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, "utf8"))?.[1] ?? 0) * 1_024;
  } catch {
    return 0;
  }
}

/** Processes with the roles that send campaigns; whoever is killed is replaced at once. */
function createWorkers({ world, graphUrl }: { readonly world: World; readonly graphUrl: string }) {
  const environment = {
    ...{ DATABASE_URL: world.databaseUrl, ONETHREAD_GRAPH_URL: graphUrl, PORT: "0", LOG_LEVEL: "error" },
    ...{ ONETHREAD_APP_SECRET: world.appSecret, ONETHREAD_VERIFY_TOKEN: "soak-verify-token", ONETHREAD_LEASE_MS: String(LEASE_MS) },
  };
  const running: ChildProcess[] = [];
  let failure: string | undefined;
  let mostMemory = 0;
  const start = (): void => {
    const child = spawn(process.execPath, [MAIN, "start", "--roles", "worker,scheduler"], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, ...environment },
    });
    child.once("exit", (code, signal) => {
      if (signal !== "SIGKILL") failure = `a worker ended by itself (${String(code ?? signal)})`;
    });
    running.push(child);
  };
  const killAll = (): void => {
    for (const child of running) child.kill("SIGKILL");
  };
  // Whatever ends this process: nothing of it stays.
  process.once("exit", killAll);
  for (let at = 0; at < PROCESSES; at += 1) start();
  return {
    /** The one that has run longest, in the middle of whatever it does. */
    async killOne(): Promise<void> {
      const [child] = running.splice(0, 1);
      if (child === undefined) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
      start();
    },
    /** Throws when one has ended by itself; answers the memory of the largest. */
    look(): number {
      if (failure !== undefined) throw new Error(failure);
      const memory = Math.max(...running.map(({ pid }) => memoryOf(pid)));
      mostMemory = Math.max(mostMemory, memory);
      return memory;
    },
    mostMemory: () => mostMemory,
    killAll,
  };
}

/** Each row is in one count, and nothing of it is undone. Throws when it is not so. */
function createLook({ campaign, rows }: Soak): () => Promise<CampaignCounts & { readonly ms: number }> {
  let before = 0;
  return async () => {
    const began = performance.now();
    const counts = await campaign.counts();
    const { total, ...parts } = counts;
    const sum = Object.values(parts).reduce((all, part) => all + part, 0);
    if (sum !== total || total !== rows) throw new Error(`progress is wrong: ${JSON.stringify(counts)}`);
    const settled = rows - waitingOf(counts);
    if (settled < before) throw new Error(`progress went backward, from ${String(before)}: ${JSON.stringify(counts)}`);
    before = settled;
    return { ...counts, ms: performance.now() - began };
  };
}

async function pauseAndResume({ campaign }: Soak, look: () => Promise<CampaignCounts>): Promise<void> {
  await campaign.pause();
  const { ready } = await look();
  await delay(PAUSE_MS);
  if ((await look()).ready !== ready) throw new Error("a paused campaign went on");
  await campaign.resume();
  say(`paused at ${String(ready)} ready for ${String(PAUSE_MS / 1_000)} s: nothing more was queued; resumed`);
}

async function sendAll(soak: Soak, workers: ReturnType<typeof createWorkers>): Promise<{ readonly kills: number; readonly looks: number }> {
  const look = createLook(soak);
  let [kills, looks, isPaused, said] = [0, 0, false, -1];
  for (;;) {
    const now = await look();
    const memory = workers.look();
    looks += 1;
    const done = 1 - waitingOf(now) / soak.rows;
    if (Math.floor(done * 20) > said) {
      said = Math.floor(done * 20);
      const { ready, queued, sending, accepted, unknown } = now;
      const parts = `ready ${String(ready)}, queued ${String(queued)}, sending ${String(sending)}, accepted ${String(accepted)}, unknown ${String(unknown)}`;
      say(`${(done * 100).toFixed(0)} %: ${parts}; counted in ${String(Math.round(now.ms))} ms; workers' memory ${megabytes(memory)}`);
    }
    if (waitingOf(now) === 0) return { kills, looks };
    if (kills < KILLS && done > (kills + 0.5) / (KILLS + 1)) {
      await workers.killOne();
      kills += 1;
    }
    if (!isPaused && done > 0.5) {
      isPaused = true;
      await pauseAndResume(soak, look);
    }
    await delay(LOOK_MS);
  }
}

/** The simulator's own record against ours, message by message. Throws when a row was sent twice, or is said to be sent and was not. */
async function compare({ simulator, campaign, rows }: Soak): Promise<void> {
  const ours = await campaign.query<{ id: string; status: string; wamid: string | null }>(
    `select m.id, m.status, m.provider_message_id as wamid from onethread.campaign_recipients r
       join onethread.messages m on m.business_id = r.business_id and m.id = r.message_id where r.campaign_id = $1`,
    [campaign.id],
  );
  const record = simulator.outbox();
  const sent = new Map(record.map((entry) => [String(entry.body["biz_opaque_callback_data"]), entry]));
  const customers = new Set(record.map(({ to }) => to));
  const known = new Set(ours.map(({ id }) => id));
  const wrong = [
    ...(ours.length === rows ? [] : [`${String(ours.length)} rows have a message, not ${String(rows)}`]),
    ...(customers.size === record.length && sent.size === record.length ? [] : ["a customer got two messages, or a message went twice"]),
    ...[...sent.keys()].filter((id) => !known.has(id)).map((id) => `${id} was sent, and is of no row`),
    ...ours
      .filter(({ id, status }) => status !== "unknown" && !sent.has(id))
      .map(({ id, status }) => `${id} is ${status}, and was not sent`),
    ...ours.filter(({ id, wamid }) => wamid !== null && sent.get(id)?.id !== wamid).map(({ id }) => `${id} has another's id`),
  ];
  if (wrong.length > 0) throw new Error(`not each row was sent once: ${wrong.slice(0, 5).join("; ")}`);
  const unknown = ours.filter(({ status }) => status === "unknown");
  const left = unknown.filter(({ id }) => sent.has(id)).length;
  say(
    `the platform's record: ${String(record.length)} messages, one to each of ${String(customers.size)} customers. Of ours ${String(ours.length - unknown.length)} are accepted, each in the record; ${String(unknown.length)} are unknown since a worker died with them, of which ${String(left)} had left.`,
  );
}

async function run(world: World, rows: number): Promise<void> {
  const simulator = await startSimulator({
    ...{ port: 0, webhookUrl: () => [], appSecret: world.appSecret, windowCheck: false, statuses: "none" },
    numbers: [{ phoneNumberId: world.phoneNumberId, displayPhoneNumber: "15550100200", wabaId: "300000000000001" }],
  });
  const before = process.memoryUsage().rss;
  const listed = performance.now();
  const campaign = await openCampaign({ world, graphUrl: simulator.url, rows, from: FIRST_PHONE });
  const read = ((performance.now() - listed) / 1_000).toFixed(1);
  say(
    `${String(rows)} rows read in ${read} s; this process's memory ${megabytes(before)} before, ${megabytes(process.memoryUsage().rss)} after`,
  );
  await campaign.setRate(RATE);
  const soak = { rows, campaign, simulator };
  const started = performance.now();
  await campaign.start();
  const workers = createWorkers({ world, graphUrl: simulator.url });
  try {
    const { kills, looks } = await sendAll(soak, workers);
    const seconds = (performance.now() - started) / 1_000;
    say(
      `all of it left in ${seconds.toFixed(0)} s (${String(Math.round(rows / seconds))} a second), ${String(PROCESSES)} workers, killed ${String(kills)} times; progress was right at ${String(looks)} looks; a worker's memory at most ${megabytes(workers.mostMemory())}`,
    );
  } finally {
    workers.killAll();
  }
  await compare(soak);
  await campaign.close();
  await simulator.stop();
  say("each row was sent once");
}

const { values } = parseArgs({ options: { rows: { type: "string", default: "50000" } } });
const world = await createWorld({ quietMs: 0 });
try {
  await run(world, Number(values.rows));
} finally {
  await world.close();
}
