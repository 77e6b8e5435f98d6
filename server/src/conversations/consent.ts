// Owns: whether a customer may be written to: reading it, and what people and programs set. Refuses to know: who enforces it
// (outbound/: at acceptance and when a send leaves).
import { z } from "zod";
import type { Database } from "../db/database.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { instant, isoOf, uuid } from "../kernel/shapes.ts";
import { findConsent, setSpokenOptOut } from "./consent.queries.ts";
import { findSurvivor, onSurvivor } from "./surviving-conversation.ts";

export const consentSchema = z
  .object({
    conversationId: uuid,
    optedOut: z
      .boolean()
      .describe(
        "What the customer said, or somebody for them: nothing is sent unasked. When they write, they are answered (answersAfterStop).",
      ),
    optedOutAt: instant.nullable(),
    marketingStopped: z
      .boolean()
      .describe("What WhatsApp reports: no template that may be marketing. Only the customer changes it, in WhatsApp."),
    marketingStoppedAt: instant.nullable(),
    marketingReportedAt: instant.nullable().describe("When the customer last stopped or resumed marketing in WhatsApp."),
  })
  .meta({ id: "Consent" });

export type ConsentView = Readonly<z.output<typeof consentSchema>>;

export interface Consent {
  /** Undefined when there is no such conversation; for a merged one, its winner's. */
  find(businessId: BusinessId, conversationId: string): Promise<ConsentView | undefined>;
  /** Sets or lifts what the customer said. Doing it twice is doing it once. */
  set(businessId: BusinessId, conversationId: string, change: ConsentChange): Promise<ConsentView | undefined>;
}

export interface ConsentChange {
  readonly optedOut: boolean;
  readonly source: "api" | "cli";
}

export function createConsent({ database }: { readonly database: Database }): Consent {
  async function find(businessId: BusinessId, conversationId: string): Promise<ConsentView | undefined> {
    const db = database.forBusiness(businessId);
    const survivor = await findSurvivor(db, conversationId);
    const [row] = survivor === undefined ? [] : await db.run(findConsent, { conversationId: survivor });
    if (row === undefined) return undefined;
    return {
      conversationId: row.id,
      optedOut: row.opted_out_at !== null,
      optedOutAt: isoOf(row.opted_out_at),
      marketingStopped: row.marketing_stopped_at !== null,
      marketingStoppedAt: isoOf(row.marketing_stopped_at),
      marketingReportedAt: isoOf(row.marketing_word_at),
    };
  }
  return {
    find,
    async set(businessId, conversationId, { optedOut, source }) {
      const db = database.forBusiness(businessId);
      const changed = await onSurvivor(db, conversationId, async (survivor) => {
        const [row] = await db.run(setSpokenOptOut, { conversationId: survivor, optedOut, eventId: newId(), source });
        return row?.id;
      });
      return changed === undefined ? undefined : find(businessId, changed);
    },
  };
}
