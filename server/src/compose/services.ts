// Owns: building each feature once, for HTTP, the workers, the command line, the tests and the bench alike. Every dependency is there.
// Refuses to know: who uses them. What only a running process has (intake, lanes, transports) is built by start-onethread.ts and start-worker.ts.
import { createApiKeys, createFindCaller, type ApiKeys, type FindCaller } from "../businesses/api-keys.ts";
import { createBusinesses, type Businesses } from "../businesses/businesses.ts";
import { createChangeBusiness, type ChangeBusiness } from "../businesses/change-business.ts";
import { createChannels, type Channels } from "../businesses/channels.ts";
import { createListNotices, type ListNotices } from "../businesses/list-notices.ts";
import { createCampaigns, type Campaigns } from "../campaigns/manage-campaigns.ts";
import { createReportCampaign, type ReportCampaign } from "../campaigns/report-campaign.ts";
import { createFillList } from "../campaigns/fill-list.ts";
import { createSelectList, type SelectList } from "../campaigns/select-list.ts";
import { createSendTest, type SendTest } from "../campaigns/send-test.ts";
import { createUploadList, type UploadList } from "../campaigns/upload-list.ts";
import { createControlThread, type ControlThread } from "../conversations/control-thread.ts";
import { createConsent, type Consent } from "../conversations/consent.ts";
import { createCustomerFacts, type CustomerFacts } from "../conversations/customer-facts.ts";
import { createConversationReader, type ConversationReader } from "../conversations/read-conversations.ts";
import { createBeginConversations, type BeginConversations } from "../conversations/begin-conversations.ts";
import { createResolveConversation, type ResolveConversation } from "../conversations/resolve-conversation.ts";
import { createSetConversationState, type SetConversationState } from "../conversations/set-conversation-state.ts";
import type { Database } from "../db/database.ts";
import { createReadEvents, type ReadEvents } from "../events/read-events.ts";
import { createMergeByHand, type MergeByHand } from "../identity/merge-by-hand.ts";
import { createLearnSpelling, type LearnSpelling } from "../identity/learn-spelling.ts";
import { createClaimIdentity, createSettleIdentity, type ClaimIdentity, type SettleIdentity } from "../identity/settle-identity.ts";
import { createSplitConversations, type SplitConversations } from "../identity/split-conversations.ts";
import type { WebhookIntake } from "../ingest/webhook-intake.ts";
import { createWebhookLog, type WebhookLogWriter } from "../ingest/webhook-log.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { Log } from "../kernel/log.ts";
import { createFindEmbedder } from "../knowledge/embed-texts.ts";
import { createIndexWorker, type IndexWorker } from "../knowledge/index-worker.ts";
import { createKnowledgeBase, type KnowledgeBase } from "../knowledge/knowledge-base.ts";
import { createSearchKnowledge, type SearchKnowledge } from "../knowledge/search-knowledge.ts";
import { createOpenUpload } from "../media/open-upload.ts";
import { createMediaFiles, type MediaFiles } from "../media/media-files.ts";
import type { MediaStore } from "../media/media-store.ts";
import { createActOnRefusal, type ActOnRefusal } from "../outbound/act-on-refusal.ts";
import { createAcceptMessage, type AcceptMessage } from "../outbound/accept-message.ts";
import { fitFiles } from "../outbound/fit-files.ts";
import { createSettleMessages, type SettleMessages } from "../outbound/settle-messages.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import { createAiSwitch, type AiSwitch } from "../replies/ai-switch.ts";
import type { CheckParts } from "../answers/answer-part.ts";
import { createCheckAnswerParts } from "../outbound/check-answer-parts.ts";
import { createAnswerTurn, type AnswerTurn } from "../replies/answer-turn.ts";
import { createFindTurn, type FindTurn } from "../replies/find-turn.ts";
import { createReplySettingsStore, type ReplySettingsStore } from "../settings/reply-settings-store.ts";
import { createCloseSession, type CloseSession } from "../sessions/close-session.ts";
import { createListSessions, type ListSessions } from "../sessions/read-sessions.ts";
import { createRebuildSessions, type RebuildSessions } from "../sessions/rebuild-sessions.ts";
import { createManageTemplates, type ManageTemplates } from "../templates/manage-templates.ts";
import { createReadTemplates, type ReadTemplates } from "../templates/read-templates.ts";
import { createWantTemplate, type WantTemplate } from "../templates/want-template.ts";
import { createResumeCategory, type ResumeCategory } from "../templates/resume-category.ts";
import { createSyncTemplates, type SyncTemplates } from "../templates/sync-templates.ts";
import { createBusinessTools, type BusinessTools } from "../tools/business-tools.ts";
import { createOpenTools, type OpenToolsWithEnd } from "../tools/open-tools.ts";
import { createToolCalls, type ToolCalls } from "../tools/tool-calls.ts";
import { createRates, type Rates } from "../usage/rates.ts";
import { createRetryTranscripts, type RetryTranscripts } from "../transcripts/retry-transcripts.ts";
import { createReadUsage, type ReadUsage } from "../usage/read-usage.ts";
import { createTryTool, type TryTool } from "../tools/try-tool.ts";
import type { ThreadPlatform } from "../whatsapp/graph-thread-control.ts";
import type { TemplatePlatform } from "../whatsapp/template-platform.ts";

