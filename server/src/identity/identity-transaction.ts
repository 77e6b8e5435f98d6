// Owns: one attempt to settle who somebody is, inside one transaction: look, lock, look again, decide, apply. Refuses to know when to try again.
import type { Queryable, Row } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import { decideIdentity, type IdentityDecision, type KnownConversation } from "./decide-identity.ts";
import { type Identifier, isSameIdentifier, type Keys, labelOfIdentifier, phoneIdentifier } from "./identifier.ts";
import {
  addAliases,
  findConversationByKey,
  insertConversation,
  linkLead,
  listAliasesOfConversations,
  lockConversations,
  moveAliasesTo,
} from "./identity.queries.ts";
import { byLength, mergeConversations, type MergeReason } from "./merge-conversations.ts";
import {
  holdersOfNumbers,
  keepTenures,
  listNumbers,
  markNumbersLeft,
  newKeysOfNumbers,
  placeNumber,
  type Numbers,
  type PersonsNumbers,
} from "./settle-numbers.ts";
import type { NumberChange } from "./number-holders.ts";
import { listOverruns, splitAtChange, type SplitOff } from "./split-at-change.ts";
import { followNumbers } from "./split-at-change.queries.ts";
import { findConversationsOfAliases } from "./number-holders.queries.ts";

export interface SettleRequest {
  readonly businessId: BusinessId;
  /** Strongest proof first; never empty. */
  readonly identifiers: readonly Identifier[];
  /** For a new thread; one that another thread has is passed over. Undefined: when nothing is known, nothing is made and the answer is undefined. */
  readonly newKeys: Keys | undefined;
  /** The canonical key of the thread that the message was put into already. */
  readonly placedKey?: string;
  readonly reason: MergeReason;
  readonly proof: JsonObject;
  /** When the person wrote, or changed, by the provider's time; a new thread begins then. */
  readonly at: Date;
  /** The number that the person left, and the one that they took. */
  readonly change?: NumberChange | undefined;
  /** The message is stored already: what it says may be out of date, so it joins what belongs together, but takes nothing from anybody. */
  readonly isRedelivery?: boolean;
  /** How long it waits for a row that somebody holds; absent: as long as any statement. */
  readonly lockTimeoutMs?: number;
}

export interface SettledIdentity {
  readonly conversationId: string;
  readonly canonicalKey: string;
  readonly isNew: boolean;
  readonly merged: readonly string[];
  /** Threads that went on after a number of theirs had changed hands, and the ones that began there. */
  readonly splits: readonly SplitOff[];
}

export type IdentityOutcome =
  | { readonly outcome: "settled"; readonly settled: SettledIdentity }
  /** Nothing is known, and nothing was to be made. */
  | { readonly outcome: "unknown" }
  /** The thread has another lead already. */
  | { readonly outcome: "lead_conflict"; readonly leadId: string; readonly conversationId: string }
  /** The identifiers lead to people of whom WhatsApp says that they are different ones. */
  | { readonly outcome: "identity_conflict" };

type LockedThread = Row<typeof lockConversations>;
type Thread = Pick<LockedThread, "id" | "canonical_key" | "last_seq" | "lead_id">;

/** What was read before the locks no longer holds: begin again. */
export class ThreadsMoved extends Error {}

/** What is known under the locks. */
interface Evidence {
  readonly locked: readonly LockedThread[];
  readonly conversations: readonly KnownConversation[];
  readonly placedIn: string | undefined;
  /** Since when each identifier leads where it leads. */
  readonly since: ReadonlyMap<string, Date>;
  readonly numbers: Numbers;
}

/** WhatsApp's clock counts whole seconds and is not ours; a number finds its next owner after weeks, a late webhook comes after days at most. */
const LATE_MS = 60_000;

export async function settleOnce(tx: Queryable, request: SettleRequest, isProven: boolean): Promise<IdentityOutcome> {
  const before = await lookUnderLocks(tx, request);
  const splits = isProven ? await splitOverruns(tx, request, before.numbers) : [];
  const known = splits.length === 0 ? before : await lookUnderLocks(tx, request);
  const { identifiers } = request;
  const { conversations, placedIn } = known;
  const decision = decideIdentity({ identifiers, conversations, ...(placedIn === undefined ? {} : { placedIn }) });
  if (decision.home === undefined && request.newKeys === undefined) {
    if (isProven) await markNumbersLeft(tx, request, known.numbers);
    await followChange(tx, request, known);
    return { outcome: "unknown" };
  }
  const objection = isProven ? undefined : objectionTo(request, known, decision);
  if (objection !== undefined) return objection;
  const settled = await apply(tx, request, { known, decision });
  await followChange(tx, request, known);
  return { outcome: "settled", settled: { ...settled, splits } };
}

