// Owns: what is known of a customer beside their name in WhatsApp: short texts, said by them and noted by the AI, or entered by the business.
// Refuses to know: what they are used for.
import type { Database } from "../db/database.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { cleanString } from "../kernel/storable-json.ts";
import { findCustomerFacts, holdConversationForFacts, lockCustomerFacts, saveCustomerFacts } from "./customer-facts.queries.ts";
import { findSurvivor, onSurvivor } from "./surviving-conversation.ts";

export type Facts = Readonly<Record<string, string>>;

export type ChangeFactsOutcome =
  | { readonly outcome: "changed"; readonly facts: Facts }
  /** Nothing was changed. */
  | { readonly outcome: "refused"; readonly problem: string }
  | { readonly outcome: "not_found" };

export interface FactsChange {
  readonly businessId: BusinessId;
  readonly conversationId: string;
  /** What it does not name stays; null removes a fact. */
  readonly patch: Readonly<Record<string, string | null>>;
  readonly by: "ai" | "api";
}

export interface CustomerFacts {
  /** For a merged conversation, those of its winner; undefined when there is no such conversation. */
  read(businessId: BusinessId, conversationId: string): Promise<Facts | undefined>;
  /** All of the patch or nothing. Of two changes at the same time, both are kept. */
  change(change: FactsChange): Promise<ChangeFactsOutcome>;
}

export const FACT_LIMITS = { facts: 30, nameLength: 40, valueLength: 300, allLength: 6_000 } as const;

export function factsOf(stored: JsonObject): Facts {
  return Object.fromEntries(Object.entries(stored).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])));
}

function problemOfFact([name, value]: readonly [string, string | null]): string | undefined {
  if (name === "" || name.length > FACT_LIMITS.nameLength) return `the name of a fact has 1 to ${FACT_LIMITS.nameLength} characters`;
  if (value === null) return undefined;
  return value === "" || value.length > FACT_LIMITS.valueLength
    ? `${name}: a fact has 1 to ${FACT_LIMITS.valueLength} characters`
    : undefined;
}

function merge(before: Facts, patch: readonly (readonly [string, string | null])[]): Facts {
  const merged = new Map(Object.entries(before));
  for (const [name, value] of patch) {
    if (value === null) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

function problemOfAll(before: Facts, after: Facts): string | undefined {
  const [had, has] = [Object.keys(before).length, Object.keys(after).length];
  if (has > FACT_LIMITS.facts && has > had) return `a customer has at most ${FACT_LIMITS.facts} facts; remove one first`;
  const length = JSON.stringify(after).length;
  if (length > FACT_LIMITS.allLength && length > JSON.stringify(before).length)
    return `all facts together have at most ${FACT_LIMITS.allLength} characters; remove one first`;
  return undefined;
}

export function createCustomerFacts(deps: { readonly database: Database }): CustomerFacts {
  const { database } = deps;

  /** Undefined: the conversation was merged meanwhile. */
  async function write(conversationId: string, { businessId, patch, by }: FactsChange): Promise<ChangeFactsOutcome | undefined> {
    const cleaned = Object.entries(patch).map(
      ([name, value]) => [cleanString(name).trim(), value === null ? null : cleanString(value).trim()] as const,
    );
    const problem = cleaned.map(problemOfFact).find((found) => found !== undefined);
    if (problem !== undefined) return { outcome: "refused", problem };
    return database.forBusiness(businessId).transaction(async (tx): Promise<ChangeFactsOutcome | undefined> => {
      const held = await tx.run(holdConversationForFacts, { conversationId });
      if (held.length === 0) return undefined;
      const [row] = await tx.run(lockCustomerFacts, { conversationId });
      const before = factsOf(row?.facts ?? {});
      const after = merge(before, cleaned);
      const tooMuch = problemOfAll(before, after);
      if (tooMuch !== undefined) return { outcome: "refused", problem: tooMuch };
      const count = Object.keys(after).length;
      await tx.run(saveCustomerFacts, { conversationId, facts: JSON.stringify(after), count, by, eventId: newId() });
      return { outcome: "changed", facts: after };
    });
  }

  return {
    async read(businessId, conversationId) {
      const db = database.forBusiness(businessId);
      const survivor = await findSurvivor(db, conversationId);
      if (survivor === undefined) return undefined;
      const [row] = await db.run(findCustomerFacts, { conversationId: survivor });
      return factsOf(row?.facts ?? {});
    },
    async change(change) {
      const db = database.forBusiness(change.businessId);
      const outcome = await onSurvivor(db, change.conversationId, (survivor) => write(survivor, change));
      return outcome ?? { outcome: "not_found" };
    },
  };
}
