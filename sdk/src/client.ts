// Owns: the methods of the client, for the operations that programs around conversations need; all others are in openapi.json.
import type {
  Business,
  ChannelPage,
  ControlledThread,
  Conversation,
  ConversationPage,
  EventPage,
  GetUsageQuery,
  ListConversationsQuery,
  ListEventsQuery,
  ListMessagesQuery,
  ListNoticesQuery,
  ListOpenMessagesQuery,
  ListSessionsQuery,
  ListTemplatesQuery,
  ListToolCallsQuery,
  ListTurnsQuery,
  Media,
  Message,
  MessageContentInput,
  MessagePage,
  NoticePage,
  OpenMessages,
  PreviewTemplateBody,
  ResolveConversationInput,
  ResolvedConversation,
  SendMessageQuery,
  SessionPage,
  SettledMessage,
  SettleMessageBody,
  SyncTemplatesBody,
  Template,
  TemplateAccounts,
  TemplatePage,
  TemplatePreview,
  ThreadControlInput,
  ToolCall,
  ToolCallPage,
  Turn,
  TurnPage,
  Usage,
} from "./schema.ts";
import { createSendRequest, type ClientOptions, type Query, type SendRequest } from "./send-request.ts";
import { createUploadFile, type UploadFile } from "./upload-file.ts";

export interface ConversationFilter extends Omit<ListConversationsQuery, "open"> {
  readonly open?: boolean | undefined;
}

export interface SendOptions extends SendMessageQuery {
  /** Absent: one is made, so that a retry of this call never sends twice. Give your own to be safe across calls. */
  readonly idempotencyKey?: string;
}

export interface Client {
  readonly conversations: {
    list(filter?: ConversationFilter): Promise<ConversationPage>;
    /** Every conversation that matches, page after page. */
    all(filter?: Omit<ConversationFilter, "cursor">): AsyncGenerator<Conversation, void>;
    get(id: string): Promise<Conversation>;
    /** The one conversation of a person or a lead; started when there is none. Safe to repeat. */
    resolve(person: ResolveConversationInput): Promise<ResolvedConversation>;
    messages(id: string, query?: ListMessagesQuery): Promise<MessagePage>;
    allMessages(id: string, query?: Omit<ListMessagesQuery, "cursor">): AsyncGenerator<Message, void>;
    /** What was talked about, with the summaries, the newest first. */
    sessions(id: string, query?: ListSessionsQuery): Promise<SessionPage>;
    send(id: string, content: MessageContentInput, options?: SendOptions): Promise<Message>;
    pause(id: string, reason?: string): Promise<Conversation>;
    resume(id: string): Promise<Conversation>;
    close(id: string): Promise<Conversation>;
    open(id: string): Promise<Conversation>;
    /** Passes the thread to another app on the same number, releases it, or takes it. Safe to repeat, also where the outcome is `unknown`. */
    controlThread(id: string, wish: ThreadControlInput): Promise<ControlledThread>;
  };
  readonly messages: {
    get(id: string): Promise<Message>;
    /** Those that wait, are being sent, or may have been sent: the oldest first, at most 100. */
    listOpen(query: ListOpenMessagesQuery): Promise<OpenMessages>;
    /** When a scheduled one leaves; a time that has passed means now. */
    reschedule(id: string, sendAt: string): Promise<Message>;
    /** What a scheduled one says instead, and perhaps when it leaves. */
    edit(id: string, edit: { readonly content: MessageContentInput; readonly sendAt?: string }): Promise<Message>;
    /** While it is scheduled or queued. */
    cancel(id: string): Promise<Message>;
    /** Says what became of an unknown one; with `resend` its content goes out once more. */
    settle(id: string, settlement: SettleMessageBody): Promise<SettledMessage>;
    /** The content of a failed or cancelled one as a new message; asked twice, it is one. */
    retry(id: string): Promise<Message>;
    /** Fetches the file of a customer's message again, now. */
    retryMedia(id: string): Promise<Message>;
    /** Has the customer's voice note written down again, now. */
    retryTranscript(id: string): Promise<Message>;
  };
  readonly media: {
    /** Takes in a file to be sent, 100 MB at most; `withFile` makes a message of it. What nothing names within 7 days is removed. */
    upload: UploadFile;
    get(id: string): Promise<Media>;
  };
  readonly turns: {
    list(query: ListTurnsQuery): Promise<TurnPage>;
    all(query: Omit<ListTurnsQuery, "cursor">): AsyncGenerator<Turn, void>;
  };
  /** Calls of tools that a person has to approve. */
  readonly toolCalls: {
    list(filter?: ListToolCallsQuery): Promise<ToolCallPage>;
    approve(id: string): Promise<ToolCall>;
    deny(id: string): Promise<ToolCall>;
  };
  readonly events: {
    /** The oldest first. Keep `nextCursor` and give it back as `after`: nothing is missed, nothing comes twice. */
    list(query?: ListEventsQuery): Promise<EventPage>;
  };
  /** What the messages of some days come to: counted, and estimated by the rates that an operator has loaded. */
  readonly usage: { get(query?: GetUsageQuery): Promise<Usage> };
  readonly business: { get(): Promise<Business> };
  readonly channels: { list(): Promise<ChannelPage> };
  readonly notices: {
    /** What was reported about channels, accounts and templates, the newest first. */
    list(query?: ListNoticesQuery): Promise<NoticePage>;
  };
  readonly templates: {
    list(query?: ListTemplatesQuery): Promise<TemplatePage>;
    /** Every template that matches, page after page. */
    all(query?: Omit<ListTemplatesQuery, "cursor">): AsyncGenerator<Template, void>;
    get(id: string): Promise<Template>;
    /** Reads them from WhatsApp anew, for some seconds; what is left is read in the background. */
    sync(which?: SyncTemplatesBody): Promise<TemplateAccounts>;
    /** What a message would say with these parameters, and everything that does not fit. `content` is the message to send. */
    preview(id: string, parameters?: PreviewTemplateBody["components"]): Promise<TemplatePreview>;
  };
}

