// Owns: which thread of ours a person of the older database has, found or begun inside a batch's transaction. The row locks that it takes
// hold back everybody else who gives out positions in these threads.
import type { Queryable } from "../db/query.ts";
import { type Identifier, keysOf, labelOfIdentifier } from "../identity/identifier.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { addAliasesOfPeople, findThreadsOfPeople, upsertThreads } from "./adopt.queries.ts";
import type { Person } from "./people.ts";

export interface PersonThread {
  readonly id: string;
  readonly lastSeq: number;
  /** Begun by this batch. */
  readonly isNew: boolean;
}

/** Rolls the batch back, to be done again: somebody else began or merged one of its threads meanwhile. */
export class StaleBatch extends Error {}

export interface PeopleOfBusiness {
  readonly businessId: BusinessId;
  readonly keepLeadIds: boolean;
}

const leadsOf = ({ leadIds }: Person): readonly Identifier[] => leadIds.slice(0, 1).map((value) => ({ kind: "lead", value, scope: null }));

function identifiersOfPerson(person: Person, keepLeadIds: boolean): readonly Identifier[] {
  return keepLeadIds ? [...leadsOf(person), ...person.identifiers] : person.identifiers;
}

/**
 * The key of a thread that begins here: by its address, as the webhook of the same person would choose at the same moment, so that the unique
 * key lets only one of both through. The lead is its key only where there is no address.
 */
function keyOf(person: Person, { businessId }: PeopleOfBusiness): string {
  const keys = keysOf(businessId, person.identifiers) ?? keysOf(businessId, leadsOf(person));
  if (keys === undefined) throw new Error("a person without any identifier was to get a thread");
  return keys[0];
}

export interface FoundThreads {
  readonly keys: ReadonlyMap<Person, string>;
  readonly ids: ReadonlyMap<Person, string>;
  /** The other threads to which the same person's identifiers lead already: to be merged by a human. */
  readonly others: ReadonlyMap<Person, readonly string[]>;
}

/** Reads only. A person without a thread has no entry. */
export async function findThreads(db: Queryable, people: readonly Person[], of: PeopleOfBusiness): Promise<FoundThreads> {
  const names = people.flatMap((person, at) =>
    [...identifiersOfPerson(person, of.keepLeadIds), { kind: "key", value: keyOf(person, of) }].map(({ kind, value }) => ({
      person: at,
      kind,
      value,
    })),
  );
  const rows = await db.run(findThreadsOfPeople, { names });
  const keys = new Map<Person, string>();
  const ids = new Map<Person, string>();
  const others = new Map<Person, string[]>();
  for (const row of rows) {
    const person = people[row.person];
    if (person === undefined) continue;
    const id = ids.get(person);
    if (id === undefined) {
      ids.set(person, row.id);
      keys.set(person, row.canonical_key);
    } else if (id !== row.id) others.set(person, [...new Set([...(others.get(person) ?? []), row.id])]);
  }
  return { keys, ids, others };
}

/** Every person's thread, locked; begun where there was none. Throws StaleBatch when the batch has to look again. */
export async function lockThreads(
  tx: Queryable,
  people: readonly Person[],
  of: PeopleOfBusiness,
): Promise<ReadonlyMap<Person, PersonThread>> {
  const found = await findThreads(tx, people, of);
  const keys = new Map(people.map((person) => [person, found.keys.get(person) ?? keyOf(person, of)]));
  const unique = [...new Map([...keys].map(([person, key]) => [key, person]))];
  const rows = await tx.run(upsertThreads, {
    threads: unique.map(([canonicalKey, person]) => ({
      id: newId(),
      canonicalKey,
      leadId: of.keepLeadIds ? person.leadIds[0] : undefined,
      contactName: person.name?.trim().slice(0, 200),
      isOpen: isOpen(person),
      lastMessageAt: latestOf(person),
      createdAt: earliestOf(person),
    })),
  });
  if (rows.some((row) => row.is_merged)) throw new StaleBatch();
  const threadOfKey = new Map(rows.map((row) => [row.canonical_key, row]));
  const threads = new Map<Person, PersonThread>();
  for (const [person, key] of keys) {
    const row = threadOfKey.get(key);
    if (row === undefined) throw new Error("the upsert of a thread answered no row");
    threads.set(person, { id: row.id, lastSeq: row.last_seq, isNew: row.is_new });
  }
  await addAliases(tx, { of, threads, begun: new Set(rows.filter((row) => row.is_new).map((row) => row.id)) });
  return threads;
}

async function addAliases(
  tx: Queryable,
  {
    of,
    threads,
    begun,
  }: { readonly of: PeopleOfBusiness; readonly threads: ReadonlyMap<Person, PersonThread>; readonly begun: ReadonlySet<string> },
): Promise<void> {
  const wanted = [...threads].flatMap(([person, thread]) =>
    identifiersOfPerson(person, of.keepLeadIds).map((identifier) => ({ identifier, conversationId: thread.id })),
  );
  const names = wanted.map(({ identifier: { kind, value }, conversationId }) => ({ conversationId, kind, value }));
  const added = await tx.run(addAliasesOfPeople, { names });
  const labels = new Set(added.map(labelOfIdentifier));
  // A new thread none of whose identifiers was free is a second thread of somebody.
  if (wanted.some(({ identifier, conversationId }) => begun.has(conversationId) && !labels.has(labelOfIdentifier(identifier))))
    throw new StaleBatch();
}

const isOpen = ({ conversations }: Person): boolean =>
  conversations.length === 0 || conversations.some((row) => row.isOpen === null || /^(?:t|true|1|open)$/i.test(row.isOpen));
const usable = (time: string | null): time is string => time !== null && /^\d{4}-/.test(time) && !time.endsWith("BC");

function timesOf({ conversations }: Person): readonly string[] {
  return conversations
    .flatMap((row) => [row.startedAt, row.createdAt, row.lastMessageAt])
    .filter(usable)
    .toSorted();
}
const earliestOf = (person: Person): string => timesOf(person)[0] ?? "infinity";
const latestOf = (person: Person): string => timesOf(person).at(-1) ?? "infinity";
