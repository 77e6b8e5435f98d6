// Owns: whether a message of the older database is there already: as itself (its id follows from the source), or as the same message of the
// provider, adopted before or received live.
import type { Queryable } from "../db/query.ts";
import type { MessageId } from "../kernel/ids.ts";
import { findKnownMessages, findKnownProviderIds } from "./adopt.queries.ts";
import type { AdoptedMessage } from "./old-message.ts";
import type { Person } from "./people.ts";
import type { PlacedBy, UnplaceableReason } from "./place-message.ts";

/** A row that has found its person. */
export interface Candidate {
  readonly oldId: string;
  readonly id: MessageId;
  readonly person: Person;
  readonly by: PlacedBy;
  readonly channelId: string;
  /** As the older database writes it, in UTC. */
  readonly sentAt: string;
  readonly message: AdoptedMessage;
}

interface ProviderTwin {
  readonly thread: string | undefined;
  readonly direction: string;
  readonly text: string | null;
}

export interface KnownMessages {
  findSentAt(id: string): string | undefined;
  findTwin(providerMessageId: string): ProviderTwin | undefined;
  /** From here on it counts as known, for the rows after it. */
  remember(candidate: Candidate, thread: string | undefined): void;
}

export type CandidateVerdict =
  | { readonly outcome: "new" }
  | { readonly outcome: "already_there" }
  | { readonly outcome: "unplaceable"; readonly reason: UnplaceableReason };

export function createKnownMessages(): KnownMessages & {
  add(providerMessageId: string, twin: ProviderTwin): void;
  addId(id: string, sentAt: string): void;
} {
  const sentAtOf = new Map<string, string>();
  const twins = new Map<string, ProviderTwin>();
  return {
    findSentAt: (id) => sentAtOf.get(id),
    findTwin: (providerMessageId) => twins.get(providerMessageId),
    remember({ message }, thread) {
      if (message.providerMessageId === null) return;
      twins.set(message.providerMessageId, { thread, direction: message.direction, text: message.text });
    },
    add: (providerMessageId, twin) => twins.set(providerMessageId, twin),
    addId: (id, sentAt) => sentAtOf.set(id, sentAt),
  };
}

/** The rows that are there as themselves; needs no lock, because what is there stays. */
export async function findKnownIds(db: Queryable, candidates: readonly Candidate[]): Promise<KnownMessages> {
  const known = createKnownMessages();
  if (candidates.length === 0) return known;
  for (const row of await db.run(findKnownMessages, { ids: candidates.map(({ id }) => id) })) known.addId(row.id, row.sent_at);
  return known;
}

export async function findKnownTwins(db: Queryable, candidates: readonly Candidate[]): Promise<KnownMessages> {
  const known = createKnownMessages();
  const providerMessageIds = candidates.flatMap(({ message }) => (message.providerMessageId === null ? [] : [message.providerMessageId]));
  if (providerMessageIds.length === 0) return known;
  for (const row of await db.run(findKnownProviderIds, { providerMessageIds })) {
    known.add(row.provider_message_id, { thread: row.conversation_id, direction: row.direction, text: row.text });
  }
  return known;
}

/** The same provider id, direction, and thread or text: the same message. `thread` undefined: not begun yet. */
export function judge(
  { id, sentAt, message }: Candidate,
  { known, thread }: { readonly known: KnownMessages; readonly thread: string | undefined },
): CandidateVerdict {
  const knownAt = known.findSentAt(id);
  if (knownAt !== undefined)
    return knownAt === sentAt ? { outcome: "already_there" } : { outcome: "unplaceable", reason: "source_name_in_use" };
  const twin = message.providerMessageId === null ? undefined : known.findTwin(message.providerMessageId);
  if (twin === undefined) return { outcome: "new" };
  const isSame = twin.direction === message.direction && (twin.thread === thread || twin.text === message.text);
  return isSame ? { outcome: "already_there" } : { outcome: "unplaceable", reason: "provider_id_of_another" };
}
