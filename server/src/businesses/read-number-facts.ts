// Owns: learning by itself how fast each number may send: its throughput, and whether the WhatsApp Business app uses it too. Refuses to know: what follows (number_rate() in SQL).
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import type { ReadNumber } from "../whatsapp/read-number.ts";
import { claimNumber, listDueNumbersAcrossBusinesses, recordNumberFacts } from "./number-facts.queries.ts";

const EVERY_MS = 24 * 3_600_000;
/** After a reading that failed, or a process that died: until then what is known holds. */
const RETRY_MS = 3_600_000;

export interface ReadNumberFactsDeps {
  readonly database: Database;
  readonly readNumber: ReadNumber;
  readonly log: Log;
}

/** One pass over the numbers that are due; answers how many were read. */
export function createReadNumberFacts({ database, readNumber, log }: ReadNumberFactsDeps): () => Promise<number> {
  async function read(businessId: BusinessId, channelId: string): Promise<boolean> {
    const db = database.forBusiness(businessId);
    const [number] = await db.run(claimNumber, { channelId, retryMs: RETRY_MS });
    const { external_id: key, access_token: accessToken = null } = number ?? {};
    const facts = key === undefined || accessToken === null ? undefined : await readNumber({ key, accessToken });
    if (facts === undefined) return false;
    await db.execute(recordNumberFacts, { channelId, ...facts, everyMs: EVERY_MS });
    return true;
  }
  return async () => {
    let count = 0;
    for (const { business_id: businessId, id: channelId } of await database.acrossBusinesses.run(listDueNumbersAcrossBusinesses, {})) {
      try {
        if (await read(businessId as BusinessId, channelId)) count += 1;
      } catch (error) {
        log.warn({ businessId, channelId, error: messageOf(error) }, "channel.not-read");
      }
    }
    return count;
  };
}
