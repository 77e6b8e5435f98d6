// Owns: the report of a campaign: what became of its rows, and why the others did not arrive; as a table too, written as it is read.
import { Readable } from "node:stream";
import { stringify } from "csv-stringify";
import { z } from "zod";
import type { BusinessDatabase, Database } from "../db/database.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { campaignViewOf, campaignSchema, countsOf, recipientViewOf } from "./campaign-view.ts";
import { countFailures, countRows, findCampaign, listRecipients } from "./campaigns.queries.ts";

export const campaignReportSchema = z
  .object({
    campaign: campaignSchema,
    failures: z
      .array(
        z.object({
          state: z.enum(["failed", "skipped"]),
          code: z.string(),
          sentence: z.string().nullable(),
          rows: z.int(),
        }),
      )
      .readonly()
      .describe("Why rows did not arrive, the most frequent first."),
  })
  .meta({ id: "CampaignReport" });
export type CampaignReport = Readonly<z.output<typeof campaignReportSchema>>;

export interface ReportCampaign {
  find(businessId: BusinessId, id: string): Promise<CampaignReport | undefined>;
  /** Every row, as CSV: a page is read when the one before has been taken. Undefined: there is no such campaign. */
  table(businessId: BusinessId, id: string): Promise<Readable | undefined>;
}

const PAGE = 1_000;
const COLUMNS = ["line", "address", "state", "code", "problem", "conversationId", "messageId", "attempts", "releasedAt"] as const;

export function createReportCampaign({ database }: { readonly database: Database }): ReportCampaign {
  return {
    async find(businessId, id) {
      const db = database.forBusiness(businessId);
      const [row] = await db.run(findCampaign, { id });
      if (row === undefined) return undefined;
      const campaign = campaignViewOf(row, countsOf(await db.run(countRows, { ids: [id] })));
      const failures = await db.run(countFailures, { id });
      return { campaign, failures: failures.map((one) => ({ ...one, state: one.state === "skipped" ? "skipped" : "failed" })) };
    },
    async table(businessId, id) {
      const db = database.forBusiness(businessId);
      if ((await db.run(findCampaign, { id })).length === 0) return undefined;
      // A cell that a spreadsheet would take for a formula is no formula.
      const options = { header: true, columns: [...COLUMNS], escape_formulas: true };
      return Readable.from(rowsOf(db, id)).compose(stringify(options)) as Readable;
    },
  };
}

async function* rowsOf(db: BusinessDatabase, id: string): AsyncGenerator<object> {
  for (let after = 0; ;) {
    const rows = await db.run(listRecipients, { id, after, state: null, limit: PAGE });
    for (const row of rows) yield recipientViewOf(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last.position;
  }
}
