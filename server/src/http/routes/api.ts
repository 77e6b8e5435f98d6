// Owns: the list of the API's routes. Refuses to know: who may call them (app.ts puts them behind the authentication).
import type { ApiApp } from "../api-app.ts";
import type { AcceptMessage } from "../../outbound/accept-message.ts";
import { registerAccountRoutes, type AccountRoutesDeps } from "./account.ts";
import { registerCampaignRoutes, type CampaignRoutesDeps } from "./campaigns.ts";
import { registerConsentRoutes, type ConsentRoutesDeps } from "./consent.ts";
import { registerEventRoutes, type EventRoutesDeps } from "./events.ts";
import { registerConversationRoutes, type ConversationRoutesDeps } from "./conversations.ts";
import { registerReplySettingsRoutes, type ReplySettingsRoutesDeps } from "./reply-settings.ts";
import { registerResolveConversation, type ResolveConversationRouteDeps } from "./resolve-conversation.ts";
import { registerKnowledgeRoutes, type KnowledgeRoutesDeps } from "./knowledge.ts";
import { registerMediaRoutes, type MediaRoutesDeps } from "./media.ts";
import { registerNoticeRoutes, type NoticeRoutesDeps } from "./notices.ts";
import { registerSendMessage } from "./send-message.ts";
import { registerSettleMessages, type SettleMessagesRoutesDeps } from "./settle-messages.ts";
import { registerSessionRoutes, type SessionRoutesDeps } from "./sessions.ts";
import { registerTemplateManagement, type TemplateManagementDeps } from "./template-management.ts";
import { registerTemplateRoutes, type TemplateRoutesDeps } from "./templates.ts";
import { registerThreadControl, type ThreadControlDeps } from "./thread-control.ts";
import { registerTurnRoutes, type TurnRoutesDeps } from "./turns.ts";
import { registerUsageRoutes, type UsageRoutesDeps } from "./usage.ts";
import { registerToolRoutes, type ToolRoutesDeps } from "./tools.ts";

export interface ApiRoutesDeps
  extends
    ConversationRoutesDeps,
    CampaignRoutesDeps,
    ConsentRoutesDeps,
    MediaRoutesDeps,
    NoticeRoutesDeps,
    ResolveConversationRouteDeps,
    AccountRoutesDeps,
    KnowledgeRoutesDeps,
    EventRoutesDeps,
    TemplateManagementDeps,
    TemplateRoutesDeps,
    ThreadControlDeps,
    TurnRoutesDeps,
    ReplySettingsRoutesDeps,
    ToolRoutesDeps,
    SettleMessagesRoutesDeps,
    UsageRoutesDeps,
    SessionRoutesDeps {
  readonly acceptMessage: AcceptMessage;
}

export function registerApiRoutes(api: ApiApp, deps: ApiRoutesDeps): void {
  registerConversationRoutes(api, deps);
  registerThreadControl(api, deps);
  registerConsentRoutes(api, deps);
  registerMediaRoutes(api, deps);
  registerNoticeRoutes(api, deps);
  registerResolveConversation(api, deps);
  registerSendMessage(api, deps);
  registerSettleMessages(api, deps);
  registerKnowledgeRoutes(api, deps);
  registerEventRoutes(api, deps);
  registerToolRoutes(api, deps);
  registerTemplateRoutes(api, deps);
  registerTemplateManagement(api, deps);
  registerTurnRoutes(api, deps);
  registerSessionRoutes(api, deps);
  registerUsageRoutes(api, deps);
  registerCampaignRoutes(api, deps);
  registerReplySettingsRoutes(api, deps);
  registerAccountRoutes(api, deps);
}
