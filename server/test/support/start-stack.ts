// Owns: a whole Onethread for a test: a database with a business, the simulator as its WhatsApp, and real processes, alone or many.
import { startSimulator, type OutboxEntry, type Simulator, type SimulatorOptions } from "@onethread/simulator";
import type pg from "pg";
import { runDoctor } from "../../src/doctor/run-doctor.ts";
import type { Log } from "../../src/kernel/log.ts";
import { eventually } from "./eventually.ts";
import { compareSendBooks, type SendBooks } from "./send-ledger.ts";
import { startProcess, type OnethreadProcess, type ProcessOptions } from "./onethread-process.ts";
import { createTestBusiness, type TestBusiness } from "./test-business.ts";

export const STACK_APP_SECRET = "stack-app-secret";
const VERIFY_TOKEN = "stack-verify-token";
export const LEASE_MS = 1_000;
/** A question that the business's text answers. */
export const QUESTION = "When are you open?";
export const ANSWER = "We are open from 7 to 18.";

export interface StackDatabase {
  readonly url: string;
  readonly superuser: pg.Pool;
  readonly log: Log;
}

export interface Stack {
  readonly business: TestBusiness;
  readonly simulator: Simulator;
  readonly processes: readonly OnethreadProcess[];
  readonly env: Readonly<Record<string, string>>;
  /** One more process; an api process also gets webhooks from now on. */
  start(
    roles: string,
    options?: Pick<ProcessOptions, "failPoints" | "maxFileBytes"> & { readonly env?: Readonly<Record<string, string>> },
  ): Promise<OnethreadProcess>;
  /** Webhooks go to these from now on, besides those of the processes of this stack. */
  addApi(url: string): void;
  count(sql: string, values?: readonly unknown[]): Promise<number>;
  /** Resolves when no lane that answers or sends has work left. */
  settled(withinMs?: number): Promise<void>;
  /** What the doctor finds broken. */
  audit(): Promise<readonly string[]>;
  /** The platform's record of what was sent, and ours. */
  books(promised?: readonly string[]): Promise<SendBooks>;
  /** How many replies each customer got, by phone. */
  replies(): ReadonlyMap<string, readonly OutboxEntry[]>;
  /** Log lines of all processes that nobody should ever see: errors, and races that reached the log as constraint violations. */
  complaints(): readonly string[];
  stop(): Promise<void>;
}

export interface StackOptions {
  readonly quietMs?: number;
  readonly ceilingMs?: number;
  readonly simulator?: Partial<SimulatorOptions>;
  readonly env?: Readonly<Record<string, string>>;
  /** Phone number ids of further businesses, which the test has made. */
  readonly numbers?: readonly string[];
}

const WORK_LEFT = "select count(*) from onethread.lanes where kind in ('reply', 'send') and wanted > done";
const RACES = /23505|UniqueViolation|unique constraint|duplicate key|deadlock|40P01/i;

async function addKnowledge(superuser: pg.Pool, businessId: string): Promise<void> {
  await superuser.query(
    `insert into onethread.knowledge_texts (business_id, id, title, body, language, search)
     values ($1, gen_random_uuid(), 'Opening hours', $2, 'english', to_tsvector('english', 'opening hours open close when today sunday ' || $2))`,
    [businessId, ANSWER],
  );
}

export async function createStack(database: StackDatabase, options: StackOptions = {}): Promise<Stack> {
  const { superuser } = database;
  const business = await createTestBusiness(superuser, { quietMs: options.quietMs ?? 40, ceilingMs: options.ceilingMs ?? 2_000 });
  await addKnowledge(superuser, business.businessId);
  const processes: OnethreadProcess[] = [];
  const apis: string[] = [];
  const simulator = await startSimulator({
    port: 0,
    webhookUrl: () => apis.map((url) => `${url}/webhooks/whatsapp`),
    appSecret: STACK_APP_SECRET,
    accessToken: "test-token",
    verifyToken: VERIFY_TOKEN,
    numbers: [
      { phoneNumberId: business.phoneNumberId, displayPhoneNumber: "15550100200", wabaId: "300000000000001", verifiedName: "Aurora" },
      ...(options.numbers ?? []).map((phoneNumberId) => ({ phoneNumberId, displayPhoneNumber: "15550100300", wabaId: "300000000000001" })),
    ],
    retryDelaysMs: [0, 50, 100, 200],
    ...options.simulator,
  });
  const env = {
    DATABASE_URL: database.url,
    ONETHREAD_APP_SECRET: STACK_APP_SECRET,
    ONETHREAD_VERIFY_TOKEN: VERIFY_TOKEN,
    ONETHREAD_GRAPH_URL: simulator.url,
    ONETHREAD_LEASE_MS: String(LEASE_MS),
    ...options.env,
  };
  const count = async (sql: string, values: readonly unknown[] = []): Promise<number> => {
    const { rows } = await superuser.query<{ count: string }>(sql, [...values]);
    return Number(rows[0]?.count);
  };
  return {
    business,
    simulator,
    processes,
    env,
    async start(roles, { env: more = {}, ...how } = {}) {
      const process = await startProcess({ ...how, roles, env: { ...env, ...more } });
      processes.push(process);
      if (roles.includes("api")) apis.push(process.url);
      return process;
    },
    addApi: (url) => apis.push(url),
    count,
    async settled(withinMs = 20_000) {
      await eventually(
        () => count(WORK_LEFT),
        (left) => left === 0,
        { what: "lanes with work left", withinMs },
      );
    },
    async audit() {
      const { checks } = await runDoctor({ url: database.url, log: database.log });
      return checks
        .filter(({ state }) => state === "broken")
        .map(({ name, count: found, advice }) => `${name} (${String(found)}): ${advice}`);
    },
    books: (promised = []) => compareSendBooks({ superuser, outbox: simulator.outbox(), promised }),
    replies: () => Map.groupBy(simulator.outbox(), (entry) => entry.to ?? entry.recipient ?? ""),
    complaints: () =>
      processes
        .flatMap((process) => process.log)
        .map((line) => ({ line, text: JSON.stringify(line) }))
        .filter(({ line, text }) => line.level === "error" || line.level === "fatal" || RACES.test(text))
        .map(({ text }) => text),
    async stop() {
      for (const process of processes) {
        if (!process.isRunning) continue;
        process.signal("SIGCONT");
        process.signal("SIGKILL");
      }
      await Promise.all(processes.map((process) => process.exited));
      await simulator.stop();
    },
  };
}

/** Phones of so many different customers. */
export function customers(count: number, series = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => `1202${String(5_550_000 + series * 1_000 + index)}`);
}