async function splitOverruns(tx: Queryable, { businessId, at, change }: SettleRequest, numbers: Numbers): Promise<readonly SplitOff[]> {
  const splits: SplitOff[] = [];
  for (const overrun of change === undefined ? [] : listOverruns(numbers, change, at)) {
    const split = await splitAtChange(tx, businessId, overrun);
    if (split !== undefined) splits.push(split);
  }
  return splits;
}

/** Replies follow whoever changed; what leads nowhere else is left as it is. */
async function followChange(tx: Queryable, { change }: SettleRequest, { locked }: Evidence): Promise<void> {
  if (change !== undefined)
    await tx.run(followNumbers, { conversationIds: locked.map(({ id }) => id), left: change.left, taken: change.taken });
}

async function findThreads(
  tx: Queryable,
  { identifiers, placedKey }: SettleRequest,
): Promise<{ ids: readonly string[]; placedIn: string | undefined }> {
  const rows = await tx.run(findConversationsOfAliases, { identifiers });
  const [placed] = placedKey === undefined ? [] : await tx.run(findConversationByKey, { canonicalKey: placedKey });
  const ids = new Set(rows.map(({ id }) => id));
  if (placed !== undefined) ids.add(placed.id);
  return { ids: [...ids], placedIn: placed?.id };
}

async function lookUnderLocks(tx: Queryable, request: SettleRequest): Promise<Evidence> {
  const before = await findThreads(tx, request);
  const locked = await tx.run(lockConversations, { conversationIds: before.ids });
  const after = await findThreads(tx, request);
  const isSame = after.ids.length === before.ids.length && after.ids.every((id) => before.ids.includes(id));
  if (!isSame || locked.some((row) => row.merged_into !== null)) throw new ThreadsMoved("the threads of these identifiers have moved");
  const aliases = await tx.run(listAliasesOfConversations, { conversationIds: before.ids });
  const numbers = await listNumbers(tx, request);
  const holders = holdersOfNumbers(request, numbers);
  const conversations = locked.map(({ id }) => ({
    id,
    identifiers: [
      ...aliases
        .filter((alias) => alias.conversation_id === id && !(alias.kind === "phone" && holders.has(alias.value)))
        .map((alias) => ({ kind: alias.kind as Identifier["kind"], value: alias.value, scope: alias.scope })),
      ...[...holders].filter(([, holder]) => holder === id).map(([value]) => phoneIdentifier(value)),
    ],
  }));
  const since = new Map(aliases.map((alias) => [labelOfIdentifier(alias), alias.created_at]));
  return { locked, conversations, placedIn: after.placedIn, since, numbers };
}

function ownerOf(given: Identifier, { conversations }: Evidence): KnownConversation | undefined {
  return conversations.find(({ identifiers }) => identifiers.some((one) => isSameIdentifier(one, given)));
}

/** The word of the business is not enough to take an identifier away from somebody, or to replace a lead. */
function objectionTo(request: SettleRequest, known: Evidence, decision: IdentityDecision): IdentityOutcome | undefined {
  if (decision.attach.some((given) => ownerOf(given, known) !== undefined)) return { outcome: "identity_conflict" };
  const lead = request.identifiers.find(({ kind }) => kind === "lead");
  const group = known.locked.filter(({ id }) => id === decision.home || decision.merge.includes(id));
  // A lead that leads to the thread already is left beside another one of the same thread.
  if (lead !== undefined && group.length === 1 && ownerOf(lead, known)?.id === decision.home) return undefined;
  const leads = new Set(group.flatMap(({ lead_id }) => lead_id ?? []));
  if (lead !== undefined) leads.add(lead.value);
  if (leads.size < 2) return undefined;
  for (const { id, lead_id: leadId } of group) {
    if (leadId !== null && leadId !== lead?.value) return { outcome: "lead_conflict", leadId, conversationId: id };
  }
  return undefined;
}

