// Owns: the shapes of the API, once: they check requests and answers, and the OpenAPI description is generated from them.
import { z } from "zod";

/** Gives a shape its name in the OpenAPI description. */
function named<Schema extends z.ZodType>(id: string, schema: Schema): Schema {
  return schema.meta({ ...schema.meta(), id });
}

const id = z.string().describe("A UUID.");
const instant = z.string().meta({ description: "ISO 8601, UTC.", format: "date-time" });
const direction = z.enum(["in", "out"]);
const participant = z.object({
  phone: z.string().optional(),
  userId: z.string().optional(),
  lid: z.string().optional(),
  name: z.string().optional(),
});
const turnState = z.string().describe("replied, superseded, handed_off, skipped or failed.");

export const problemSchema = named(
  "Problem",
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string().describe("Stable; branch on this. All codes: docs/errors.md."),
    instance: z.string().optional(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .readonly()
      .optional(),
  }),
);

export const conversationSchema = named(
  "Conversation",
  z.object({
    id,
    canonicalKey: z.string(),
    displayName: z
      .string()
      .nullable()
      .describe("What to call the customer: the lead's name, the contact's, the formatted number. Null when only a raw id is known."),
    contactName: z.string().nullable(),
    phone: z.string().nullable().describe("Digits, without a plus."),
    userId: z.string().nullable().describe("The business-scoped user id (BSUID)."),
    leadId: z.string().nullable(),
    isOpen: z.boolean(),
    aiPaused: z
      .object({
        at: instant,
        reason: z.string(),
        until: instant.nullable().describe("When the AI answers again by itself; null: only when it is resumed."),
      })
      .nullable()
      .describe("Set while a person answers instead of the AI."),
    optedOutAt: instant.nullable().describe("The customer asked not to be written to: nothing is sent."),
    marketingStoppedAt: instant
      .nullable()
      .describe("The customer stopped marketing in WhatsApp: no template is sent that may be marketing."),
    channelId: id.nullable().describe("The channel through which the next message goes out."),
    lastMessageAt: instant,
    lastCustomerMessageAt: instant.nullable(),
    windowClosesAt: instant
      .nullable()
      .describe("Until then anything may be sent; afterwards templates only. Null without a window, or before the first message."),
    hasWindow: z.boolean().describe("False on gateways (Evolution, WAHA, Baileys): anything may be sent at any time."),
    lastMessage: z.object({ text: z.string().nullable(), direction, type: z.string(), sentAt: instant }).nullable(),
    lastTurn: z
      .object({ id, state: turnState, reason: z.string().nullable(), finishedAt: instant })
      .nullable()
      .describe("How the customer's newest burst ended."),
    createdAt: instant,
  }),
);

export const resolvedConversationSchema = named(
  "ResolvedConversation",
  conversationSchema.extend({ isNew: z.boolean().describe("True for exactly one of all who ask at once.") }),
);

export const messageSchema = named(
  "Message",
  z.object({
    id,
    conversationId: id,
    seq: z.int().describe("The position in the conversation, from 1."),
    channelId: id,
    direction,
    author: z.string().describe("customer, ai, human or api."),
    participant: participant.nullable().describe("Of a group: the member who wrote it."),
    type: z.string(),
    text: z.string().nullable().describe("What a person reads of it."),
    content: z
      .record(z.string(), z.unknown())
      .describe(
        "The content in the Cloud API's own shape; after a click on an advertisement with its `referral` (headline, body, source_url, source_id, source_type, ctwa_clid), also of gateways.",
      ),
    status: z.string().describe("received; or queued, sending, unknown, accepted, sent, delivered, read, played, failed."),
    providerMessageId: z.string().nullable(),
    quotedProviderMessageId: z.string().nullable(),
    quotedText: z
      .string()
      .nullable()
      .describe(
        "The beginning of the quoted message as it reads now, however far back; of one without words what it is, such as (a picture); null beside an id: it quotes an earlier message that is not known or was taken back.",
      ),
    targetProviderMessageId: z.string().nullable().describe("The message that this edit, revoke or reaction changes."),
    sentAt: instant,
    receivedAt: instant,
    acceptedAt: instant.nullable(),
    deliveredAt: instant.nullable(),
    readAt: instant.nullable(),
    failedAt: instant.nullable(),
    error: z.object({ code: z.string(), text: z.string().nullable() }).nullable(),
    turnId: id.nullable(),
    edits: z.array(z.object({ text: z.string().nullable(), sentAt: instant })).readonly(),
    revokedAt: instant.nullable(),
    reactions: z.array(z.object({ emoji: z.string(), direction, participant: participant.nullable(), sentAt: instant })).readonly(),
  }),
);

