// Owns: what the inbox asks of the API, and what a refusal is called on the screen. The only file that knows the SDK's functions.
import {
  createClient,
  ProblemError,
  type Channel,
  type ControlledThread,
  type Conversation,
  type Message,
  type MessageContentInput,
  type Notice,
  type Session,
  type SettledMessage,
  type SettleMessageBody,
  type ToolCall,
  type Turn,
  type UploadedMedia,
  type UploadOptions,
} from "@onethread/sdk";
import { textContent } from "./outgoing-parts.ts";

export type { Channel, Conversation, Message, Notice, Session, ToolCall, Turn, UploadedMedia };

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
}

export interface Sending {
  readonly conversationId: string;
  readonly content: MessageContentInput;
  readonly idempotencyKey: string;
  /** ISO 8601; absent: now. */
  readonly sendAt?: string | undefined;
}

export interface InboxClient {
  listConversations(cursor: string | undefined): Promise<Page<Conversation>>;
  getConversation(id: string): Promise<Conversation>;
  /** The newest first. */
  listMessages(id: string, cursor: string | undefined): Promise<Page<Message>>;
  /** The newest first. */
  listTurns(id: string, cursor: string | undefined): Promise<Page<Turn>>;
  /** The newest first. */
  listSessions(id: string): Promise<readonly Session[]>;
  /** The calls that wait for a person, the newest first. */
  listWaitingToolCalls(id: string): Promise<readonly ToolCall[]>;
  approveToolCall(id: string): Promise<ToolCall>;
  denyToolCall(id: string): Promise<ToolCall>;
  /** Written by a person: the AI pauses. The same key and content: one message, however often it is called. */
  send(sending: Sending): Promise<Message>;
  uploadFile(file: File, options: UploadOptions): Promise<UploadedMedia>;
  /** Fetches the file of a customer's message again. */
  retryMedia(messageId: string): Promise<Message>;
  /** What is still to be sent, the next one first. */
  listScheduled(conversationId: string): Promise<readonly Message[]>;
  /** A time that has passed means now. */
  rescheduleMessage(id: string, sendAt: string): Promise<Message>;
  editText(id: string, edit: { readonly text: string; readonly sendAt: string }): Promise<Message>;
  /** The connected numbers, with what is reported of each. */
  listChannels(): Promise<readonly Channel[]>;
  /** The newest first. */
  listNotices(cursor: string | undefined): Promise<Page<Notice>>;
  cancelMessage(id: string): Promise<Message>;
  settleMessage(id: string, settlement: SettleMessageBody): Promise<SettledMessage>;
  /** The content of a failed or cancelled one as a new message; asked twice, it is one. */
  retryMessage(id: string): Promise<Message>;
  pauseAi(id: string): Promise<Conversation>;
  resumeAi(id: string): Promise<Conversation>;
  /** From another app on the same number. Throws where WhatsApp does not give it. */
  takeThread(id: string): Promise<ControlledThread>;
}

const PAGE = 50;
const from = (cursor: string | undefined): { readonly limit: number; readonly cursor?: string } =>
  cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor };

export function createInboxClient(access: { readonly baseUrl: string; readonly apiKey: string }): InboxClient {
  const { channels, conversations, media, messages, notices, turns, toolCalls } = createClient(access);
  return {
    listConversations: (cursor) => conversations.list(from(cursor)),
    getConversation: (id) => conversations.get(id),
    listMessages: (id, cursor) => conversations.messages(id, from(cursor)),
    send: ({ conversationId, content, idempotencyKey, sendAt }) => {
      const later = sendAt === undefined ? {} : { sendAt };
      return conversations.send(conversationId, { ...content, ...later }, { author: "human", idempotencyKey });
    },
    uploadFile: (file, options) => media.upload(file, options),
    retryMedia: (messageId) => messages.retryMedia(messageId),
    listScheduled: async (conversationId) => (await messages.listOpen({ status: "scheduled", conversationId })).data,
    rescheduleMessage: (id, sendAt) => messages.reschedule(id, sendAt),
    editText: (id, { text, sendAt }) => messages.edit(id, { content: textContent(text), sendAt }),
    listTurns: (conversationId, cursor) => turns.list({ conversationId, ...from(cursor) }),
    listSessions: async (id) => (await conversations.sessions(id, { limit: PAGE })).data,
    listWaitingToolCalls: async (conversationId) => (await toolCalls.list({ conversationId, state: "waiting" })).data,
    approveToolCall: (id) => toolCalls.approve(id),
    denyToolCall: (id) => toolCalls.deny(id),
    listChannels: async () => (await channels.list()).data,
    listNotices: (cursor) => notices.list(from(cursor)),
    cancelMessage: (id) => messages.cancel(id),
    settleMessage: (id, settlement) => messages.settle(id, settlement),
    retryMessage: (id) => messages.retry(id),
    pauseAi: (id) => conversations.pause(id, "inbox"),
    resumeAi: (id) => conversations.resume(id),
    takeThread: (id) => conversations.controlThread(id, { action: "take" }),
  };
}

export function isUnauthorised(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 401;
}

export function sentenceOf(error: unknown): string {
  return error instanceof ProblemError ? error.problem.detail : "The server cannot be reached. Check the connection and try again.";
}
