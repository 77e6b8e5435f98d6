// Generated from sdk/openapi.json by scripts/generate-sdk-types.ts. Change the schemas of the routes instead.

/** The Cloud API's content shape: {"type":"text","text":{"body":"…"}}. */
export type MessageContentInput = {
  readonly type: string;
  readonly context?:
    | {
        /** The provider's id of the message that this one quotes. */
        readonly message_id: string;
      }
    | undefined;
  readonly [key: string]: unknown;
};

export type ResolveConversationInput = {
  /** International, in any spelling. A known other spelling of the same number is found. */
  readonly phone?: string | undefined;
  /** The business-scoped user id (BSUID). */
  readonly userId?: string | undefined;
  readonly lid?: string | undefined;
  /** The lead of your CRM. Linked when the conversation has none. */
  readonly leadId?: string | undefined;
  /** What you call the lead. */
  readonly name?: string | undefined;
};

export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Stable; branch on this. All codes: docs/errors.md. */
  readonly code: string;
  readonly instance?: string | undefined;
  readonly errors?:
    | readonly {
        readonly path: string;
        readonly message: string;
      }[]
    | undefined;
};

export type Conversation = {
  /** A UUID. */
  readonly id: string;
  readonly canonicalKey: string;
  /** What to call the customer: the lead's name, the contact's, the formatted number. Null when only a raw id is known. */
  readonly displayName: string | null;
  readonly contactName: string | null;
  /** Digits, without a plus. */
  readonly phone: string | null;
  /** The business-scoped user id (BSUID). */
  readonly userId: string | null;
  readonly leadId: string | null;
  readonly isOpen: boolean;
  /** Set while a person answers instead of the AI. */
  readonly aiPaused: {
    /** ISO 8601, UTC. */
    readonly at: string;
    readonly reason: string;
  } | null;
  readonly optedOutAt: string | null;
  /** The channel through which the next message goes out. */
  readonly channelId: string | null;
  /** ISO 8601, UTC. */
  readonly lastMessageAt: string;
  readonly lastCustomerMessageAt: string | null;
  /** Until then anything may be sent; afterwards templates only. */
  readonly windowClosesAt: string | null;
  readonly lastMessage: {
    readonly text: string | null;
    readonly direction: "in" | "out";
    readonly type: string;
    /** ISO 8601, UTC. */
    readonly sentAt: string;
  } | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
};

export type ResolvedConversation = {
  /** A UUID. */
  readonly id: string;
  readonly canonicalKey: string;
  /** What to call the customer: the lead's name, the contact's, the formatted number. Null when only a raw id is known. */
  readonly displayName: string | null;
  readonly contactName: string | null;
  /** Digits, without a plus. */
  readonly phone: string | null;
  /** The business-scoped user id (BSUID). */
  readonly userId: string | null;
  readonly leadId: string | null;
  readonly isOpen: boolean;
  /** Set while a person answers instead of the AI. */
  readonly aiPaused: {
    /** ISO 8601, UTC. */
    readonly at: string;
    readonly reason: string;
  } | null;
  readonly optedOutAt: string | null;
  /** The channel through which the next message goes out. */
  readonly channelId: string | null;
  /** ISO 8601, UTC. */
  readonly lastMessageAt: string;
  readonly lastCustomerMessageAt: string | null;
  /** Until then anything may be sent; afterwards templates only. */
  readonly windowClosesAt: string | null;
  readonly lastMessage: {
    readonly text: string | null;
    readonly direction: "in" | "out";
    readonly type: string;
    /** ISO 8601, UTC. */
    readonly sentAt: string;
  } | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** True for exactly one of all who ask at once. */
  readonly isNew: boolean;
};

export type Message = {
  /** A UUID. */
  readonly id: string;
  /** A UUID. */
  readonly conversationId: string;
  /** The position in the conversation, from 1. */
  readonly seq: number;
  /** A UUID. */
  readonly channelId: string;
  readonly direction: "in" | "out";
  /** customer, ai, human or api. */
  readonly author: string;
  readonly type: string;
  /** What a person reads of it. */
  readonly text: string | null;
  /** The content in the Cloud API's own shape. */
  readonly content: {
    readonly [key: string]: unknown;
  };
  /** received; or queued, sending, unknown, accepted, sent, delivered, read, played, failed. */
  readonly status: string;
  readonly providerMessageId: string | null;
  readonly quotedProviderMessageId: string | null;
  /** The message that this edit, revoke or reaction changes. */
  readonly targetProviderMessageId: string | null;
  /** ISO 8601, UTC. */
  readonly sentAt: string;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
  readonly acceptedAt: string | null;
  readonly deliveredAt: string | null;
  readonly readAt: string | null;
  readonly failedAt: string | null;
  readonly error: {
    readonly code: string;
    readonly text: string | null;
  } | null;
  readonly turnId: string | null;
  readonly edits: readonly {
    readonly text: string | null;
    /** ISO 8601, UTC. */
    readonly sentAt: string;
  }[];
  readonly revokedAt: string | null;
  readonly reactions: readonly {
    readonly emoji: string;
    readonly direction: "in" | "out";
    /** ISO 8601, UTC. */
    readonly sentAt: string;
  }[];
};

export type Turn = {
  /** A UUID. */
  readonly id: string;
  /** A UUID. */
  readonly conversationId: string;
  readonly coversFrom: number;
  readonly coversTo: number;
  /** replied, superseded, handed_off, skipped or failed. */
  readonly state: string;
  readonly reason: string | null;
  readonly responder: string | null;
  readonly attempts: number;
  readonly error: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
};

export type Business = {
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  readonly aiEnabled: boolean;
  readonly quietMs: number;
  readonly ceilingMs: number;
  readonly language: string;
  readonly handoffText: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
};

export type Channel = {
  /** A UUID. */
  readonly id: string;
  readonly provider: string;
  readonly externalId: string;
  readonly accountId: string | null;
  readonly displayPhoneNumber: string | null;
  readonly name: string;
  readonly stoppedAt: string | null;
  readonly stoppedReason: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
};

export type ConversationPage = {
  readonly data: readonly Conversation[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type MessagePage = {
  readonly data: readonly Message[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type TurnPage = {
  readonly data: readonly Turn[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type ChannelPage = {
  readonly data: readonly Channel[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type ListConversationsQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly open?: "true" | "false" | undefined;
  readonly channelId?: string | undefined;
  /** The beginning of the contact's name, or a whole phone number. */
  readonly q?: string | undefined;
};

export type ListMessagesQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  /** desc: the newest first. */
  readonly order?: "asc" | "desc" | undefined;
};

export type ListTurnsQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly conversationId: string;
};

export type PauseConversationBody = {
  readonly reason?: string | undefined;
} | null;
