// Owns: a campaign in a world, with a list of customers of whom nothing is known, and how far it is: made with the product's own features. Refuses to know: who sends it.
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { CampaignCounts } from "../server/src/campaigns/campaign-view.ts";
import { createDatabase } from "../server/src/db/database.ts";
import type { BusinessId } from "../server/src/kernel/ids.ts";
import { createLog } from "../server/src/kernel/log.ts";
import { createOutsideHttp } from "../server/src/outside/outside-http.ts";
import { createGraphTemplates } from "../server/src/whatsapp/graph-templates.ts";
import { createTestServices } from "../server/test/support/test-services.ts";
import type { World } from "./world.ts";

export interface OpenCampaign {
  readonly id: string;
  /** How its rows are at this moment. */
  counts(): Promise<CampaignCounts>;
  start(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Messages that the number may send in a second. */
  setRate(perSecond: number): Promise<void>;
  query<R extends pg.QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]>;
  close(): Promise<void>;
}

interface CampaignPlan {
  readonly world: World;
  /** Of the platform. */
  readonly graphUrl: string;
  readonly rows: number;
  /** Its customers are numbered from here on. */
  readonly from: number;
}

const TEMPLATE = {
  name: "order_ready_named",
  language: { code: "en_US" },
  components: [{ type: "body", parameters: [{ type: "text", parameter_name: "customer", text: "{{name}}" }] }],
};

function* list({ rows, from }: CampaignPlan): Generator<string> {
  yield "phone,name\n";
  for (let row = 0; row < rows; row += 1) yield `${String(from + row)},Customer ${String(row)}\n`;
}

/** With its list read, and not started. */
export async function openCampaign(plan: CampaignPlan): Promise<OpenCampaign> {
  const { world, graphUrl } = plan;
  const log = createLog({ level: "warn" });
  const admin = new pg.Pool({ connectionString: world.databaseUrl, max: 2, application_name: "bench" });
  const database = createDatabase({ url: world.databaseUrl, appConnections: 2, ingestConnections: 1, applicationName: "bench", log });
  const outside = createOutsideHttp({ privateHosts: [] });
  const templatePlatform = createGraphTemplates({ baseUrl: () => graphUrl, version: "v26.0" });
  const services = createTestServices({ database, log, outside, templatePlatform });
  const query = async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[]) =>
    (await admin.query<R>(text, [...values])).rows;
  const close = async (): Promise<void> => {
    await database.close();
    await outside.close();
    await templatePlatform.close();
    await admin.end();
  };
  try {
    return { ...(await make()), close };
  } catch (error) {
    await close();
    throw error;
  }

  async function make(): Promise<Omit<OpenCampaign, "close">> {
    const [channel] = await query<{ businessId: BusinessId; id: string }>(
      `select business_id as "businessId", id from onethread.channels where external_id = $1`,
      [world.phoneNumberId],
    );
    if (channel === undefined) throw new Error("the world has no channel");
    const { businessId, id: channelId } = channel;
    const done = (outcome: { readonly outcome: string }): void => {
      if (outcome.outcome !== "done" && outcome.outcome !== "read") throw new Error(JSON.stringify(outcome));
    };
    // The product reads them by itself, too, and one reading does not wait for another.
    const isKnown = async (): Promise<boolean> =>
      (await services.templates.list(businessId, { name: TEMPLATE.name, limit: 1 })).data.length > 0;
    while (!(await isKnown())) {
      await services.templates.sync(businessId);
      await delay(100);
    }
    const made = await services.campaigns.create(businessId, { name: "Bench", channelId, template: TEMPLATE });
    if (made.outcome !== "done") throw new Error(JSON.stringify(made));
    const { id } = made.campaign;
    done(await services.uploadList(businessId, id, Readable.from(list(plan))));
    return {
      id,
      async counts() {
        const found = await services.campaigns.find(businessId, id);
        if (found === undefined) throw new Error("the campaign is gone");
        return found.counts;
      },
      start: async () => done(await services.campaigns.start(businessId, id, { withoutBad: false })),
      pause: async () => done(await services.campaigns.pause(businessId, id)),
      resume: async () => done(await services.campaigns.resume(businessId, id)),
      async setRate(perSecond) {
        await services.channels.setPace(businessId, channelId, { perSecond, inARow: 45 });
      },
      query,
    };
  }
}

/** Rows that have not left yet. */
export const waitingOf = ({ ready, queued, sending }: CampaignCounts): number => ready + queued + sending;
