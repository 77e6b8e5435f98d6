// Generated from sdk/openapi.json by scripts/generate-sdk-types.ts. Change the schemas of the routes instead.
/* oxlint-disable max-lines -- generated from the whole API */

export type AcceptedAnswer = {
  /** The turn's. */
  readonly id: string;
  readonly conversationId: string;
  readonly outcome: string;
};

/** Anything but text, as POST /conversations/{id}/messages takes it: a file, buttons, a list, a template; or a text for later. */
export type AnswerPartInput = {
  readonly type: string;
  /** When it is to be said; absent: now. */
  readonly sendAt?: string | undefined;
  readonly [key: string]: unknown;
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
  /** How long the AI stays silent once a person was fetched or took over; null: until it is resumed. */
  readonly handoffPauseMs: number | null;
  /** Whether the AI answers in groups too. */
  readonly answersGroups: boolean;
  /** Whether a customer who opted out gets an answer when they write; never a template. */
  readonly answersAfterStop: boolean;
  /** Content with a category outside the 24 hours (Direct Send): try: also where it is not known whether the account has it; known: only where it is; never. */
  readonly directSend: "try" | "known" | "never";
  /** Replies that may be written at the same time; null: an equal share. */
  readonly replyConcurrency: number | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
};

export type BusinessChangesInput = {
  readonly aiEnabled?: boolean | undefined;
  /** How long a customer must be quiet before the reply. */
  readonly quietMs?: number | undefined;
  /** How long a reply waits at most. */
  readonly ceilingMs?: number | undefined;
  readonly language?: string | undefined;
  readonly handoffText?: string | undefined;
  /** null: until somebody resumes the AI. */
  readonly handoffPauseMs?: number | null | undefined;
  readonly answersGroups?: boolean | undefined;
  readonly answersAfterStop?: boolean | undefined;
  readonly directSend?: "try" | "known" | "never" | undefined;
  /** null: an equal share. */
  readonly replyConcurrency?: number | null | undefined;
};

export type Campaign = {
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  /** A UUID. */
  readonly channelId: string;
  /** The template of a message; {{column}} in it is filled in from each row. */
  readonly template: {
    readonly [key: string]: unknown;
  };
  readonly state: "draft" | "scheduled" | "running" | "paused" | "finished" | "cancelled";
  /** by_hand, or why it paused itself: a code of docs/campaigns.md. */
  readonly pauseReason: string | null;
  /** WhatsApp's error code, where one paused it. */
  readonly pauseCode: string | null;
  /** Its list was read to its end. */
  readonly isListComplete: boolean;
  readonly quietHours: QuietHours | null;
  /** It pauses itself when a larger share of its messages fails; null: never for that. */
  readonly errorShare: number | null;
  readonly startAt: string | null;
  readonly startedAt: string | null;
  readonly pausedAt: string | null;
  readonly cancelledAt: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly counts: CampaignCounts;
};

export type CampaignAudienceInput = {
  /** All of these together; {} is every customer. Who opted out is never among them, nor are groups. */
  readonly filter: {
    /** The next message to them goes out through this channel. */
    readonly channelId?: string | undefined;
    /** They wrote at this time or later. */
    readonly lastInboundSince?: string | undefined;
    /** They wrote last before this time. Who never wrote is not among them. */
    readonly lastInboundBefore?: string | undefined;
    /** Of their numbers, in two letters (ISO 3166): BR, PT. */
    readonly countries?: readonly string[] | undefined;
    /** Their conversation is open, or closed. */
    readonly open?: boolean | undefined;
    /** They have said themselves that they want messages: in words, or in WhatsApp's own settings for the business. */
    readonly optedIn?: boolean | undefined;
  };
  /** What is filled in, by column, where nothing is known of a customer. */
  readonly defaults?:
    | {
        readonly [key: string]: string;
      }
    | undefined;
};

/** Each row is in exactly one of these, but `total`. */
export type CampaignCounts = {
  /** All rows of the list. */
  readonly total: number;
  /** Rows that get no message; the list of recipients says why. */
  readonly bad: number;
  /** Still to be sent: nothing of them is queued. */
  readonly ready: number;
  /** Passed over when their turn came, such as a customer who had opted out meanwhile. */
  readonly skipped: number;
  readonly queued: number;
  readonly sending: number;
  /** Nobody knows whether WhatsApp took it. */
  readonly unknown: number;
  /** WhatsApp took it, and has said no more yet. */
  readonly accepted: number;
  /** WhatsApp took it, and holds it until it has seen how the first ones are received. */
  readonly held: number;
  readonly sent: number;
  readonly delivered: number;
  readonly read: number;
  readonly failed: number;
  readonly cancelled: number;
};

