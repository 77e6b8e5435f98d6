// Owns: a channel of which a provider reports, through the real intake, and what is known of it afterwards, through the real API.
import { Writable } from "node:stream";
import type { Database } from "../../src/db/database.ts";
import type { WebhookIntake } from "../../src/ingest/webhook-intake.ts";
import type { JsonObject } from "../../src/kernel/json.ts";
import { createLog } from "../../src/kernel/log.ts";
import { parseGatewayWebhook } from "../../src/whatsapp/gateways/parse-gateway-webhook.ts";
import type { Gateway } from "../../src/whatsapp/providers.ts";
import { parseCloudWebhook } from "../../src/whatsapp/parse-webhook.ts";
import { createTestBusiness, type TestBusiness } from "./test-business.ts";
import type { TestDatabase } from "./test-database.ts";
import { bearerFor, createTestHttp } from "./test-http.ts";
import { createTestIntake } from "./test-intake.ts";

type Row = Readonly<Record<string, unknown>>;

export interface ReportedChannel extends TestBusiness {
  readonly account: string;
  /** Of the account; `time` in seconds. */
  report(field: string, value: JsonObject, time: number): Promise<void>;
  /** The channel becomes one of this gateway; what it posts. */
  connect(gateway: Gateway): Promise<(body: JsonObject) => Promise<void>>;
  get(url: string): Promise<readonly Row[]>;
  health(): Promise<unknown>;
  /** `aspect: state`, sorted. */
  known(): Promise<readonly string[]>;
  eventsOf(type: string): Promise<readonly { readonly data: unknown }[]>;
}

export interface ReportedChannels {
  /** A new business with one number, in an account of its own. */
  create(account?: string): Promise<ReportedChannel>;
  /** The names of the log's lines since the last look. */
  takeLogged(): readonly string[];
  close(): Promise<void>;
}

export function createReportedChannels(test: TestDatabase): ReportedChannels {
  const lines: string[] = [];
  const destination = new Writable({
    write(line, _encoding, done) {
      lines.push(...String(line).trim().split("\n"));
      done();
    },
  });
  const database = test.open();
  const http = createTestHttp(database, test.log);
  const intake = createTestIntake({ ...test, log: createLog({ level: "info", destination }) });
  let accounts = 0;
  return {
    async create(account) {
      accounts += 1;
      const named = account ?? `4000000000${String(accounts)}`;
      const business = await createTestBusiness(test.superuser);
      await test.superuser.query("update channels set account_id = $2 where business_id = $1", [business.businessId, named]);
      return reportedChannel({ test, database, http, intake }, business, named);
    },
    takeLogged: () => lines.splice(0).map((line) => (JSON.parse(line) as { readonly event: string }).event),
    close: () => http.app.close(),
  };
}

interface Parts {
  readonly test: TestDatabase;
  readonly database: Database;
  readonly http: ReturnType<typeof createTestHttp>;
  readonly intake: WebhookIntake;
}

async function reportedChannel({ test, database, http, intake }: Parts, business: TestBusiness, account: string): Promise<ReportedChannel> {
  const { businessId, channelId } = business;
  const headers = await bearerFor(database, businessId);

  async function get(url: string): Promise<readonly Row[]> {
    return (await http.app.inject({ url: `/api/v1${url}`, headers })).json<{ data: readonly Row[] }>().data;
  }
  return {
    ...business,
    account,
    async report(field, value, time) {
      const body = { object: "whatsapp_business_account", entry: [{ id: account, time, changes: [{ field, value }] }] };
      const parsed = parseCloudWebhook(Buffer.from(JSON.stringify(body)));
      if (parsed.outcome !== "events") throw new Error(parsed.reason);
      await intake.receive(parsed.events);
    },
    async connect(gateway) {
      const token = `token-${channelId}`;
      const values = [businessId, gateway, token];
      await test.superuser.query("update channels set provider = $2, external_id = $3, account_id = null where business_id = $1", values);
      await test.superuser.query("insert into directory (kind, key, business_id, target_id) values ('channel', $1, $2, $3)", [
        `${gateway}:${token}`,
        businessId,
        channelId,
      ]);
      return async (body) => {
        const parsed = parseGatewayWebhook(gateway, Buffer.from(JSON.stringify(body)), { channelKey: token, receivedAt: new Date() });
        if (parsed.outcome !== "events") throw new Error(parsed.reason);
        await intake.receive(parsed.events);
      };
    },
    get,
    health: async () => (await get("/channels"))[0]?.["health"],
    async known() {
      const signals = (await get("/channels"))[0]?.["signals"] as readonly { readonly aspect: string; readonly state: string }[];
      return signals.map(({ aspect, state }) => `${aspect}: ${state}`).toSorted();
    },
    async eventsOf(type) {
      const query = "select data from events where business_id = $1 and type = $2 order by at, id";
      return (await test.superuser.query<{ data: unknown }>(query, [businessId, type])).rows;
    },
  };
}