async function apply(
  tx: Queryable,
  request: SettleRequest,
  { known, decision }: { readonly known: Evidence; readonly decision: IdentityDecision },
): Promise<Omit<SettledIdentity, "splits">> {
  const home = known.locked.find(({ id }) => id === decision.home);
  const made = home ?? (await begin(tx, request, known.numbers));
  const others = known.locked.filter(({ id }) => decision.merge.includes(id));
  const group: readonly Thread[] = [made, ...others].sort(byLength);
  const [winner = made, ...losers] = group;
  let lastSeq = winner.last_seq;
  for (const loser of losers) {
    const sides = { winner: { id: winner.id, lastSeq }, loser: { id: loser.id, lastSeq: loser.last_seq } };
    await mergeConversations(tx, { ...sides, reason: request.reason, proof: request.proof });
    lastSeq += loser.last_seq;
  }
  const personsNumbers = { numbers: known.numbers, group: group.map(({ id }) => id) };
  await attach(tx, { request, known, personsNumbers, attach: decision.attach, winnerId: winner.id });
  await keepTenures(tx, request, personsNumbers);
  const lead = request.identifiers.find(({ kind }) => kind === "lead");
  if (lead !== undefined) await tx.run(linkLead, { conversationId: winner.id, leadId: lead.value });
  const merged = losers.map(({ id }) => id);
  const isNew = "isNew" in made && made.isNew;
  return { conversationId: winner.id, canonicalKey: winner.canonical_key, isNew, merged };
}

interface Attachment {
  readonly request: SettleRequest;
  readonly known: Evidence;
  readonly personsNumbers: PersonsNumbers;
  readonly attach: readonly Identifier[];
  readonly winnerId: string;
}

/**
 * Unknown identifiers are added, never taken: whoever stored one meanwhile holds a thread that we have not locked. One that leads to somebody else
 * moves only for a message that was written after that: a webhook of the earlier owner that comes late does not take the number back.
 */
async function attach(tx: Queryable, { request, known, personsNumbers, attach: identifiers, winnerId }: Attachment): Promise<void> {
  const { at, change } = request;
  const timed = identifiers.filter((given) => {
    const isOfChange = given.kind === "phone" && (given.value === change?.left || given.value === change?.taken);
    return given.kind === "phone" && known.numbers.has(given.value) && (isOfChange || ownerOf(given, known) === undefined);
  });
  const foreign = identifiers.filter((given) => !timed.includes(given) && ownerOf(given, known) !== undefined);
  const moved = foreign.filter((given) => at.getTime() + LATE_MS > (known.since.get(labelOfIdentifier(given))?.getTime() ?? 0));
  const added = identifiers.filter((given) => !timed.includes(given) && !foreign.includes(given));
  for (const { value } of timed) await placeNumber(tx, request, { value, winnerId, known: personsNumbers });
  if (moved.length > 0) await tx.run(moveAliasesTo, { conversationId: winnerId, identifiers: moved });
  if (added.length === 0) return;
  const timeOf = ({ kind, value }: Identifier, phone: string | undefined): Date | undefined =>
    kind === "phone" && value === phone ? at : undefined;
  const rows = added.map((identifier) => ({
    kind: identifier.kind,
    value: identifier.value,
    scope: identifier.scope,
    heldSince: timeOf(identifier, change?.taken),
    heldUntil: timeOf(identifier, change?.left),
  }));
  const count = await tx.execute(addAliases, { conversationId: winnerId, identifiers: rows });
  const distinct = new Set(added.map(labelOfIdentifier));
  if (count < distinct.size) throw new ThreadsMoved("somebody else stored one of these identifiers first");
}

async function begin(tx: Queryable, request: SettleRequest, numbers: Numbers): Promise<Thread & { readonly isNew: boolean }> {
  const { newKeys, at } = request;
  for (const key of [...(newKeys ?? []), ...newKeysOfNumbers(request, numbers)]) {
    const [row] = await tx.run(insertConversation, { id: newId(), canonicalKey: key, at });
    if (row !== undefined) return { ...row, last_seq: 0, lead_id: null, isNew: true };
  }
  const orphan = await findOrphan(tx, request);
  if (orphan === undefined) throw new ThreadsMoved("every key of this person belongs to a thread by now");
  return { ...orphan, isNew: false };
}

/** The thread that began under the only key of this person, and to which no identifier leads any more. */
async function findOrphan(tx: Queryable, request: SettleRequest): Promise<Thread | undefined> {
  const [key, ...others] = request.newKeys ?? [];
  if (key === undefined || others.length > 0) return undefined;
  const { ids } = await findThreads(tx, request);
  const [owner] = ids.length > 0 ? [] : await tx.run(findConversationByKey, { canonicalKey: key });
  const [locked] = owner === undefined ? [] : await tx.run(lockConversations, { conversationIds: [owner.id] });
  return locked?.merged_into === null ? locked : undefined;
}
