// Owns: the rules of who is who (docs/decisions/0011-identity.md), as one pure function over what a payload says and what is stored. Refuses to know: databases.
//
// - Identifiers in one payload belong to one person: threads that they lead to are merged, unknown ones are attached.
// - They are weighed in the order of proof. A weaker one that leads to a thread which a stronger one says is somebody else's has moved on
//   (a recycled number): the alias moves, the threads stay apart, and nobody sees the other's messages.
// - Likeness is never a reason: only identifiers that are equal to the letter.
import { type Identifier, isAccount, isSameIdentifier } from "./identifier.ts";

export interface KnownConversation {
  readonly id: string;
  /** All identifiers that lead to it. */
  readonly identifiers: readonly Identifier[];
}

export interface IdentityQuestion {
  /** What the payload carries, strongest proof first. */
  readonly identifiers: readonly Identifier[];
  /** The conversations that these lead to, or that the message was put into. */
  readonly conversations: readonly KnownConversation[];
  /** The conversation that the message was put into already, when the question comes after that. */
  readonly placedIn?: string;
}

export interface IdentityDecision {
  /** The conversation of this person; undefined: a new one is to be made. */
  readonly home: string | undefined;
  /** Conversations that are the same person's as `home`. */
  readonly merge: readonly string[];
  /** Identifiers that lead to `home` from now on: unknown ones, and those that have moved on from somebody else. */
  readonly attach: readonly Identifier[];
}

/** A user id whose scope nobody knows may be of any: one thread too many can be merged later, two people in one cannot be told apart. */
const isSameScope = (a: Identifier, b: Identifier): boolean => a.scope === b.scope || a.scope === null || b.scope === null;

/** True when both sides name accounts of one kind and scope, and none of them is the same. */
function isContradicted(conversation: readonly Identifier[], by: readonly Identifier[]): boolean {
  return by.some((given) => {
    if (!isAccount(given)) return false;
    const isRival = (other: Identifier): boolean => other.kind === given.kind && isSameScope(other, given);
    const known = conversation.filter(isRival);
    return known.length > 0 && !known.some((one) => by.some((other) => isSameIdentifier(one, other)));
  });
}

/** What the payload itself joins is no contradiction between two threads: it may name the old account and the new one. */
function withoutProven(conversation: KnownConversation, payload: readonly Identifier[]): readonly Identifier[] {
  return conversation.identifiers.filter((known) => !payload.some((given) => given.kind === known.kind && isSameScope(given, known)));
}

/** Who may object to an identifier: the stronger ones and those of its own kind; to a number, which can move on, all of them. */
function strongerThan(given: Identifier, position: number, payload: readonly Identifier[]): readonly Identifier[] {
  return isAccount(given) ? payload.filter((other, at) => at < position || other.kind === given.kind) : payload;
}

export function decideIdentity({ identifiers, conversations, placedIn }: IdentityQuestion): IdentityDecision {
  const leadsTo = (given: Identifier): KnownConversation | undefined =>
    conversations.find((conversation) => conversation.identifiers.some((known) => isSameIdentifier(known, given)));
  let home = conversations.find((conversation) => conversation.id === placedIn);
  const merge = new Set<string>();
  const attach: Identifier[] = [];
  for (const [position, given] of identifiers.entries()) {
    const target = leadsTo(given);
    if (target === undefined) {
      attach.push(given);
    } else if (target.id === home?.id || merge.has(target.id)) {
      continue;
    } else if (isContradicted(target.identifiers, strongerThan(given, position, identifiers))) {
      attach.push(given);
    } else if (home === undefined) {
      home = target;
    } else if (isContradicted(withoutProven(target, identifiers), withoutProven(home, identifiers))) {
      attach.push(given);
    } else {
      merge.add(target.id);
    }
  }
  return { home: home?.id, merge: [...merge], attach };
}
