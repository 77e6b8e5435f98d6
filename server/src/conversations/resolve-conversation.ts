// Owns: "the one conversation of this customer" for the code paths that are not webhooks, with the guarantee of the webhook path: the same
// mechanism decides who is who (identity/). Refuses to know: HTTP.
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import { type Identifier, identifiersOf, type Identity, keysOf } from "../identity/identifier.ts";
import { listScopes } from "../identity/identity.queries.ts";
import { findConversationsOfAliases } from "../identity/number-holders.queries.ts";
import { findPhone } from "../identity/find-phone.ts";
import type { SettleRequest } from "../identity/identity-transaction.ts";
import type { ClaimIdentity } from "../identity/settle-identity.ts";
import type { BusinessId } from "../kernel/ids.ts";
import { nameLead } from "./conversation-writes.queries.ts";

export interface ResolveRequest {
  readonly businessId: BusinessId;
  readonly identity: Identity;
  /** What the business calls its lead. */
  readonly leadName?: string | undefined;
}

export type ResolveOutcome =
  /** `isNew` is true for exactly one of all who ask at once. */
  | { readonly outcome: "resolved"; readonly conversationId: string; readonly isNew: boolean }
  /** Nothing was changed: the thread has this lead already. */
  | { readonly outcome: "lead_conflict"; readonly leadId: string; readonly conversationId: string }
  /** Nothing was changed: WhatsApp says that the identifiers belong to different people. */
  | { readonly outcome: "identity_conflict" };

export type ResolveConversation = (request: ResolveRequest) => Promise<ResolveOutcome>;

export interface ResolveConversationDeps {
  readonly database: Database;
  readonly claimIdentity: ClaimIdentity;
  /** Called with who is known from now on; never throws. */
  readonly onKnown: (person: Pick<SettleRequest, "businessId" | "identifiers">) => Promise<void>;
}

/**
 * Never two conversations for one person, however many ask at once; two that turn out to be one person's or one lead's are merged.
 * Throws a RangeError when nothing identifies anybody.
 */
export function createResolveConversation({ database, claimIdentity, onKnown }: ResolveConversationDeps): ResolveConversation {
  return async ({ businessId, identity, leadName }) => {
    const db = database.forBusiness(businessId);
    const scopes = identity.userId === undefined ? [] : await db.run(listScopes, {});
    const scope = scopes.length === 1 ? (scopes[0]?.scope ?? null) : null;
    const given = identifiersOf(identity, scope);
    const newKeys = keysOf(businessId, given);
    if (newKeys === undefined) throw new RangeError("A conversation needs a lead, a phone, a user id, a LID or a group; none was given.");
    const identifiers = await inKnownSpelling(db, given);
    const claimed = await claimIdentity({
      businessId,
      identifiers,
      newKeys,
      reason: given.some(({ kind }) => kind === "lead") ? "lead" : "by_hand",
      proof: { source: "resolve" },
      at: new Date(),
    });
    if (claimed.outcome === "lead_conflict" || claimed.outcome === "identity_conflict") return claimed;
    if (claimed.outcome === "unknown") throw new Error("no conversation was created");
    const { conversationId, isNew } = claimed.settled;
    if (leadName !== undefined) await db.run(nameLead, { conversationId, name: leadName });
    await onKnown({ businessId, identifiers });
    return { outcome: "resolved", conversationId, isNew };
  };
}

/** Another spelling of the number counts only where nothing else that was given is known: people are never joined on likeness. */
async function inKnownSpelling(db: Queryable, given: readonly Identifier[]): Promise<readonly Identifier[]> {
  const phone = given.find(({ kind }) => kind === "phone");
  if (phone === undefined) return given;
  const known = await db.run(findConversationsOfAliases, { identifiers: given });
  const value = known.length > 0 ? undefined : await findPhone(db, phone.value);
  return value === undefined ? given : given.map((one) => (one === phone ? { ...one, value } : one));
}
