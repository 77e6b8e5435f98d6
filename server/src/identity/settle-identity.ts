// Owns: applying what a payload proves, in one transaction: attach, move, merge, or begin a new thread. Rare: only for identifiers that are new or
// that lead to different threads; everything else takes the batched way of ingest.
import type { Database } from "../db/database.ts";
import type { Queryable, RowOf } from "../db/query.ts";
import { classifyDatabaseError } from "../db/classify-error.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import { decideIdentity, type Identifier, type IdentityDecision } from "./decide-identity.ts";
import {
  attachAliases,
  findConversationByKey,
  findConversationsOfAliases,
  insertConversation,
  listAliasesOfConversations,
  lockConversations,
} from "./identity.queries.ts";
import { mergeConversations, type MergeReason } from "./merge-conversations.ts";

export interface SettleRequest {
  readonly businessId: BusinessId;
  /** Strongest proof first; never empty. */
  readonly identifiers: readonly Identifier[];
  /** Keys for a new thread, the preferred one first; one that another thread has is passed over. */
  readonly newKeys: readonly string[];
  /** The canonical key of the thread that the message was put into already. */
  readonly placedKey?: string;
  readonly reason: MergeReason;
  readonly proof: JsonObject;
  /** False: when nothing is known, nothing is made and the answer is undefined. */
  readonly create: boolean;
  /** When the person wrote; a new thread begins then. */
  readonly at: Date;
}

export interface SettledIdentity {
  readonly conversationId: string;
  readonly canonicalKey: string;
  readonly isNew: boolean;
  readonly merged: readonly string[];
}

export type SettleIdentity = (request: SettleRequest) => Promise<SettledIdentity | undefined>;

type Locked = RowOf<typeof lockConversations.columns>;

/** What was read before the locks is not true any more: begin again. */
class Moved extends Error {}

const ATTEMPTS = 8;

export function createSettleIdentity(deps: { readonly database: Database; readonly log: Log }): SettleIdentity {
  return async (request) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const settled = await deps.database.forBusiness(request.businessId).transaction((tx) => settle(tx, request));
        for (const loserId of settled?.merged ?? []) {
          deps.log.info(
            { businessId: request.businessId, winnerId: settled?.conversationId, loserId, reason: request.reason },
            "conversation.merged",
          );
        }
        return settled;
      } catch (error) {
        const again = error instanceof Moved || classifyDatabaseError(error) === "transient";
        if (!again || attempt === ATTEMPTS) throw error;
      }
    }
  };
}

async function conversationIds(
  tx: Queryable,
  { businessId, identifiers, placedKey }: SettleRequest,
): Promise<{ readonly ids: readonly string[]; readonly placedIn?: string }> {
  const rows = await tx.run(findConversationsOfAliases, [
    businessId,
    identifiers.map(({ kind }) => kind),
    identifiers.map(({ value }) => value),
  ]);
  const [placed] = placedKey === undefined ? [] : await tx.run(findConversationByKey, [businessId, placedKey]);
  const ids = new Set(rows.map(({ id }) => id));
  if (placed === undefined) return { ids: [...ids] };
  ids.add(placed.id);
  return { ids: [...ids], placedIn: placed.id };
}

async function settle(tx: Queryable, request: SettleRequest): Promise<SettledIdentity | undefined> {
  const { businessId, identifiers } = request;
  const before = await conversationIds(tx, request);
  const locked = await tx.run(lockConversations, [businessId, before.ids]);
  const after = await conversationIds(tx, request);
  const isSame = after.ids.length === before.ids.length && after.ids.every((id) => before.ids.includes(id));
  if (!isSame || locked.some((row) => row.merged_into !== null)) throw new Moved("the threads of these identifiers have moved");
  const aliases = await tx.run(listAliasesOfConversations, [businessId, before.ids]);
  const decision = decideIdentity({
    identifiers,
    conversations: locked.map(({ id }) => ({
      id,
      identifiers: aliases
        .filter((alias) => alias.conversation_id === id)
        .map((alias) => ({ kind: alias.kind as Identifier["kind"], value: alias.value, scope: alias.scope })),
    })),
    ...(after.placedIn === undefined ? {} : { placedIn: after.placedIn }),
  });
  return apply(tx, request, { decision, locked });
}

async function apply(
  tx: Queryable,
  request: SettleRequest,
  { decision, locked }: { readonly decision: IdentityDecision; readonly locked: readonly Locked[] },
): Promise<SettledIdentity | undefined> {
  const { businessId } = request;
  if (decision.home === undefined && !request.create) return undefined;
  const home = locked.find(({ id }) => id === decision.home);
  const made = home ?? (await begin(tx, request));
  // The longer thread stays: its messages are the ones that need not move.
  const group = [made, ...locked.filter(({ id }) => decision.merge.includes(id))].sort(
    (a, b) => b.last_seq - a.last_seq || (a.id < b.id ? -1 : 1),
  );
  const [winner = made, ...losers] = group;
  let lastSeq = winner.last_seq;
  for (const loser of losers) {
    const sides = { winner: { id: winner.id, lastSeq }, loser: { id: loser.id, lastSeq: loser.last_seq } };
    await mergeConversations(tx, { businessId, ...sides, reason: request.reason, proof: request.proof });
    lastSeq += loser.last_seq;
  }
  if (decision.attach.length > 0) {
    const values = [
      decision.attach.map(({ kind }) => kind),
      decision.attach.map(({ value }) => value),
      decision.attach.map(({ scope }) => scope),
    ];
    await tx.run(attachAliases, [businessId, winner.id, ...values]);
  }
  return { conversationId: winner.id, canonicalKey: winner.canonical_key, isNew: home === undefined, merged: losers.map(({ id }) => id) };
}

async function begin(
  tx: Queryable,
  { businessId, newKeys, at }: SettleRequest,
): Promise<Pick<Locked, "id" | "canonical_key" | "last_seq">> {
  for (const key of newKeys) {
    const [row] = await tx.run(insertConversation, [businessId, newId(), key, at]);
    if (row !== undefined) return { ...row, last_seq: 0 };
  }
  throw new Moved("every key of this person belongs to a thread by now");
}