export interface ServiceParts {
  readonly database: Database;
  readonly log: Log;
  readonly failPoints: FailPoints;
  /** For requests to addresses that a business has chosen. */
  readonly outside: OutsideHttp;
  /** Where the templates of accounts are read and managed. */
  readonly templatePlatform: TemplatePlatform;
  /** Where threads are passed on, released and taken. */
  readonly threadPlatform: ThreadPlatform;
  /** Where the files of messages are. */
  readonly mediaStore: Pick<MediaStore, "open">;
  /** Wakes the workers; called after commits only. A worker that is not woken finds the work a little later. */
  readonly wake: (kind: "send" | "reply" | "session" | "knowledge" | "media" | "transcript") => void;
  /** A person became known without a webhook. */
  readonly onKnown: WebhookIntake["applyWaitingFor"];
}

export interface Services {
  readonly actOnRefusal: ActOnRefusal;
  readonly acceptMessage: AcceptMessage;
  readonly aiSwitch: AiSwitch;
  readonly answerTurn: AnswerTurn;
  readonly apiKeys: ApiKeys;
  readonly beginConversations: BeginConversations;
  readonly businesses: Businesses;
  readonly businessTools: BusinessTools;
  readonly campaigns: Campaigns;
  readonly checkParts: CheckParts;
  readonly changeBusiness: ChangeBusiness;
  readonly channels: Channels;
  readonly closeSession: CloseSession;
  readonly consent: Consent;
  readonly controlThread: ControlThread;
  readonly conversations: ConversationReader;
  readonly customerFacts: CustomerFacts;
  readonly findCaller: FindCaller;
  readonly findTurn: FindTurn;
  /** Not started; a command indexes with it what it has just added. */
  readonly indexWorker: IndexWorker;
  readonly knowledge: KnowledgeBase;
  readonly learnSpelling: LearnSpelling;
  readonly listNotices: ListNotices;
  readonly listSessions: ListSessions;
  readonly mediaFiles: MediaFiles;
  readonly manageTemplates: ManageTemplates;
  readonly mergeByHand: MergeByHand;
  readonly openTools: OpenToolsWithEnd;
  readonly rates: Rates;
  readonly readEvents: ReadEvents;
  readonly readUsage: ReadUsage;
  readonly rebuildSessions: RebuildSessions;
  readonly replySettings: ReplySettingsStore;
  readonly resolveConversation: ResolveConversation;
  readonly resumeCategory: ResumeCategory;
  readonly retryTranscripts: RetryTranscripts;
  readonly searchForReply: SearchKnowledge;
  readonly selectList: SelectList;
  readonly sendTest: SendTest;
  readonly setConversationState: SetConversationState;
  readonly settleIdentity: SettleIdentity;
  readonly settleMessages: SettleMessages;
  readonly splitConversations: SplitConversations;
  readonly syncTemplates: SyncTemplates;
  readonly templates: ReadTemplates;
  readonly toolCalls: ToolCalls;
  readonly tryTool: TryTool;
  readonly reportCampaign: ReportCampaign;
  readonly uploadList: UploadList;
  readonly wantTemplate: WantTemplate;
  readonly webhookLog: WebhookLogWriter;
}