/** Answers that are not a success are thrown as ProblemError. */
export function createClient(options: ClientOptions): Client {
  const send = createSendRequest(options);
  const get = <T>(path: string, query: Query = {}): Promise<T> => answerOf<T>(send({ method: "GET", path, query }));
  return {
    conversations: createConversations(send, get),
    messages: createMessages(send, get),
    media: { upload: createUploadFile(options, send), get: (id) => get(`/media/${encodeURIComponent(id)}`) },
    turns: {
      list: (query) => get("/turns", { ...query }),
      all: (query) => eachItem((cursor) => get<TurnPage>("/turns", { ...query, cursor })),
    },
    toolCalls: {
      list: (filter = {}) => get("/tool-calls", { ...filter }),
      approve: (id) => answerOf(send({ method: "POST", path: `/tool-calls/${encodeURIComponent(id)}/approve` })),
      deny: (id) => answerOf(send({ method: "POST", path: `/tool-calls/${encodeURIComponent(id)}/deny` })),
    },
    events: { list: (query = {}) => get("/events", { ...query }) },
    usage: { get: (query = {}) => get("/usage", { ...query }) },
    business: { get: () => get("/business") },
    channels: { list: () => get("/channels") },
    notices: { list: (query = {}) => get("/notices", { ...query }) },
    templates: createTemplates(send, get),
  };
}

function createTemplates(send: SendRequest, get: Get): Client["templates"] {
  const pathOf = (id: string): string => `/templates/${encodeURIComponent(id)}`;
  return {
    list: (query = {}) => get("/templates", { ...query }),
    all: (query = {}) => eachItem((cursor) => get<TemplatePage>("/templates", { ...query, cursor })),
    get: (id) => get(pathOf(id)),
    sync: (which = {}) => answerOf(send({ method: "POST", path: "/templates/sync", body: which })),
    preview: (id, components = []) => answerOf(send({ method: "POST", path: `${pathOf(id)}/preview`, body: { components } })),
  };
}

function createMessages(send: SendRequest, get: Get): Client["messages"] {
  const pathOf = (id: string): string => `/messages/${encodeURIComponent(id)}`;
  return {
    get: (id) => get(pathOf(id)),
    listOpen: (query) => get("/messages", { ...query }),
    reschedule: (id, sendAt) => answerOf(send({ method: "PATCH", path: pathOf(id), body: { sendAt } })),
    edit: (id, edit) => answerOf(send({ method: "PATCH", path: pathOf(id), body: edit })),
    cancel: (id) => answerOf(send({ method: "POST", path: `${pathOf(id)}/cancel` })),
    settle: (id, settlement) => answerOf(send({ method: "POST", path: `${pathOf(id)}/settle`, body: settlement })),
    retry: (id) => answerOf(send({ method: "POST", path: `${pathOf(id)}/retry` })),
    retryMedia: (id) => answerOf(send({ method: "POST", path: `${pathOf(id)}/media/retry` })),
    retryTranscript: (id) => answerOf(send({ method: "POST", path: `${pathOf(id)}/transcript/retry` })),
  };
}

type Get = <T>(path: string, query?: Query) => Promise<T>;

function createConversations(send: SendRequest, get: Get): Client["conversations"] {
  const pathOf = (id: string): string => `/conversations/${encodeURIComponent(id)}`;
  const list = (filter: ConversationFilter = {}): Promise<ConversationPage> => get("/conversations", { ...filter });
  const messages = (id: string, query: ListMessagesQuery = {}): Promise<MessagePage> => get(`${pathOf(id)}/messages`, { ...query });
  const change = (id: string, action: string, body?: object): Promise<Conversation> =>
    answerOf(send({ method: "POST", path: `${pathOf(id)}/${action}`, ...(body === undefined ? {} : { body }) }));
  return {
    list,
    all: (filter) => eachItem((cursor) => list({ ...filter, cursor })),
    get: (id) => get(pathOf(id)),
    resolve: (person) => answerOf(send({ method: "POST", path: "/conversations/resolve", body: person })),
    messages,
    sessions: (id, query = {}) => get(`${pathOf(id)}/sessions`, { ...query }),
    allMessages: (id, query) => eachItem((cursor) => messages(id, { ...query, cursor })),
    send: (id, content, { idempotencyKey = crypto.randomUUID(), ...query } = {}) => {
      const headers = { "idempotency-key": idempotencyKey };
      return answerOf(send({ method: "POST", path: `${pathOf(id)}/messages`, query, body: content, headers }));
    },
    pause: (id, reason) => change(id, "pause", reason === undefined ? {} : { reason }),
    resume: (id) => change(id, "resume"),
    close: (id) => change(id, "close"),
    open: (id) => change(id, "open"),
    controlThread: (id, wish) => answerOf(send({ method: "POST", path: `${pathOf(id)}/thread-control`, body: wish })),
  };
}

/** The API's contract says what an answer is (a test compares openapi.json with the server); it is not checked a second time here. */
async function answerOf<T>(answer: Promise<unknown>): Promise<T> {
  return (await answer) as T;
}

interface Page<Item> {
  readonly data: readonly Item[];
  readonly nextCursor: string | null;
}

async function* eachItem<Item>(readPage: (cursor: string | undefined) => Promise<Page<Item>>): AsyncGenerator<Item, void> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<Item> = await readPage(cursor);
    yield* page.data;
    cursor = page.nextCursor;
  }
}