export type CampaignPage = {
  readonly data: readonly Campaign[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type CampaignPreview = {
  readonly campaign: Campaign;
  /** What a list needs beside the column `phone` or `conversation_id`. */
  readonly columns: readonly string[];
  /** The first rows that get no message, at most 100; the list of recipients has all of them. */
  readonly bad: readonly {
    readonly line: number;
    readonly address: string;
    readonly problem: string;
  }[];
  readonly examples: readonly {
    readonly line: number;
    readonly address: string;
    readonly text: string | null;
  }[];
  /** What forbids the template now. */
  readonly obstacle: string | null;
  /** How many customers the portfolio may write to first in 24 hours, as WhatsApp last reported it. Everything that it sends shares it. */
  readonly portfolioLimit: {
    readonly value: string;
    readonly sentence: string;
  } | null;
  readonly sendsPerSecond: number | null;
};

export type CampaignRecipient = {
  /** Of the list. */
  readonly line: number;
  /** As the list names them. */
  readonly address: string;
  /** bad, ready, skipped, cancelled; or the state of its message: queued, sending, unknown, accepted, held, sent, delivered, read, failed. */
  readonly state: string;
  /** Why it is bad, skipped or failed. */
  readonly problem: string | null;
  /** The error code of its message. */
  readonly code: string | null;
  readonly conversationId: string | null;
  readonly messageId: string | null;
  /** What is filled in. */
  readonly fields: {
    readonly [key: string]: unknown;
  };
  readonly attempts: number;
  /** Of a row that is to be sent once more: not before then. */
  readonly notBefore: string | null;
  readonly releasedAt: string | null;
};

export type CampaignRecipientPage = {
  readonly data: readonly CampaignRecipient[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type CampaignReport = {
  readonly campaign: Campaign;
  /** Why rows did not arrive, the most frequent first. */
  readonly failures: readonly {
    readonly state: "failed" | "skipped";
    readonly code: string;
    readonly sentence: string | null;
    readonly rows: number;
  }[];
};

export type CampaignTestInput = {
  /** A number, with its country code. */
  readonly to: string;
  /** Filled in as for this row of the list. Default: for its first one. */
  readonly line?: number | undefined;
  /** What is filled in, by column, instead of what the row has. Without `line` nothing else is filled in. */
  readonly fields?:
    | {
        readonly [key: string]: string;
      }
    | undefined;
};

export type Channel = {
  /** A UUID. */
  readonly id: string;
  readonly provider: string;
  /** Meta's id of the number; null for a gateway, where it would be the secret of its webhook's address. */
  readonly externalId: string | null;
  readonly accountId: string | null;
  readonly displayPhoneNumber: string | null;
  readonly name: string;
  readonly stoppedAt: string | null;
  readonly stoppedReason: string | null;
  /** Messages that leave in a second, whoever sends them: 80 of the Cloud API, 1,000 once WhatsApp has upgraded the number, or what was set. Null: no limit. */
  readonly sendsPerSecond: number | null;
  /** Messages to one customer at once; from then on one every 6 s. Null: no limit. */
  readonly sendsInARow: number | null;
  /** WhatsApp asked to wait: until then nothing is sent, what is to be sent is kept. */
  readonly heldUntil: string | null;
  readonly heldReason: string | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** The worst that the provider reports: ok, restricted, disconnected, banned or removed. */
  readonly health: string;
  /** The newest that is known of each side of it, the worst first. */
  readonly signals: readonly {
    /** account, partner, connection, restriction:…, reachout, capping, quality, limit, capability, name, username, review, security, settings:…, alert:… and more. */
    readonly aspect: string;
    readonly state: string;
    readonly health: string;
    readonly until: string | null;
    readonly sentence: string;
    readonly at: string;
  }[];
  /** Whether its account sends content without a template outside the 24 hours (Direct Send). Null: a gateway, which needs none. */
  readonly directSend: {
    /** open: it was accepted; closed: it was refused, or somebody said so; unknown: it is tried. */
    readonly state: "unknown" | "open" | "closed";
    readonly since: string | null;
    /** Closed: then it is tried again. Null: when somebody says so. */
    readonly until: string | null;
    readonly reason: string | null;
  } | null;
  /** The earlier chats of a WhatsApp Business app that was connected. Null: none was handed over; a signal `history` says why, where WhatsApp does. */
  readonly history: {
    /** Of the whole past, in percent, as far as WhatsApp has handed it over. */
    readonly progress: number | null;
    /** 0: the last day; 1: up to 90 days; 2: up to 180 days. */
    readonly phase: number | null;
    /** In what was handed over. */
    readonly messages: number;
    /** Of them those that the import has gone through. */
    readonly done: number;
    /** Of these those that were not here already. */
    readonly imported: number;
    /** Chunks that are still to be imported. */
    readonly waiting: number;
    /** When the newest chunk came. */
    readonly at: string;
  } | null;
};

export type ChannelPage = {
  readonly data: readonly Channel[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type ClosedSession = {
  /** False: no session was open, nothing was changed. */
  readonly isClosed: boolean;
  /** A UUID. */
  readonly conversationId: string;
};

export type Consent = {
  /** A UUID. */
  readonly conversationId: string;
  /** What the customer said, or somebody for them: nothing is sent unasked. When they write, they are answered (answersAfterStop). */
  readonly optedOut: boolean;
  readonly optedOutAt: string | null;
  /** What WhatsApp reports: no template that may be marketing. Only the customer changes it, in WhatsApp. */
  readonly marketingStopped: boolean;
  readonly marketingStoppedAt: string | null;
  /** When the customer last stopped or resumed marketing in WhatsApp. */
  readonly marketingReportedAt: string | null;
};

export type ControlledThread = {
  /** unknown: WhatsApp gave no whole answer, and may have done it. Asking for the same again is safe. */
  readonly outcome: "done" | "unknown";
  /** For people, where the outcome is unknown. */
  readonly sentence: string | null;
  readonly conversation: Conversation;
};

export type Conversation = {
  /** A UUID. */
  readonly id: string;
  readonly canonicalKey: string;
  /** What to call the customer: the lead's name, the business's own in its address book, the one that they gave themselves, the formatted number. Null when only a raw id is known. */
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
    /** When the AI resumes automatically; null: only when it is resumed. */
    readonly until: string | null;
  } | null;
  /** Who may answer, where several apps answer on one number. Null: nothing ever said that it is not us. */
  readonly threadOwner: {
    /** nobody: the next message of the customer decides. */
    readonly owner: "us" | "other" | "nobody";
    /** Of the new owner, in WhatsApp's word, as far as it was told. */
    readonly role: string | null;
    /** What said so last: standby, handover, refusal, or what we asked for: pass, release, take. */
    readonly toldBy: string;
    /** ISO 8601, UTC. */
    readonly at: string;
    /** What the app that had the thread before says of the conversation (WhatsApp's conversation_context, and its `note`). */
    readonly context: {
      readonly [key: string]: unknown;
    } | null;
  } | null;
  /** WhatsApp was asked to pass, release or take the thread, and nobody knows whether it did: what comes next shows it. */
  readonly threadRequest: {
    readonly action: "pass" | "release" | "take";
    readonly role: string | null;
    /** ISO 8601, UTC. */
    readonly at: string;
  } | null;
  /** The customer asked not to be written to: nothing is sent unasked. */
  readonly optedOutAt: string | null;
  /** The opt-out forbids even an answer: the customer has not written since, or the business does not answer then. */
  readonly optOutForbids: boolean;
  /** The customer stopped marketing in WhatsApp: no template is sent that may be marketing. */
  readonly marketingStoppedAt: string | null;
  /** The channel through which the next message goes out. */
  readonly channelId: string | null;
  /** ISO 8601, UTC. */
  readonly lastMessageAt: string;
  readonly lastCustomerMessageAt: string | null;
  /** Until then anything may be sent; afterwards templates only. Null without a window, or before the first message. */
  readonly windowClosesAt: string | null;
  /** False on gateways (Evolution, WAHA, Baileys): anything may be sent at any time. */
  readonly hasWindow: boolean;
  readonly lastMessage: {
    readonly text: string | null;
    readonly direction: "in" | "out";
    readonly type: MessageType;
    /** ISO 8601, UTC. */
    readonly sentAt: string;
  } | null;
  /** How the customer's newest burst ended. */
  readonly lastTurn: {
    /** A UUID. */
    readonly id: string;
    /** replied, superseded, handed_off, skipped or failed. */
    readonly state: string;
    readonly reason: string | null;
    /** ISO 8601, UTC. */
    readonly finishedAt: string;
  } | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
};

export type ConversationPage = {
  readonly data: readonly Conversation[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type CustomerFacts = {
  readonly facts: {
    readonly [key: string]: string;
  };
};

export type EventPage = {
  readonly data: readonly OutboxEvent[];
  /** Give it back as `after`, now or later. Never null: it also says where to continue after the last page. */
  readonly nextCursor: string;
  /** False: this was everything so far. Ask again in a while. */
  readonly hasMore: boolean;
};

export type KnowledgeHit = {
  readonly id: string;
  readonly title: string;
  /** The headings above the part that was found, or the question that it answers; null: the text is one part. */
  readonly heading: string | null;
  /** The part that was found; of short texts and answers all of it. */
  readonly body: string;
  /** 0 to 1: how much of the question it knows; words of titles count more. */
  readonly score: number;
  /** The same, with all words counting alike. */
  readonly coverage: number;
  /** How near it is in meaning, 1 the nearest; null: not asked, or not among the nearest. */
  readonly similarity: number | null;
  /** Whether it is good enough to be sent as the answer. */
  readonly answers: boolean;
};

export type KnowledgePage = {
  readonly data: readonly KnowledgeText[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type KnowledgeSourceInput = unknown;

export type KnowledgeText = {
  readonly id: string;
  readonly title: string;
  readonly kind: "text" | "qa" | "file" | "url";
  /** PostgreSQL's text search configuration; simple: words as they are. */
  readonly language: string;
  readonly questions: readonly string[];
  readonly url: string | null;
  readonly version: number;
  /** Whether it answers now, be it with an earlier version. */
  readonly isLive: boolean;
  readonly state: "pending" | "indexing" | "ready" | "failed";
  readonly chunks: {
    readonly done: number;
    readonly total: number;
  };
  /** A sentence: why it failed, or what is missing although it answers. */
  readonly error: string | null;
  /** Characters. */
  readonly length: number;
  /** In lists only the first 2,000 characters. */
  readonly body: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC. */
  readonly updatedAt: string;
};

export type Media = {
  /** A UUID. */
  readonly id: string;
  /** pending: it is being fetched, and `error` says what went wrong last. failed: it cannot be had. refused: it is not what may be kept. */
  readonly state: "pending" | "ready" | "failed" | "refused";
  /** What the file is, by its first bytes; until it is ready null. */
  readonly mimeType: string | null;
  /** As the sender named it. */
  readonly fileName: string | null;
  readonly bytes: number | null;
  /** Below this server, without a key, for about an hour: ask for the message again then. What is no picture, sound or video comes as a download. */
  readonly url: string | null;
  /** Of a picture: WebP, at most 480 pixels wide and high. */
  readonly thumbnailUrl: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** docs/media.md has the codes. */
  readonly error: {
    readonly code: string;
    readonly text: string;
  } | null;
  /** What is said in a voice note of the customer, where the business wants it written down (`transcription` of the reply settings). */
  readonly transcript: {
    readonly state: "pending" | "ready" | "failed";
    /** As a machine heard it; empty when it heard no words; null until it is ready. */
    readonly text: string | null;
    /** Such as en, where the model says it. */
    readonly language: string | null;
    /** pending: what went wrong last. */
    readonly error: {
      readonly code: string;
      readonly text: string;
    } | null;
  } | null;
};

export type Message = {
  /** A UUID. */
  readonly id: string;
  /** A UUID. */
  readonly conversationId: string;
  /** The position in the conversation, from 1; 0 while it is scheduled. */
  readonly seq: number;
  /** A UUID. */
  readonly channelId: string;
  readonly direction: "in" | "out";
  /** customer, ai, human, api, or system: what Onethread itself says, such as the confirmation of an opt-out. */
  readonly author: string;
  /** Of a group: the member who wrote it. */
  readonly participant: {
    readonly phone?: string | undefined;
    readonly userId?: string | undefined;
    readonly lid?: string | undefined;
    readonly name?: string | undefined;
  } | null;
  readonly type: MessageType;
  /** What a person reads of it. */
  readonly text: string | null;
  /** The content in the Cloud API's own shape; after a click on an advertisement with its `referral` (headline, body, source_url, source_id, source_type, ctwa_clid), also of gateways. */
  readonly content: {
    readonly [key: string]: unknown;
  };
  /** received; or scheduled, queued, sending, unknown, accepted, sent, delivered, read, played, failed, cancelled. */
  readonly status: string;
  /** Of accepted: WhatsApp holds it until it has seen how others of its template are received. Then it is sent, or fails (132015); no time is promised. */
  readonly isHeld: boolean;
  readonly providerMessageId: string | null;
  readonly quotedProviderMessageId: string | null;
  /** The beginning of the quoted message as it reads now, however far back; of one without words what it is, such as (a picture); null beside an id: it quotes an earlier message that is not known or was taken back. */
  readonly quotedText: string | null;
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
  /** It was sent again because nobody knew whether that message was sent: the customer may have both. */
  readonly possibleDuplicateOf: string | null;
  /** Its file; null for a message without one, and for one that was stored before files were fetched. */
  readonly media: Media | null;
  readonly edits: readonly {
    readonly text: string | null;
    /** ISO 8601, UTC. */
    readonly sentAt: string;
  }[];
  readonly revokedAt: string | null;
  readonly reactions: readonly {
    readonly emoji: string;
    readonly direction: "in" | "out";
    readonly participant: {
      readonly phone?: string | undefined;
      readonly userId?: string | undefined;
      readonly lid?: string | undefined;
      readonly name?: string | undefined;
    } | null;
    /** ISO 8601, UTC. */
    readonly sentAt: string;
  }[];
};

/** The Cloud API's content shape: {"type":"text","text":{"body":"…"}}. In a group also {"type":"pin","pin":{"type":"pin","message_id":"wamid.…","expiration_days":7}}, and "unpin" likewise; by gateways {"type":"poll","poll":{"name":"…","options":[{"name":"…"},{"name":"…"}]}}. With "category":"utility" (and ttl_seconds, direct_send_config) a text or buttons leave by Direct Send. What the channel of the conversation does not send is refused: unsupported_on_channel (docs/sending.md has the table). */
export type MessageContentInput = {
  readonly type: string;
  /** When it leaves, such as 2027-01-07T09:00:00+02:00; at most a year ahead. Window, consent and takeover are looked at then. */
  readonly sendAt?: string | undefined;
  readonly context?:
    | {
        /** The provider's id of the message that this one quotes. */
        readonly message_id: string;
      }
    | undefined;
  readonly [key: string]: unknown;
};

export type MessagePage = {
  readonly data: readonly Message[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

/** Later versions may know more. */
export type MessageType =
  | "text"
  | "image"
  | "video"
  | "audio"
  | "document"
  | "sticker"
  | "location"
  | "contacts"
  | "interactive"
  | "button"
  | "reaction"
  | "order"
  | "poll"
  | "poll_vote"
  | "pin"
  | "edit"
  | "revoke"
  | "call"
  | "placeholder"
  | "system"
  | "template"
  | "unsupported"
  | "unknown";

export type NewCampaignInput = {
  readonly name: string;
  /** A UUID. */
  readonly channelId: string;
  /** The template of a message, as in POST /conversations/{id}/messages. {{column}} in any text of it is filled in from the row: {"type":"text","text":"{{first name}}"}. */
  readonly template: {
    readonly name: string;
    readonly language: {
      readonly code: string;
      readonly [key: string]: unknown;
    };
    readonly components?:
      | readonly {
          readonly [key: string]: unknown;
        }[]
      | undefined;
    readonly [key: string]: unknown;
  };
  readonly quietHours?: QuietHoursInput | undefined;
  /** It pauses itself when a larger share fails; default 0.25; null: never for that. */
  readonly errorShare?: number | null | undefined;
  /** When it leaves, such as 2027-01-07T09:00:00+02:00; at most a year ahead. Window, consent and takeover are looked at then. */
  readonly startAt?: string | undefined;
};

export type NewTemplateInput = {
  /** Needed when the business has several WhatsApp Business Accounts. */
  readonly accountId?: string | undefined;
  /** Small letters, digits and _. */
  readonly name: string;
  /** Such as pt_BR. */
  readonly language: string;
  readonly category: "UTILITY" | "MARKETING" | "AUTHENTICATION";
  readonly parameterFormat?: "POSITIONAL" | "NAMED" | undefined;
  /** WhatsApp's own shape, with its examples; where it wants the handle of a file, the id of one from POST /api/v1/media does. Left out for one of the library. */
  readonly components?:
    | readonly {
        readonly [key: string]: unknown;
      }[]
    | undefined;
  /** WhatsApp may file it under another category instead of rejecting it. */
  readonly allowCategoryChange?: boolean | undefined;
  /** Of WhatsApp's library. */
  readonly libraryTemplateName?: string | undefined;
  readonly libraryTemplateButtonInputs?:
    | readonly {
        readonly [key: string]: unknown;
      }[]
    | undefined;
  /** How long WhatsApp tries to deliver, in seconds. */
  readonly messageSendTtlSeconds?: number | undefined;
  /** A max price, as WhatsApp's optimization_spec. */
  readonly optimizationSpec?:
    | {
        readonly [key: string]: unknown;
      }
    | undefined;
};

export type NewToolInput = {
  /** What the model calls it: small letters, digits and _. Of an MCP server: the beginning of its tools' names. */
  readonly name: string;
  readonly kind: "http" | "mcp";
  /** For the model: what it is for and when to call it. */
  readonly description: string;
  /** What is asked and how: docs/tools.md. */
  readonly definition: {
    readonly [key: string]: unknown;
  };
  /** A person has to approve each call first. */
  readonly needsApproval?: boolean | undefined;
  readonly isEnabled?: boolean | undefined;
};

export type Notice = {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly receivedAt: string;
  /** The provider's time. */
  readonly at: string;
  readonly provider: string;
  /** The provider's own word for the kind of notice. */
  readonly field: string;
  /** info, warning or critical. */
  readonly severity: string;
  /** Null where it concerns the account, or several channels. */
  readonly channelId: string | null;
  readonly accountId: string | null;
  /** What happened, for a person. */
  readonly sentence: string;
};

export type NoticePage = {
  readonly data: readonly Notice[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type OpenMessages = {
  readonly data: readonly Message[];
};

export type OutboxEvent = {
  /** A UUID. The same event always has the same one. */
  readonly id: string;
  /** area.what-happened. All types and their data: docs/outbox.md. */
  readonly type: string;
  readonly conversationId: string | null;
  /** The turn, message, session or tool call that it is about. */
  readonly subjectId: string | null;
  readonly data: {
    readonly [key: string]: unknown;
  };
  /** ISO 8601, UTC. */
  readonly at: string;
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

/** Nothing leaves between these hours of the recipient's day, such as 21:00 and 09:00: by the country of their number; where that has several time zones, in none of them. */
export type QuietHours = {
  readonly from: string;
  readonly to: string;
  /** For recipients whose country is not known. */
  readonly timeZone: string;
};

/** Nothing leaves between these hours of the recipient's day, such as 21:00 and 09:00: by the country of their number; where that has several time zones, in none of them. */
export type QuietHoursInput = {
  readonly from: string;
  readonly to: string;
  /** For recipients whose country is not known. */
  readonly timeZone?: string | undefined;
};

export type ReplySecretName = {
  readonly name: string;
};

export type ReplySecretPage = {
  readonly data: readonly {
    readonly name: string;
    /** ISO 8601, UTC. */
    readonly updatedAt: string;
  }[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type ReplySecretValueInput = {
  readonly value: string;
};

/** All settings: docs/reply-settings.md. */
export type ReplySettings = {
  /** What writes the replies. */
  readonly responder: "knowledge" | "model" | "webhook";
  readonly timeZone: string;
  /** auto: the customer's own. */
  readonly replyLanguage: string;
  /** A message that is older than this when its turn comes is not answered: skipped as stale. */
  readonly staleAfterMs: number;
  /** When no reply can be written: fetch a person, or say fallbackText. */
  readonly onFailure: "handoff" | "fallback";
  readonly fallbackText: string;
  /** A message that contains one of these, as whole words, fetches a person at once; in addition to what findsHandoffWish finds. */
  readonly handoffKeywords: readonly string[];
  /** Whether the wish for a person (speak to a human, hablar con una persona, אני רוצה נציג) is understood in every language of the product. */
  readonly findsHandoffWish: boolean;
  readonly consent: {
    /** A message that is one of these opts out; null: the product's own, in seven languages (docs/consent.md). */
    readonly stopWords: readonly string[] | null;
    /** A message that is one of these takes it back; null: the product's own. */
    readonly startWords: readonly string[] | null;
    /** Whether such a word is confirmed, once each time that it changes something. */
    readonly confirms: boolean;
    /** What is said then; null: a sentence in the language of the word, else of the business. */
    readonly stopText: string | null;
    /** What is said when messages are wanted again; null: likewise. */
    readonly startText: string | null;
  };
  /** Said in reply to a mere greeting or thank-you that no text of the business answers; null: nothing is said, and nobody is fetched. */
  readonly courtesyText: string | null;
  /** Against machines that answer machines: then nothing is said (skipped as loop) until it is over. null: no brake. */
  readonly loopBrake: {
    /** The same text, apart from the numbers in it, has been answered this many times. */
    readonly repeats: number;
    /** This many replies have been written. */
    readonly turns: number;
    /** Within this time. */
    readonly withinMs: number;
  } | null;
  /** A message of which nobody knows so long whether it was sent is sent again, once, as a new message that says so: the customer may have both. null: a person decides. */
  readonly resendUnknownAfterMs: number | null;
  /** When a person was fetched for the same reason less than this long ago, and nobody has said anything since, the customer is not told again. */
  readonly handoffRepeatMs: number;
  /** When people answer; null: always. */
  readonly officeHours: {
    readonly mon: readonly (readonly [string, string])[];
    readonly tue: readonly (readonly [string, string])[];
    readonly wed: readonly (readonly [string, string])[];
    readonly thu: readonly (readonly [string, string])[];
    readonly fri: readonly (readonly [string, string])[];
    readonly sat: readonly (readonly [string, string])[];
    readonly sun: readonly (readonly [string, string])[];
  } | null;
  /** Said instead of the handoff text outside the office hours. */
  readonly awayText: string | null;
  /** Into how many messages a long reply may be split. */
  readonly maxMessages: number;
  /** Characters of one message of a reply. */
  readonly maxMessageLength: number;
  /** Hosts that a model's reply may link to, with their subdomains; null: those in the business's own texts. */
  readonly allowedLinks: readonly string[] | null;
  readonly sessions: {
    /** Since the customer's last message. */
    readonly inactivityMs: number;
    /** Whether a new day of the business's time zone begins a new session. */
    readonly newDay: boolean;
    readonly summaries: "extractive" | "model";
  };
  readonly model: {
    readonly provider: "openai-compatible" | "anthropic" | "google";
    readonly model: string;
    /** Where the API is; needed for openai-compatible, such as http://127.0.0.1:11434/v1 for Ollama. */
    readonly baseUrl?: string | undefined;
    /** The secret that holds the key; a server that needs none is asked without. */
    readonly apiKeySecret: string;
    readonly temperature?: number | undefined;
    readonly maxOutputTokens: number;
    /** Per million tokens, in the currency of the budgets. */
    readonly price?:
      | {
          readonly inputPerMillion: number;
          readonly outputPerMillion: number;
        }
      | undefined;
  } | null;
  /** Asked when the model fails. */
  readonly fallbackModel: {
    readonly provider: "openai-compatible" | "anthropic" | "google";
    readonly model: string;
    /** Where the API is; needed for openai-compatible, such as http://127.0.0.1:11434/v1 for Ollama. */
    readonly baseUrl?: string | undefined;
    /** The secret that holds the key; a server that needs none is asked without. */
    readonly apiKeySecret: string;
    readonly temperature?: number | undefined;
    readonly maxOutputTokens: number;
    /** Per million tokens, in the currency of the budgets. */
    readonly price?:
      | {
          readonly inputPerMillion: number;
          readonly outputPerMillion: number;
        }
      | undefined;
  } | null;
  /** What is said in customers' voice notes is written down by this model, and answered as if it had been written; null: not (docs/media.md). */
  readonly transcription: {
    readonly provider: "openai-compatible" | "google";
    /** Such as whisper-1 or gemini-3.5-transcribe. */
    readonly model: string;
    /** Where the API is; needed for openai-compatible: /audio/transcriptions below it is asked. */
    readonly baseUrl?: string | undefined;
    /** The secret that holds the key; a server that needs none is asked without. */
    readonly apiKeySecret: string;
    /** A voice note that is known to be longer is not written down. */
    readonly maxSeconds: number;
    /** In the currency of the budgets, and counted in them. */
    readonly pricePerMinute?: number | undefined;
  } | null;
  /** Customers' pictures are shown to the model, which has to be one that sees; null: it is told that there is one. */
  readonly pictures: {
    /** Of those in the part of the thread that it is shown, the newest. */
    readonly max: number;
    /** Wide and high at most; larger ones are made smaller. */
    readonly maxPixels: number;
  } | null;
  /** How long a reply waits, from the message on, for the words of a voice note and for pictures that the model is to see; then it is written without. */
  readonly filesWaitMs: number;
  readonly systemPrompt: string;
  /** For a whole reply, with the calls of its tools. */
  readonly modelTimeoutMs: number;
  /** At most this much of the thread is shown to the model. */
  readonly contextTokens: number;
  /** At most this much per day of the business's time zone; beyond it, a person is fetched. */
  readonly budget: {
    readonly tokensPerConversation?: number | undefined;
    readonly tokensPerBusiness?: number | undefined;
    readonly moneyPerConversation?: number | undefined;
    readonly moneyPerBusiness?: number | undefined;
  };
  readonly tools: {
    /** In one turn. */
    readonly maxCalls: number;
    /** For one call. */
    readonly timeoutMs: number;
    /** How long a call waits for a person's approval. */
    readonly approvalWaitMs: number;
    /** Built-in tools that the model does not get. */
    readonly withhold: readonly ("handoff" | "search_knowledge" | "update_customer")[];
    /** Tools with which the model's answer may hold more than text: it gets those that are named here (docs/tools.md). */
    readonly offer: readonly ("send_buttons" | "send_list" | "send_media" | "send_template" | "schedule_message")[];
    /** Hosts from which send_media may take a file, with their subdomains; none: no file. */
    readonly mediaHosts: readonly string[];
    /** Uploaded files that send_media may send; they are kept for as long as they are named here. None: no file. */
    readonly mediaFiles: readonly {
      readonly id: string;
      /** For the model: what it is. */
      readonly about: string;
    }[];
    /** Names of the templates that send_template may send; none: no template. */
    readonly templates: readonly string[];
    /** How many messages of the AI's may wait for their time in one conversation. */
    readonly maxScheduled: number;
    /** How far ahead the AI may schedule a message. */
    readonly scheduleWithinMs: number;
    /** Whether what the AI has scheduled is dropped when the customer has written in the meantime. */
    readonly scheduledYields: boolean;
  };
  readonly webhook: {
    readonly url: string;
    readonly secretName: string;
    readonly timeoutMs: number;
    /** For an answer that comes later, through the API. */
    readonly answerWithinMs: number;
  } | null;
  /** Searches knowledge by meaning too, where the database has pgvector. */
  readonly embedding: {
    readonly provider: "openai-compatible" | "google";
    readonly model: string;
    readonly baseUrl?: string | undefined;
    readonly apiKeySecret: string;
    readonly dimensions: number;
  } | null;
};

/** A part of ReplySettings; null sets a setting back to its default. */
export type ReplySettingsPatchInput = {
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

export type ResolvedConversation = {
  /** A UUID. */
  readonly id: string;
  readonly canonicalKey: string;
  /** What to call the customer: the lead's name, the business's own in its address book, the one that they gave themselves, the formatted number. Null when only a raw id is known. */
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
    /** When the AI resumes automatically; null: only when it is resumed. */
    readonly until: string | null;
  } | null;
  /** Who may answer, where several apps answer on one number. Null: nothing ever said that it is not us. */
  readonly threadOwner: {
    /** nobody: the next message of the customer decides. */
    readonly owner: "us" | "other" | "nobody";
    /** Of the new owner, in WhatsApp's word, as far as it was told. */
    readonly role: string | null;
    /** What said so last: standby, handover, refusal, or what we asked for: pass, release, take. */
    readonly toldBy: string;
    /** ISO 8601, UTC. */
    readonly at: string;
    /** What the app that had the thread before says of the conversation (WhatsApp's conversation_context, and its `note`). */
    readonly context: {
      readonly [key: string]: unknown;
    } | null;
  } | null;
  /** WhatsApp was asked to pass, release or take the thread, and nobody knows whether it did: what comes next shows it. */
  readonly threadRequest: {
    readonly action: "pass" | "release" | "take";
    readonly role: string | null;
    /** ISO 8601, UTC. */
    readonly at: string;
  } | null;
  /** The customer asked not to be written to: nothing is sent unasked. */
  readonly optedOutAt: string | null;
  /** The opt-out forbids even an answer: the customer has not written since, or the business does not answer then. */
  readonly optOutForbids: boolean;
  /** The customer stopped marketing in WhatsApp: no template is sent that may be marketing. */
  readonly marketingStoppedAt: string | null;
  /** The channel through which the next message goes out. */
  readonly channelId: string | null;
  /** ISO 8601, UTC. */
  readonly lastMessageAt: string;
  readonly lastCustomerMessageAt: string | null;
  /** Until then anything may be sent; afterwards templates only. Null without a window, or before the first message. */
  readonly windowClosesAt: string | null;
  /** False on gateways (Evolution, WAHA, Baileys): anything may be sent at any time. */
  readonly hasWindow: boolean;
  readonly lastMessage: {
    readonly text: string | null;
    readonly direction: "in" | "out";
    readonly type: MessageType;
    /** ISO 8601, UTC. */
    readonly sentAt: string;
  } | null;
  /** How the customer's newest burst ended. */
  readonly lastTurn: {
    /** A UUID. */
    readonly id: string;
    /** replied, superseded, handed_off, skipped or failed. */
    readonly state: string;
    readonly reason: string | null;
    /** ISO 8601, UTC. */
    readonly finishedAt: string;
  } | null;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** True for exactly one of all who ask at once. */
  readonly isNew: boolean;
};

export type RetriedCampaign = {
  readonly retried: number;
  readonly campaign: Campaign;
};

export type SavedKnowledge = {
  readonly id: string;
  readonly state: "ready" | "pending";
};

export type Session = {
  /** A UUID. */
  readonly id: string;
  /** A UUID. */
  readonly conversationId: string;
  /** The customer's first message in it. */
  readonly fromSeq: number;
  /** The customer's last message in it; null while it is open. */
  readonly toSeq: number | null;
  /** ISO 8601, UTC. */
  readonly openedAt: string;
  readonly closed: {
    /** ISO 8601, UTC. */
    readonly at: string;
    /** inactive, new_day, by_hand or merged. */
    readonly reason: string;
  } | null;
  /** none (it is open, or older than summaries), pending, done or too_short (one message: it is the summary). */
  readonly summaryState: string;
  readonly summary: {
    readonly text: string;
    readonly topic: string | null;
    readonly outcome: string | null;
    /** What is still to be done. */
    readonly openPoints: readonly string[];
    /** extractive, model, message or adopted. */
    readonly source: string | null;
    readonly at: string | null;
  } | null;
};

export type SessionPage = {
  readonly data: readonly Session[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type SettledMessage = {
  readonly message: Message;
  readonly resent: Message | null;
};

export type Template = {
  /** A UUID. */
  readonly id: string;
  /** WhatsApp's id of it. */
  readonly providerId: string | null;
  /** The WhatsApp Business Account that it belongs to. */
  readonly accountId: string;
  readonly name: string;
  readonly language: string;
  /** MARKETING, UTILITY or AUTHENTICATION: the latest that is known, which decides how it is sent. */
  readonly category: string | null;
  /** The category that WhatsApp has announced. */
  readonly nextCategory: string | null;
  readonly nextCategoryAt: string | null;
  /** In WhatsApp's word: APPROVED, PENDING, REJECTED, PAUSED, DISABLED, ARCHIVED, DELETED and more. */
  readonly status: string | null;
  /** Why it cannot be sent now: template_paused, template_disabled, template_rejected, template_deleted, template_archived, category_stopped; null: it can. */
  readonly obstacle: string | null;
  /** Why it was rejected or paused, in WhatsApp's word. */
  readonly reason: string | null;
  /** When the pause ends, where WhatsApp's rules say so. */
  readonly pausedUntil: string | null;
  /** GREEN, YELLOW, RED or UNKNOWN. */
  readonly quality: string | null;
  /** POSITIONAL or NAMED. */
  readonly parameterFormat: string | null;
  /** As WhatsApp lists them; null: only reports about it are known, and it has not been read yet. */
  readonly components:
    | readonly {
        readonly [key: string]: unknown;
      }[]
    | null;
  /** Further fields of WhatsApp, such as message_send_ttl_seconds, sub_category, source. */
  readonly details: {
    readonly [key: string]: unknown;
  };
  /** Of its content, from 1. */
  readonly version: number;
  /** Since when its content is known. */
  readonly contentAt: string | null;
  /** When it was last read from WhatsApp. */
  readonly syncedAt: string | null;
};

export type TemplateAccount = {
  readonly accountId: string;
  /** Its templates are being read: what is listed may not be all. */
  readonly isReading: boolean;
  /** When the last whole reading began. */
  readonly syncedAt: string | null;
  /** The last reading failed; it is tried again. */
  readonly failedAt: string | null;
  readonly error: string | null;
  readonly templateCount: number | null;
  /** How many templates the account may have. */
  readonly templateLimit: number | null;
  /** ONBOARDED: marketing templates go through /marketing_messages. */
  readonly marketingStatus: string | null;
  /** Categories of which WhatsApp refuses this account every template for now (131064). */
  readonly stoppedCategories: readonly {
    readonly category: string;
    /** ISO 8601, UTC. */
    readonly since: string;
    /** A message of after that is tried again; a person may resume it before. */
    readonly until: string;
    readonly reason: string;
  }[];
};

export type TemplateAccounts = {
  readonly data: readonly TemplateAccount[];
};

export type TemplateChangeInput = {
  readonly components?:
    | readonly {
        readonly [key: string]: unknown;
      }[]
    | undefined;
  readonly category?: "UTILITY" | "MARKETING" | "AUTHENTICATION" | undefined;
  /** How long WhatsApp tries to deliver, in seconds. */
  readonly messageSendTtlSeconds?: number | undefined;
  /** A max price, as WhatsApp's optimization_spec. */
  readonly optimizationSpec?:
    | {
        readonly [key: string]: unknown;
      }
    | undefined;
};

export type TemplatePage = {
  readonly data: readonly Template[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type TemplatePreview = {
  /** What the customer would read; a variable that nothing was given for stays as it is. */
  readonly text: string | null;
  /** Everything that does not fit; none: it can be sent, unless `obstacle` says why not. */
  readonly problems: readonly {
    /** The component and the parameter, such as body.2. */
    readonly path: string;
    readonly message: string;
  }[];
  /** As of the template. */
  readonly obstacle: string | null;
  /** The message to send, as POST /conversations/{id}/messages takes it. */
  readonly content: {
    readonly [key: string]: unknown;
  };
};

export type TemplateVersion = {
  readonly version: number;
  /** What was sent from then on, until the next version, said this. */
  readonly fromAt: string;
  /** At that time. */
  readonly category: string | null;
  readonly parameterFormat: string;
  readonly components: readonly {
    readonly [key: string]: unknown;
  }[];
};

export type TemplateVersions = {
  readonly data: readonly TemplateVersion[];
};

export type ThreadControlInput = {
  /** pass: another app has it from now on. release: nobody has it, and the customer's next message decides. take: it is ours; WhatsApp lets only the app do that to which people are handed over. */
  readonly action: "pass" | "release" | "take";
  /** Of a pass: who is to have it: ai_agent, ctwa, customer_service, escalation, marketing, utility. Absent: the app to which people are handed over. */
  readonly role?: string | undefined;
  /** Of a pass or a take: for the other app. The customer does not see it. */
  readonly note?: string | undefined;
};

export type Tool = {
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  readonly kind: "http" | "mcp";
  readonly description: string;
  readonly definition: {
    readonly [key: string]: unknown;
  };
  readonly needsApproval: boolean;
  readonly isEnabled: boolean;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** ISO 8601, UTC. */
  readonly updatedAt: string;
};

export type ToolCall = {
  /** A UUID. */
  readonly id: string;
  /** A UUID. */
  readonly conversationId: string;
  /** A UUID. */
  readonly turnId: string;
  readonly tool: string;
  readonly arguments: {
    readonly [key: string]: unknown;
  };
  /** waiting, approved, denied, running, done, failed, unknown, or expired: its burst was over before it was made. */
  readonly state: string;
  /** Any JSON. */
  readonly result: unknown;
  readonly error: string | null;
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  readonly decidedAt: string | null;
  /** The name of the API key, or api, or cli. */
  readonly decidedBy: string | null;
};

export type ToolCallPage = {
  readonly data: readonly ToolCall[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type ToolPage = {
  readonly data: readonly Tool[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type ToolTest = {
  /** unknown: it left, and nobody knows what became of it. */
  readonly outcome: "done" | "failed" | "unknown";
  /** Any JSON. */
  readonly result: unknown;
  readonly error: string | null;
  readonly ms: number;
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
  /** Why it was handed off, skipped or failed. All reasons: docs/lifecycles/turn.md. */
  readonly reason: string | null;
  readonly responder: string | null;
  readonly attempts: number;
  readonly error: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
  /** Which model answered; null where none was asked. */
  readonly model: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Millionths of the currency in which the business has entered its model's price. */
  readonly costMicros: number | null;
  /** How long writing took, without waiting for the customer to finish. */
  readonly latencyMs: number | null;
  readonly toolCalls: readonly {
    readonly tool: string;
    readonly state: string;
    readonly ms: number | null;
  }[];
  /** The business's texts that the reply rests on. */
  readonly sources: readonly {
    readonly id: string;
    readonly title: string;
  }[];
  /** How many pictures of the customer the model was shown; null: none. */
  readonly pictures: {
    readonly shown: number;
    /** The model takes none: it was asked again, once, without. */
    readonly refused: boolean;
  } | null;
};

/** Either messages or handoff. */
export type TurnAnswerInput = {
  /** What the customer is told: one WhatsApp message each. */
  readonly messages?: readonly (string | AnswerPartInput)[] | undefined;
  /** Instead of messages: a person is fetched. Without text the business's own words are said. */
  readonly handoff?:
    | {
        readonly reason: string;
        readonly text?: string | undefined;
      }
    | undefined;
};

export type TurnDetail = {
  /** A UUID. */
  readonly id: string;
  /** A UUID. */
  readonly conversationId: string;
  readonly coversFrom: number;
  readonly coversTo: number;
  /** waiting, or as it ended: replied, superseded, handed_off, skipped or failed. */
  readonly state: string;
  /** Why it was handed off, skipped or failed. All reasons: docs/lifecycles/turn.md. */
  readonly reason: string | null;
  readonly responder: string | null;
  readonly attempts: number;
  readonly error: string | null;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Null while it waits. */
  readonly finishedAt: string | null;
  /** Which model answered; null where none was asked. */
  readonly model: string | null;
  readonly inputTokens: number | null;
  readonly outputTokens: number | null;
  /** Millionths of the currency in which the business has entered its model's price. */
  readonly costMicros: number | null;
  /** How long writing took, without waiting for the customer to finish. */
  readonly latencyMs: number | null;
  readonly toolCalls: readonly {
    readonly tool: string;
    readonly state: string;
    readonly ms: number | null;
  }[];
  /** The business's texts that the reply rests on. */
  readonly sources: readonly {
    readonly id: string;
    readonly title: string;
  }[];
  /** How many pictures of the customer the model was shown; null: none. */
  readonly pictures: {
    readonly shown: number;
    /** The model takes none: it was asked again, once, without. */
    readonly refused: boolean;
  } | null;
  /** Set while the turn waits for somebody outside. */
  readonly waiting: {
    /** answer: of the business's agent. approval: of a tool call, by a person. */
    readonly waitsFor: string;
    /** ISO 8601, UTC. */
    readonly expiresAt: string;
    readonly answeredAt: string | null;
  } | null;
};

export type TurnPage = {
  readonly data: readonly Turn[];
  /** Give it back as `cursor` for the next page; null on the last one. */
  readonly nextCursor: string | null;
};

export type UploadedMedia = {
  /** A UUID. */
  readonly id: string;
  /** pending: it is being fetched, and `error` says what went wrong last. failed: it cannot be had. refused: it is not what may be kept. */
  readonly state: "pending" | "ready" | "failed" | "refused";
  /** What the file is, by its first bytes; until it is ready null. */
  readonly mimeType: string | null;
  /** As the sender named it. */
  readonly fileName: string | null;
  readonly bytes: number | null;
  /** Below this server, without a key, for about an hour: ask for the message again then. What is no picture, sound or video comes as a download. */
  readonly url: string | null;
  /** Of a picture: WebP, at most 480 pixels wide and high. */
  readonly thumbnailUrl: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** docs/media.md has the codes. */
  readonly error: {
    readonly code: string;
    readonly text: string;
  } | null;
  /** What is said in a voice note of the customer, where the business wants it written down (`transcription` of the reply settings). */
  readonly transcript: {
    readonly state: "pending" | "ready" | "failed";
    /** As a machine heard it; empty when it heard no words; null until it is ready. */
    readonly text: string | null;
    /** Such as en, where the model says it. */
    readonly language: string | null;
    /** pending: what went wrong last. */
    readonly error: {
      readonly code: string;
      readonly text: string;
    } | null;
  } | null;
  /** The type of message that suits it: {"type":"image","image":{"id":"…"}}. */
  readonly kind: "image" | "video" | "audio" | "document" | "sticker";
  /** Hexadecimal, of the bytes that came. */
  readonly sha256: string;
};

export type Usage = {
  readonly from: string;
  /** The last day. */
  readonly to: string;
  /** In which the days begin: `timeZone` of the reply settings, as it was when each message was counted. */
  readonly timeZone: string;
  /** null: no rates are loaded, or those of several currencies, and none was asked for. */
  readonly currency: string | null;
  /** Of which rates are loaded. */
  readonly currencies: readonly string[];
  readonly data: readonly {
    /** 2026-11 */
    readonly month?: string | undefined;
    /** 2026-11-25 */
    readonly day?: string | undefined;
    /** A UUID. */
    readonly channelId?: string | undefined;
    /** service, utility, marketing, authentication, …: Meta's words. */
    readonly category?: string | undefined;
    /** regular (charged), free_customer_service, free_entry_point, paid_exempt, … */
    readonly type?: string | undefined;
    /** The recipient's country, as two letters; empty where it is not known. */
    readonly market?: string | undefined;
    /** That WhatsApp has named a price for, each once. */
    readonly messages: number;
    /** Of these, those that are known to have arrived: only they are charged. */
    readonly delivered: number;
    /** What the delivered messages come to by the loaded rates: an estimate; Meta's invoice counts. null: no currency. */
    readonly cost: {
      /** A decimal number as text, never rounded; null: no rate is known for any of these messages. */
      readonly amount: string | null;
      /** Delivered messages that the amount does not contain, because no rate is known for them. They are not free. */
      readonly withoutRate: number;
    } | null;
  }[];
  readonly total: {
    /** That WhatsApp has named a price for, each once. */
    readonly messages: number;
    /** Of these, those that are known to have arrived: only they are charged. */
    readonly delivered: number;
    /** What the delivered messages come to by the loaded rates: an estimate; Meta's invoice counts. null: no currency. */
    readonly cost: {
      /** A decimal number as text, never rounded; null: no rate is known for any of these messages. */
      readonly amount: string | null;
      /** Delivered messages that the amount does not contain, because no rate is known for them. They are not free. */
      readonly withoutRate: number;
    } | null;
  };
  /** The months that the days belong to, whole. */
  readonly freeTier: readonly {
    /** A UUID. */
    readonly channelId: string;
    /** 2026-11 */
    readonly month: string;
    /** Service messages that Meta delivers free, per number and calendar month. */
    readonly included: number;
    /** Delivered ones that Meta called free. */
    readonly free: number;
    /** Delivered ones that Meta charges: they were beyond the free ones. */
    readonly charged: number;
    /** A forecast: Meta decides which message is the first that costs. 0 as soon as one was charged. */
    readonly remaining: number;
    /** Of the running month: how many there will be at its end, if they go on as until now; null for other months. */
    readonly expected: number | null;
  }[];
};

export type ListConversationsQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly open?: "true" | "false" | undefined;
  readonly channelId?: string | undefined;
  /** The beginning of a word of the contact's name or user name, or of what they are called in the business's address book, whatever its case and accents; or a phone number, or from 4 digits of it: its end, its beginning, or as it is written within its country. Up to 9 digits are looked for anywhere in numbers when nothing else is found. */
  readonly q?: string | undefined;
};

export type ListMessagesQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  /** desc: the newest first. */
  readonly order?: "asc" | "desc" | undefined;
};

export type SendMessageQuery = {
  /** human: a person wrote it, so the AI pauses: until it is resumed, or for the business's set time. api: a program did. */
  readonly author?: "api" | "human" | undefined;
};

export type RescheduleMessageBody = {
  /** When it leaves, such as 2027-01-07T09:00:00+02:00; at most a year ahead. Window, consent and takeover are looked at then. */
  readonly sendAt?: string | undefined;
  /** What it says instead, as in a message that is sent; no template. */
  readonly content?:
    | {
        readonly type: string;
        readonly [key: string]: unknown;
      }
    | undefined;
};

export type ListTurnsQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly conversationId: string;
};

export type PauseConversationBody = {
  readonly reason?: string | undefined;
} | null;

export type SetConsentBody = {
  /** What the customer said. False lifts it; what WhatsApp reports stays. */
  readonly optedOut: boolean;
};

export type ListNoticesQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
};

export type ListOpenMessagesQuery = {
  /** scheduled: it leaves later. queued: it waits. sending: its request is under way. unknown: nobody knows whether it was sent. */
  readonly status: "scheduled" | "queued" | "sending" | "unknown";
  /** Only those of this conversation. */
  readonly conversationId?: string | undefined;
};

export type SettleMessageBody = {
  /** What a person found out, on the phone or from the customer. */
  readonly as: "accepted" | "failed";
  /** With failed: send the content again, as a new message. The customer may have both. */
  readonly resend?: boolean | undefined;
};

export type ListKnowledgeQuery = {
  readonly cursor?: string | undefined;
  readonly limit?: number | undefined;
};

export type SearchKnowledgeQuery = {
  readonly q: string;
  readonly limit?: number | undefined;
};

export type ListEventsQuery = {
  /** `nextCursor` of an earlier answer; without it, from the oldest that is kept (30 days). */
  readonly after?: string | undefined;
  /** One type, or several with commas between: turn.replied,turn.failed. */
  readonly type?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly limit?: number | undefined;
};

export type TestToolBody = {
  readonly arguments?:
    | {
        readonly [key: string]: unknown;
      }
    | undefined;
  /** Of an MCP server: which of its tools; absent: they are listed. */
  readonly serverTool?: string | undefined;
};

export type ListToolCallsQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly conversationId?: string | undefined;
  readonly state?: "waiting" | "approved" | "denied" | "running" | "done" | "failed" | "unknown" | "expired" | undefined;
};

export type ChangeCustomerFactsBody = {
  readonly facts: {
    readonly [key: string]: string | null;
  };
};

export type ListTemplatesQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  /** The WhatsApp Business Account; absent: all of the business's channels. */
  readonly accountId?: string | undefined;
  /** A part of the name. */
  readonly name?: string | undefined;
  /** Such as en_US. */
  readonly language?: string | undefined;
  /** Such as APPROVED. Absent: all that were not deleted. */
  readonly status?: string | undefined;
  /** MARKETING, UTILITY or AUTHENTICATION. */
  readonly category?: string | undefined;
};

export type SyncTemplatesBody = {
  /** The WhatsApp Business Account; absent: all of the business's channels. */
  readonly accountId?: string | undefined;
};

export type DeleteTemplateQuery = {
  /** The template in every language of its name. */
  readonly allLanguages?: string | undefined;
};

export type PreviewTemplateBody = {
  /** As in a template message: header, body, button, carousel … with their parameters. */
  readonly components?:
    | readonly {
        readonly [key: string]: unknown;
      }[]
    | undefined;
};

export type ListSessionsQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
};

export type GetUsageQuery = {
  /** The first day, such as 2026-11-01, in the business's time zone; absent: the first of the month of `to`. */
  readonly from?: string | undefined;
  /** The last day; absent: today. At most 366 days. */
  readonly to?: string | undefined;
  /** A row for each of these, with commas between them: month, day, channel, category, type, market. */
  readonly groupBy?: string | undefined;
  /** Of the estimate; absent: the only one of which rates are loaded. */
  readonly currency?: string | undefined;
};

export type ListCampaignsQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
};

export type ListCampaignRecipientsQuery = {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  /** Only rows in this state, such as bad or failed. */
  readonly state?: string | undefined;
};

export type StartCampaignBody = {
  /** When it leaves, such as 2027-01-07T09:00:00+02:00; at most a year ahead. Window, consent and takeover are looked at then. */
  readonly startAt?: string | undefined;
  /** Start although rows of the list get no message. */
  readonly withoutBad?: boolean | undefined;
} | null;

export type RetryCampaignBody = {
  /** Only what failed with one of these error codes. */
  readonly codes?: readonly string[] | undefined;
} | null;

export type SetDirectSendBody = {
  readonly state: "unknown" | "open" | "closed";
};
