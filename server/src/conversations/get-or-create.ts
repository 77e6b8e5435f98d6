// Owns: "the one conversation of this customer" for the code paths that are not webhooks, with the guarantee of the ingest statement.
// Refuses to know: merging two threads that turn out to be one person; it answers the one that the strongest identifier leads to.
import type { Database } from "../db/database.ts";
import type { Queryable } from "../db/query.ts";
import { newId, type BusinessId } from "../kernel/ids.ts";
import { canonicalKeyOf, type Identity } from "./canonical-key.ts";
import { conversationOf, type Conversation } from "./conversation.ts";
import { addAliases, listConversationsOfAliases, upsertConversation } from "./conversation-writes.queries.ts";
import { retryTransient } from "./retry-transient.ts";
import { touchSurvivor, type Touch } from "./touch.ts";

export interface GetOrCreateInput extends Omit<Touch, "leadId"> {
  readonly businessId: BusinessId;
  readonly identity: Identity;
}

export interface GotConversation {
  readonly conversation: Conversation;
  /** True for exactly one of all who ask at once. */
  readonly isNew: boolean;
}

export type GetOrCreateConversation = (input: GetOrCreateInput) => Promise<GotConversation>;

/** Never two conversations for one canonical key, however many ask at once. Throws a RangeError when nothing identifies anybody. */
export function createGetOrCreate(deps: { readonly database: Database }): GetOrCreateConversation {
  return async (input) => {
    const aliases = aliasesOf(input.identity);
    const canonicalKey = canonicalKeyOf(input.businessId, input.identity);
    if (canonicalKey === undefined)
      throw new RangeError("A conversation needs a lead, a phone, a user id, a LID or a group; none was given.");
    const database = deps.database.forBusiness(input.businessId);
    for (;;) {
      const got = await retryTransient(() => attempt(database, { input, aliases, canonicalKey }));
      if (got !== undefined) return got;
    }
  };
}

interface Plan {
  readonly input: GetOrCreateInput;
  readonly aliases: readonly Alias[];
  readonly canonicalKey: string;
}

/** Rolls the transaction back: somebody else began the thread of one of the aliases meanwhile. */
class AliasTaken extends Error {}

async function attempt(database: ReturnType<Database["forBusiness"]>, plan: Plan): Promise<GotConversation | undefined> {
  try {
    return await database.transaction(async (tx) => (await findByAlias(tx, plan)) ?? (await create(tx, plan)));
  } catch (error) {
    if (error instanceof AliasTaken) return undefined;
    throw error;
  }
}

async function findByAlias(tx: Queryable, { input, aliases }: Plan): Promise<GotConversation | undefined> {
  const { businessId, identity } = input;
  const [strongest] = await tx.run(listConversationsOfAliases, [businessId, kindsOf(aliases), valuesOf(aliases)]);
  if (strongest === undefined) return undefined;
  const touch = { ...input, leadId: identity.leadId };
  const conversation = await touchSurvivor(tx, { businessId, conversationId: strongest.conversation_id, touch });
  if (conversation === undefined) return undefined;
  await tx.run(addAliases, [businessId, conversation.id, kindsOf(aliases), valuesOf(aliases)]);
  return { conversation, isNew: false };
}

async function create(tx: Queryable, { input, aliases, canonicalKey }: Plan): Promise<GotConversation> {
  const { businessId, identity } = input;
  const values = [identity.leadId ?? null, input.contactName ?? null, input.at ?? null, input.fromCustomer ?? false];
  const [row] = await tx.run(upsertConversation, [businessId, newId(), canonicalKey, ...values]);
  if (row === undefined) throw new Error("the upsert of a conversation answered no row");
  if (row.merged_into !== null) {
    const conversation = await touchSurvivor(tx, { businessId, conversationId: row.id, touch: { ...input, leadId: identity.leadId } });
    if (conversation !== undefined) return { conversation, isNew: false };
  }
  const added = await tx.run(addAliases, [businessId, row.id, kindsOf(aliases), valuesOf(aliases)]);
  if (row.is_new && added.length < aliases.length) throw new AliasTaken();
  return { conversation: conversationOf(row), isNew: row.is_new };
}

interface Alias {
  readonly kind: "lead" | "phone" | "user" | "lid" | "group";
  readonly value: string;
}

/** The strongest first. A group's members are not the group. */
function aliasesOf({ leadId, phone, userId, lid, groupId }: Identity): readonly Alias[] {
  const aliases: readonly { readonly kind: Alias["kind"]; readonly value: string | undefined }[] =
    groupId !== undefined && groupId !== ""
      ? [{ kind: "group", value: groupId }]
      : [
          { kind: "lead", value: leadId },
          { kind: "phone", value: phone?.replaceAll(/\D/g, "") },
          { kind: "user", value: userId },
          { kind: "lid", value: lid },
        ];
  return aliases.flatMap(({ kind, value }) => (value === undefined || value === "" ? [] : [{ kind, value }]));
}

const kindsOf = (aliases: readonly Alias[]): readonly string[] => aliases.map(({ kind }) => kind);
const valuesOf = (aliases: readonly Alias[]): readonly string[] => aliases.map(({ value }) => value);
