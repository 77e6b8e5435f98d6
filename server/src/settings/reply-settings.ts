// Owns: how the customers of a business are answered: one document, its defaults and its rules. Refuses to know: where it is stored, and the secrets.
import { z } from "zod";
import { webAddress } from "../outside/web-address.ts";

const isTimeZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
};

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, "must be a time such as 09:30");
const span = z.tuple([clock, clock]).refine(([from, to]) => from < to, "must begin before it ends");
const day = z.array(span).max(6).default([]);
/** What a secret may be called. */
export const SECRET_NAME = /^[a-z][a-z0-9_]{0,63}$/;
const secretName = z.string().regex(SECRET_NAME, "must be the name of a secret, such as model_api_key");

/** As ids are written here. */
const FILE_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const hostName = z.string().regex(/^[a-z0-9.-]+$/i);

/** What a model's answer may hold beside text, each by the name of its tool. */
export const ANSWER_TOOLS = ["send_buttons", "send_list", "send_media", "send_template", "schedule_message"] as const;
export type AnswerToolName = (typeof ANSWER_TOOLS)[number];

/** What is open when, in the business's time zone. A day without an entry is closed. */
const officeHoursSchema = z.strictObject({ mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day });

/** One message of WhatsApp. */
const messageText = z.string().trim().min(1).max(4_096);
const optionalText = messageText.nullable().default(null);

const modelSchema = z.strictObject({
  provider: z.enum(["openai-compatible", "anthropic", "google"]),
  model: z.string().min(1).max(200),
  baseUrl: webAddress.optional().describe("Where the API is; needed for openai-compatible, such as http://127.0.0.1:11434/v1 for Ollama."),
  apiKeySecret: secretName.default("model_api_key").describe("The secret that holds the key; a server that needs none is asked without."),
  temperature: z.number().min(0).max(2).optional(),
  maxOutputTokens: z.int().min(16).max(32_000).default(1_000),
  price: z
    .strictObject({ inputPerMillion: z.number().min(0).max(10_000), outputPerMillion: z.number().min(0).max(10_000) })
    .optional()
    .describe("Per million tokens, in the currency of the budgets."),
});

const transcriptionSchema = z.strictObject({
  provider: z.enum(["openai-compatible", "google"]),
  model: z.string().min(1).max(200).describe("Such as whisper-1 or gemini-3.5-transcribe."),
  baseUrl: webAddress.optional().describe("Where the API is; needed for openai-compatible: /audio/transcriptions below it is asked."),
  apiKeySecret: secretName.default("model_api_key").describe("The secret that holds the key; a server that needs none is asked without."),
  maxSeconds: z.int().min(1).max(7_200).default(600).describe("A voice note that is known to be longer is not written down."),
  pricePerMinute: z.number().min(0).max(10_000).optional().describe("In the currency of the budgets, and counted in them."),
});

const budgetSchema = z
  .strictObject({
    tokensPerConversation: z.int().min(1).optional(),
    tokensPerBusiness: z.int().min(1).optional(),
    moneyPerConversation: z.number().positive().max(1_000_000).optional(),
    moneyPerBusiness: z.number().positive().max(1_000_000).optional(),
  })
  .describe("At most this much per day of the business's time zone; beyond it, a person is fetched.");

const consentWords = z.array(z.string().trim().min(2).max(60)).max(100).nullable().default(null);

/** Apart, because whoever stores messages needs nothing else of the document. */
export const consentSettingsSchema = z
  .strictObject({
    stopWords: consentWords.describe(
      "A message that is one of these opts out; null: the product's own, in seven languages (docs/consent.md).",
    ),
    startWords: consentWords.describe("A message that is one of these takes it back; null: the product's own."),
    confirms: z.boolean().default(true).describe("Whether such a word is confirmed, once each time that it changes something."),
    stopText: optionalText.describe("What is said then; null: a sentence in the language of the word, else of the business."),
    startText: optionalText.describe("What is said when messages are wanted again; null: likewise."),
  })
  .prefault({});

export type ConsentSettings = z.output<typeof consentSettingsSchema>;

