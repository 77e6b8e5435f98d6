// Owns: what a run over an older database found or did, in numbers that add up. Refuses to know how it is shown.
import type { DuplicateEvidence } from "./people.ts";
import type { PlacedBy } from "./place-message.ts";
import type { Omission } from "./source.ts";

export interface LeftoverRow {
  readonly oldBusinessId: string | null;
  readonly oldMessageId: string;
  readonly reason: string;
}

export interface BusinessReport {
  readonly oldBusinessId: string;
  readonly businessId: string | null;
  readonly people: number;
  readonly conversations: number;
  /** Conversations that are one thread with an earlier one of the same person. */
  readonly duplicates: number;
  readonly duplicatesBy: Readonly<Partial<Record<DuplicateEvidence, number>>>;
  readonly namelessConversations: readonly string[];
  /** People with more than one lead: the oldest conversation's lead stays. */
  readonly peopleWithSeveralLeads: number;
  readonly messages: number;
  /** Rows that named no conversation, and by what they found theirs. */
  readonly withoutConversation: number;
  readonly foundBy: Readonly<Partial<Record<PlacedBy, number>>>;
  readonly placed: number;
  readonly alreadyThere: number;
  readonly unplaceable: number;
  readonly waiting: number;
  /** Threads that were two before, although the older database proves one person: `onethread conversations merge` joins them. */
  readonly threadsToMerge: readonly (readonly string[])[];
  readonly summaries: { readonly found: number; readonly kept: number };
}

export interface AdoptionReport {
  readonly source: string;
  readonly executed: boolean;
  /** False after a request to stop: run the same command again. */
  readonly isComplete: boolean;
  readonly businesses: readonly BusinessReport[];
  readonly totals: {
    readonly messages: number;
    readonly placed: number;
    readonly alreadyThere: number;
    readonly unplaceable: number;
    readonly waiting: number;
    readonly conversations: number;
    readonly conversationsOfNoBusiness: number;
    readonly people: number;
    readonly duplicates: number;
    readonly withoutConversation: number;
  };
  /** messages = placed + alreadyThere + unplaceable + waiting. */
  readonly sumsAddUp: boolean;
  readonly leftovers: readonly LeftoverRow[];
  /** What the mapping leaves out; in none of the numbers above. */
  readonly leftOut: readonly Omission[];
}

export interface ReportInput {
  readonly source: string;
  readonly executed: boolean;
  readonly isComplete: boolean;
  readonly businesses: readonly BusinessReport[];
  readonly leftovers: readonly LeftoverRow[];
  readonly leftOut: readonly Omission[];
  readonly ofNobody: { readonly conversations: number; readonly messages: number };
}

export function createReport({ source, executed, isComplete, businesses, leftovers, leftOut, ofNobody }: ReportInput): AdoptionReport {
  const sum = (of: (business: BusinessReport) => number): number => businesses.reduce((total, business) => total + of(business), 0);
  const totals = {
    messages: sum((b) => b.messages) + ofNobody.messages,
    placed: sum((b) => b.placed),
    alreadyThere: sum((b) => b.alreadyThere),
    unplaceable: sum((b) => b.unplaceable) + ofNobody.messages,
    waiting: sum((b) => b.waiting),
    conversations: sum((b) => b.conversations) + ofNobody.conversations,
    conversationsOfNoBusiness: ofNobody.conversations,
    people: sum((b) => b.people),
    duplicates: sum((b) => b.duplicates),
    withoutConversation: sum((b) => b.withoutConversation),
  };
  const sumsAddUp = totals.messages === totals.placed + totals.alreadyThere + totals.unplaceable + totals.waiting;
  return { source, executed, isComplete, businesses, totals, sumsAddUp, leftovers, leftOut };
}
