// Owns: beginning the conversations of many numbers at once, those of whom nothing is known. Whoever is known, was known, or is named twice is left to resolve-conversation.ts,
// which decides the same for one. Refuses to know: who asks.
import type { Database } from "../db/database.ts";
import { phoneVariantsOf } from "../identity/find-phone.ts";
import { keysOf, phoneIdentifier } from "../identity/identifier.ts";
import { insertThreadsOfPhones } from "../identity/identity.queries.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { ResolveConversationDeps } from "./resolve-conversation.ts";

/** `phones`: digits. Answers the conversations that it has made, by number: never a second one for anybody, whoever writes at the same moment. */
export type BeginConversations = (businessId: BusinessId, phones: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** Somebody else stored one of the numbers for another thread: nothing of what was begun stays. */
class Overtaken extends Error {}

const ATTEMPTS = 5;

export interface BeginConversationsDeps {
  readonly database: Database;
  /** Called with all who are known from now on; never throws. */
  readonly onKnown: ResolveConversationDeps["onKnown"];
}

export function createBeginConversations({ database, onKnown }: BeginConversationsDeps): BeginConversations {
  return async (businessId, phones) => {
    const people = oncePerPerson(phones);
    if (people.length === 0) return new Map();
    const spellings = people.flatMap((phone) => [phone, ...phoneVariantsOf(phone)].map((value) => ({ phone, value })));
    const begin = (): Promise<ReadonlyMap<string, string>> =>
      database.forBusiness(businessId).transaction(async (tx) => {
        const rows = await tx.run(insertThreadsOfPhones, { phones: people.map((phone) => rowOf(businessId, phone)), spellings });
        if (rows.some(({ has_number }) => !has_number)) throw new Overtaken();
        return new Map(rows.map(({ phone, conversation_id }) => [phone, conversation_id]));
      });
    for (let attempt = 1; ; attempt += 1) {
      try {
        const begun = await begin();
        if (begun.size > 0) await onKnown({ businessId, identifiers: [...begun.keys()].map(phoneIdentifier) });
        return begun;
      } catch (error) {
        if (!(error instanceof Overtaken) || attempt === ATTEMPTS) throw error;
      }
    }
  };
}

function rowOf(businessId: BusinessId, phone: string): { readonly phone: string; readonly canonicalKey: string; readonly id: string } {
  const [canonicalKey] = keysOf(businessId, [phoneIdentifier(phone)]) ?? [];
  if (canonicalKey === undefined) throw new RangeError("A number has digits.");
  return { phone, canonicalKey, id: newId() };
}

/** Without further spellings of a number that is among them. */
function oncePerPerson(phones: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return phones.filter((phone) => {
    const spellings = [phone, ...phoneVariantsOf(phone)];
    if (spellings.some((spelling) => seen.has(spelling))) return false;
    for (const spelling of spellings) seen.add(spelling);
    return true;
  });
}