export const replySettingsSchema = z.strictObject({
  responder: z.enum(["knowledge", "model", "webhook"]).default("knowledge").describe("What writes the replies."),
  timeZone: z.string().refine(isTimeZone, "must be an IANA time zone such as Europe/Lisbon").default("UTC"),
  replyLanguage: z
    .string()
    .regex(/^(auto|[a-z]{2,3}(-[A-Z]{2})?)$/, 'must be "auto" or a language such as pt-BR')
    .default("auto")
    .describe("auto: the customer's own."),
  staleAfterMs: z
    .int()
    .min(60_000)
    .max(86_400_000)
    .default(21_600_000)
    .describe("A message that is older than this when its turn comes is not answered: skipped as stale."),
  onFailure: z
    .enum(["handoff", "fallback"])
    .default("handoff")
    .describe("When no reply can be written: fetch a person, or say fallbackText."),
  fallbackText: messageText.default("Sorry, I cannot answer right now. Please try again in a moment."),
  handoffKeywords: z
    .array(z.string().trim().min(2).max(60))
    .max(50)
    .default([])
    .describe(
      "A message that contains one of these, as whole words, fetches a person at once; in addition to what findsHandoffWish finds.",
    ),
  findsHandoffWish: z
    .boolean()
    .default(true)
    .describe(
      "Whether the wish for a person (speak to a human, hablar con una persona, אני רוצה נציג) is understood in every language of the product.",
    ),
  consent: consentSettingsSchema,
  courtesyText: optionalText.describe(
    "Said in reply to a mere greeting or thank-you that no text of the business answers; null: nothing is said, and nobody is fetched.",
  ),
  loopBrake: z
    .strictObject({
      repeats: z
        .int()
        .min(1)
        .max(100)
        .default(4)
        .describe("The same text, apart from the numbers in it, has been answered this many times."),
      turns: z.int().min(2).max(1_000).default(15).describe("This many replies have been written."),
      withinMs: z.int().min(10_000).max(86_400_000).default(300_000).describe("Within this time."),
    })
    .nullable()
    .prefault({})
    .describe("Against machines that answer machines: then nothing is said (skipped as loop) until it is over. null: no brake."),
  resendUnknownAfterMs: z
    .int()
    .min(300_000)
    .max(604_800_000)
    .nullable()
    .default(null)
    .describe(
      "A message of which nobody knows so long whether it was sent is sent again, once, as a new message that says so: the customer may have both. null: a person decides.",
    ),
  handoffRepeatMs: z
    .int()
    .min(0)
    .max(86_400_000)
    .default(600_000)
    .describe(
      "When a person was fetched for the same reason less than this long ago, and nobody has said anything since, the customer is not told again.",
    ),
  officeHours: officeHoursSchema.nullable().default(null).describe("When people answer; null: always."),
  awayText: optionalText.describe("Said instead of the handoff text outside the office hours."),
  maxMessages: z.int().min(1).max(10).default(3).describe("Into how many messages a long reply may be split."),
  maxMessageLength: z.int().min(100).max(4_096).default(1_500).describe("Characters of one message of a reply."),
  allowedLinks: z
    .array(hostName)
    .max(100)
    .nullable()
    .default(null)
    .describe("Hosts that a model's reply may link to, with their subdomains; null: those in the business's own texts."),
  sessions: z
    .strictObject({
      inactivityMs: z.int().min(60_000).max(604_800_000).default(900_000).describe("Since the customer's last message."),
      newDay: z.boolean().default(false).describe("Whether a new day of the business's time zone begins a new session."),
      summaries: z.enum(["extractive", "model"]).default("extractive"),
    })
    .prefault({}),
  model: modelSchema.nullable().default(null),
  fallbackModel: modelSchema.nullable().default(null).describe("Asked when the model fails."),
  transcription: transcriptionSchema
    .nullable()
    .default(null)
    .describe(
      "What is said in customers' voice notes is written down by this model, and answered as if it had been written; null: not (docs/media.md).",
    ),
  pictures: z
    .strictObject({
      max: z.int().min(1).max(10).default(3).describe("Of those in the part of the thread that it is shown, the newest."),
      maxPixels: z.int().min(256).max(2_048).default(1_024).describe("Wide and high at most; larger ones are made smaller."),
    })
    .nullable()
    .default(null)
    .describe("Customers' pictures are shown to the model, which has to be one that sees; null: it is told that there is one."),
  filesWaitMs: z
    .int()
    .min(0)
    .max(60_000)
    .default(20_000)
    .describe(
      "How long a reply waits, from the message on, for the words of a voice note and for pictures that the model is to see; then it is written without.",
    ),
  systemPrompt: z.string().max(20_000).default(""),
  modelTimeoutMs: z.int().min(1_000).max(300_000).default(45_000).describe("For a whole reply, with the calls of its tools."),
  contextTokens: z.int().min(500).max(200_000).default(8_000).describe("At most this much of the thread is shown to the model."),
  budget: budgetSchema.prefault({}),
  tools: z
    .strictObject({
      maxCalls: z.int().min(0).max(50).default(8).describe("In one turn."),
      timeoutMs: z.int().min(100).max(60_000).default(10_000).describe("For one call."),
      approvalWaitMs: z.int().min(1_000).max(86_400_000).default(900_000).describe("How long a call waits for a person's approval."),
      withhold: z
        .array(z.enum(["handoff", "search_knowledge", "update_customer"]))
        .default([])
        .describe("Built-in tools that the model does not get."),
      offer: z
        .array(z.enum(ANSWER_TOOLS))
        .default([])
        .describe("Tools with which the model's answer may hold more than text: it gets those that are named here (docs/tools.md)."),
      mediaHosts: z
        .array(hostName)
        .max(100)
        .default([])
        .describe("Hosts from which send_media may take a file, with their subdomains; none: no file."),
      mediaFiles: z
        .array(
          z.strictObject({
            id: z.string().regex(FILE_ID, "must be the id of an uploaded file, as POST /api/v1/media names it"),
            about: z.string().min(1).max(200).describe("For the model: what it is."),
          }),
        )
        .max(50)
        .default([])
        .describe("Uploaded files that send_media may send; they are kept for as long as they are named here. None: no file."),
      templates: z
        .array(z.string().regex(/^[a-z0-9_]{1,512}$/, "must be the name of a template"))
        .max(50)
        .default([])
        .describe("Names of the templates that send_template may send; none: no template."),
      maxScheduled: z
        .int()
        .min(0)
        .max(20)
        .default(3)
        .describe("How many messages of the AI's may wait for their time in one conversation."),
      scheduleWithinMs: z
        .int()
        .min(60_000)
        .max(2_592_000_000)
        .default(604_800_000)
        .describe("How far ahead the AI may schedule a message."),
      scheduledYields: z
        .boolean()
        .default(true)
        .describe("Whether what the AI has scheduled is dropped when the customer has written in the meantime."),
    })
    .prefault({}),
  webhook: z
    .strictObject({
      url: webAddress,
      secretName: secretName.default("webhook_secret"),
      timeoutMs: z.int().min(500).max(60_000).default(15_000),
      answerWithinMs: z.int().min(1_000).max(86_400_000).default(120_000).describe("For an answer that comes later, through the API."),
    })
    .nullable()
    .default(null),
  embedding: z
    .strictObject({
      provider: z.enum(["openai-compatible", "google"]),
      model: z.string().min(1).max(200),
      baseUrl: webAddress.optional(),
      apiKeySecret: secretName.default("embedding_api_key"),
      dimensions: z.int().min(8).max(2_000),
    })
    .nullable()
    .default(null)
    .describe("Searches knowledge by meaning too, where the database has pgvector."),
});

export type ReplySettings = z.output<typeof replySettingsSchema>;
export type ModelSettings = z.output<typeof modelSchema>;
export type TranscriptionSettings = z.output<typeof transcriptionSchema>;
export type OfficeHours = z.output<typeof officeHoursSchema>;

export const DEFAULT_REPLY_SETTINGS: ReplySettings = replySettingsSchema.parse({});
