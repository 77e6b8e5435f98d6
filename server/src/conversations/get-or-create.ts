// Owns: "the one conversation of this customer" for code that takes what there is: where a lead or an identifier belongs to somebody else, the
// strongest that is left decides. Who has to be told of that uses resolve-conversation.ts.
import type { Conversation } from "./conversation.ts";
import type { ResolveConversation, ResolveRequest } from "./resolve-conversation.ts";

export interface GotConversation {
  readonly conversation: Conversation;
  /** True for exactly one of all who ask at once. */
  readonly isNew: boolean;
}

export type GetOrCreateConversation = (input: ResolveRequest) => Promise<GotConversation>;

/** Never two conversations for one person, however many ask at once. Throws a RangeError when nothing identifies anybody. */
export function createGetOrCreate(deps: { readonly resolveConversation: ResolveConversation }): GetOrCreateConversation {
  return async (input) => {
    const { leadId, ...person } = input.identity;
    const { phone, userId, lid, groupId } = person;
    const weaker = [input.identity, person, { userId }, { phone }, { lid }, { groupId }, { leadId }];
    for (const identity of weaker) {
      if (identity !== input.identity && Object.values(identity).every((value) => value === undefined || value === "")) continue;
      const result = await deps.resolveConversation({ ...input, identity });
      if (result.outcome === "resolved") return { conversation: result.conversation, isNew: result.isNew };
    }
    throw new Error("a single identifier was refused");
  };
}