export function createServices(parts: ServiceParts): Services {
  const { database, log, outside, wake } = parts;
  const settings = createReplySettingsStore({ database, log });
  const claimIdentity = createClaimIdentity({ database, log });
  const identity = createIdentityServices(parts, claimIdentity);
  const customerFacts = createCustomerFacts({ database });
  const businessTools = createBusinessTools({ database });
  const apart = {
    ...createKnowledgeServices(parts, settings),
    ...createUsageServices(database, settings),
    ...createCampaignServices({ ...parts, ...identity }),
    ...identity,
    ...createTemplateServices(parts),
  };
  const knowledge = { search: apart.searchForReply };
  const sending = createSendServices(parts, apart.wantTemplate);
  const { checkParts } = sending;
  return {
    ...apart,
    ...sending,
    actOnRefusal: createActOnRefusal({ database, onOldTemplate: apart.wantTemplate, log }),
    aiSwitch: createAiSwitch({ database }),
    answerTurn: createAnswerTurn({ database, settings, checkParts, wake }),
    apiKeys: createApiKeys({ database }),
    businesses: createBusinesses({ database }),
    businessTools,
    changeBusiness: createChangeBusiness({ database }),
    channels: createChannels({ database }),
    closeSession: createCloseSession({ database, settings, wake }),
    consent: createConsent({ database }),
    controlThread: createControlThread({ database, log, platform: parts.threadPlatform }),
    conversations: createConversationReader({ database }),
    customerFacts,
    findCaller: createFindCaller({ database }),
    findTurn: createFindTurn({ database }),
    learnSpelling: createLearnSpelling({ claimIdentity, log }),
    listNotices: createListNotices({ database }),
    listSessions: createListSessions({ database }),
    mediaFiles: createMediaFiles({ database, wake }),
    openTools: createOpenTools({ ...parts, businessTools, facts: customerFacts, knowledge, settings, checkParts }),
    readEvents: createReadEvents({ database }),
    rebuildSessions: createRebuildSessions({ database, settings }),
    replySettings: settings,
    retryTranscripts: createRetryTranscripts({ database, wake }),
    setConversationState: createSetConversationState({ database }),
    toolCalls: createToolCalls({ database, wake }),
    tryTool: createTryTool({ tools: businessTools, settings, outside }),
    webhookLog: createWebhookLog({ db: database.acrossBusinesses, log }),
  };
}

function createIdentityServices(
  { database, log, onKnown }: ServiceParts,
  claimIdentity: ClaimIdentity,
): Pick<Services, "beginConversations" | "mergeByHand" | "resolveConversation" | "settleIdentity" | "splitConversations"> {
  return {
    beginConversations: createBeginConversations({ database, onKnown }),
    mergeByHand: createMergeByHand({ database, log }),
    resolveConversation: createResolveConversation({ database, claimIdentity, onKnown }),
    settleIdentity: createSettleIdentity({ database, log }),
    splitConversations: createSplitConversations({ database, log }),
  };
}

function createCampaignServices(
  deps: Pick<ServiceParts, "database" | "wake"> & Pick<Services, "resolveConversation">,
): Pick<Services, "campaigns" | "reportCampaign" | "selectList" | "sendTest" | "uploadList"> {
  const { database } = deps;
  const fillList = createFillList({ database, fitFiles });
  return {
    sendTest: createSendTest(deps),
    reportCampaign: createReportCampaign({ database }),
    campaigns: createCampaigns({ database, fitFiles }),
    selectList: createSelectList({ database, fillList }),
    uploadList: createUploadList({ fillList }),
  };
}

function createSendServices(
  { database, wake }: ServiceParts,
  onOldTemplate: WantTemplate,
): Pick<Services, "acceptMessage" | "checkParts" | "settleMessages"> {
  const acceptMessage = createAcceptMessage({ database, wake, onOldTemplate });
  const checkParts = createCheckAnswerParts({ database, onOldTemplate });
  return { acceptMessage, checkParts, settleMessages: createSettleMessages({ database, acceptMessage }) };
}

function createUsageServices(database: Database, settings: ReplySettingsStore): Pick<Services, "rates" | "readUsage"> {
  return { rates: createRates({ database }), readUsage: createReadUsage({ database, settings }) };
}

function createTemplateServices({
  database,
  log,
  templatePlatform: platform,
  mediaStore: store,
}: ServiceParts): Pick<Services, "manageTemplates" | "resumeCategory" | "syncTemplates" | "templates" | "wantTemplate"> {
  const syncTemplates = createSyncTemplates({ database, platform, log });
  return {
    manageTemplates: createManageTemplates({ database, platform, findFile: createOpenUpload({ database, store }) }),
    resumeCategory: createResumeCategory({ database }),
    syncTemplates,
    templates: createReadTemplates({ database, syncTemplates }),
    wantTemplate: createWantTemplate({ database, log }),
  };
}

function createKnowledgeServices(
  { database, log, failPoints, outside, wake }: ServiceParts,
  settings: ReplySettingsStore,
): Pick<Services, "indexWorker" | "knowledge" | "searchForReply"> {
  const findEmbedder = createFindEmbedder({ settings, outside });
  const onQueued = (): void => {
    wake("knowledge");
  };
  return {
    indexWorker: createIndexWorker({ database, log, failPoints, outside, findEmbedder }),
    knowledge: createKnowledgeBase({ database, failPoints, log, findEmbedder, onQueued }),
    // Whatever it waits for, the commits of other businesses do not wait with it.
    searchForReply: createSearchKnowledge({ database: database.optional, failPoints, log, findEmbedder }),
  };
}