export const turnSchema = named(
  "Turn",
  z.object({
    id,
    conversationId: id,
    coversFrom: z.int(),
    coversTo: z.int(),
    state: turnState,
    reason: z.string().nullable().describe("Why it was handed off, skipped or failed. All reasons: docs/lifecycles/turn.md."),
    responder: z.string().nullable(),
    attempts: z.int(),
    error: z.string().nullable(),
    startedAt: instant,
    finishedAt: instant,
    model: z.string().nullable().describe("Which model answered; null where none was asked."),
    inputTokens: z.int().nullable(),
    outputTokens: z.int().nullable(),
    costMicros: z.int().nullable().describe("Millionths of the currency in which the business has entered its model's price."),
    latencyMs: z.int().nullable().describe("How long writing took, without waiting for the customer to finish."),
    toolCalls: z.array(z.object({ tool: z.string(), state: z.string(), ms: z.number().nullable() })).readonly(),
    sources: z
      .array(z.object({ id: z.string(), title: z.string() }))
      .readonly()
      .describe("The business's texts that the reply rests on."),
  }),
);

export const businessSchema = named(
  "Business",
  z.object({
    id,
    name: z.string(),
    aiEnabled: z.boolean(),
    quietMs: z.int(),
    ceilingMs: z.int(),
    language: z.string(),
    handoffText: z.string(),
    handoffPauseMs: z
      .int()
      .nullable()
      .describe("How long the AI stays silent once a person was fetched or took over; null: until it is resumed."),
    answersGroups: z.boolean().describe("Whether the AI answers in groups too."),
    replyConcurrency: z.int().nullable().describe("Replies that may be written at the same time; null: an equal share."),
    createdAt: instant,
  }),
);

export const channelSchema = named(
  "Channel",
  z.object({
    id,
    provider: z.string(),
    externalId: z
      .string()
      .nullable()
      .describe("Meta's id of the number; null for a gateway, where it would be the secret of its webhook's address."),
    accountId: z.string().nullable(),
    displayPhoneNumber: z.string().nullable(),
    name: z.string(),
    stoppedAt: instant.nullable(),
    stoppedReason: z.string().nullable(),
    createdAt: instant,
    health: z.string().describe("The worst that the provider reports: ok, restricted, disconnected, banned or removed."),
    signals: z
      .array(
        z.object({
          aspect: z
            .string()
            .describe(
              "account, partner, connection, restriction:…, reachout, capping, quality, limit, capability, name, username, review, security, settings:…, alert:… and more.",
            ),
          state: z.string(),
          health: z.string(),
          until: z.string().nullable(),
          sentence: z.string(),
          at: z.string(),
        }),
      )
      .readonly()
      .describe("The newest that is known of each side of it, the worst first."),
  }),
);

export const messageContentSchema = named(
  "MessageContent",
  z
    .looseObject({
      type: z.string(),
      context: z.object({ message_id: z.string().describe("The provider's id of the message that this one quotes.") }).optional(),
    })
    .describe(
      'The Cloud API\'s content shape: {"type":"text","text":{"body":"…"}}. In a group also {"type":"pin","pin":{"type":"pin","message_id":"wamid.…","expiration_days":7}}, and "unpin" likewise.',
    ),
);

const nextCursor = z.string().nullable().describe("Give it back as `cursor` for the next page; null on the last one.");
const pageOf = <Item extends z.ZodType>(name: string, item: Item) => named(name, z.object({ data: z.array(item).readonly(), nextCursor }));

export const conversationPageSchema = pageOf("ConversationPage", conversationSchema);
export const messagePageSchema = pageOf("MessagePage", messageSchema);
export const turnPageSchema = pageOf("TurnPage", turnSchema);
export const channelPageSchema = pageOf("ChannelPage", channelSchema);

export const idParams = z.object({ id });
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(500).optional(),
});

const problemAnswer = (description: string) => ({ description, content: { "application/problem+json": { schema: problemSchema } } });

/** What every route of the API may answer besides its own. */
export const problemAnswers = { "4xx": problemAnswer("A problem with the request."), "5xx": problemAnswer("A problem on our side.") };
