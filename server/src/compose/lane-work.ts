// Owns: what is done on each lane, put together from the features: replies with their responders and what they know, sends, sessions.
// Refuses to know: how lanes are claimed, how many at a time, and where a platform is reached.
import type { Responder } from "../answers/responder.ts";
import type { Database } from "../db/database.ts";
import type { FailPoints } from "../kernel/fail-points.ts";
import type { Log } from "../kernel/log.ts";
import type { ClaimedLane } from "../lanes/lane-store.ts";
import { createShowPicture } from "../media/pictures-to-show.ts";
import { createProviderFiles } from "../media/provider-files.ts";
import type { MediaStore } from "../media/media-store.ts";
import { createDeliver } from "../outbound/deliver.ts";
import { createSendFiles } from "../outbound/send-files.ts";
import type { OutsideHttp } from "../outside/outside-http.ts";
import { createGatherMemory } from "../replies/gather-memory.ts";
import { createIsOverBudget, READ_BUDGET_WITHIN_MS } from "../replies/read-budget.ts";
import { createReplyTurn, type ReplyTurn, type ReplyTurnDeps } from "../replies/reply-turn.ts";
import { createRegisterTurn, createTakeAnswer } from "../replies/answer-turn.ts";
import { createKnowledgeResponder } from "../responders/knowledge-responder.ts";
import { createWebhookResponder } from "../responders/webhook-responder.ts";
import { extractiveSummarizer } from "../sessions/extractive-summarizer.ts";
import { createFindSessionMemory } from "../sessions/session-memory.ts";
import { createTrackSession } from "../sessions/track-session.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import type { TransportOf } from "../whatsapp/transport.ts";
import type { UploadFile } from "../whatsapp/upload-file.ts";
import { createLazyModels, type LazyModels } from "./lazy-models.ts";
import type { Overrides } from "./parts.ts";
import type { Services } from "./services.ts";

export interface LaneWorkParts extends Pick<ReplyTurnDeps, "onTurn" | "wake"> {
  readonly database: Database;
  readonly log: Log;
  readonly failPoints: FailPoints;
  readonly outside: OutsideHttp;
  readonly overrides: Overrides;
  readonly services: Services;
  readonly transportOf: TransportOf;
  /** Where the files of messages are. */
  readonly mediaStore: MediaStore;
  /** To the Cloud API. */
  readonly uploadFile: UploadFile;
}

export interface LaneWork {
  readonly turn: ReplyTurn;
  readonly deliver: (lane: ClaimedLane, signal: AbortSignal) => Promise<void>;
  readonly trackSession: (lane: ClaimedLane, signal: AbortSignal) => Promise<void>;
}

export function createLaneWork(parts: LaneWorkParts): LaneWork {
  const { database, log, failPoints, outside, services, transportOf, mediaStore: store, uploadFile } = parts;
  const settings = services.replySettings;
  const models = createLazyModels({ settings, outside });
  const summarize = { extractive: extractiveSummarizer, model: models.summarizer };
  return {
    turn: createTurn(parts, models),
    deliver: createDeliver({
      database,
      learnSpelling: services.learnSpelling,
      actOnRefusal: services.actOnRefusal,
      onOldTemplate: services.wantTemplate,
      transportOf,
      files: createSendFiles({ providerFiles: createProviderFiles({ database, store, uploadFile }), log }),
      failPoints,
      log,
    }),
    trackSession: createTrackSession({ database, settings, summarize, failPoints, log }),
  };
}

function createTurn(parts: LaneWorkParts, models: LazyModels): ReplyTurn {
  const { database, log, failPoints, services, transportOf, mediaStore, wake, onTurn } = parts;
  return createReplyTurn({
    database,
    settings: services.replySettings,
    responderOf: createResponderOf(parts, models),
    gatherMemory: createGatherMemory({
      // Whatever they wait for, the commits of turns do not wait with them.
      findMemory: createFindSessionMemory({ database: database.optional }),
      searchKnowledge: services.searchForReply,
      failPoints,
      log,
    }),
    showPicture: createShowPicture({ store: mediaStore, log }),
    isOverBudget: createIsOverBudget({ database: database.optional, failPoints, log, withinMs: READ_BUDGET_WITHIN_MS }),
    transportOf,
    failPoints,
    log,
    wake,
    onTurn,
  });
}

function createResponderOf(parts: LaneWorkParts, models: LazyModels): (settings: ReplySettings) => Responder {
  const { database, log, outside, overrides, services } = parts;
  const { openTools, replySettings } = services;
  const responders: Readonly<Record<ReplySettings["responder"], Responder>> = {
    knowledge: createKnowledgeResponder({ knowledge: { search: services.searchForReply } }),
    model: models.responder({ openTools, log }),
    webhook: createWebhookResponder({
      settings: replySettings,
      outside,
      registerTurn: createRegisterTurn({ database }),
      takeAnswer: createTakeAnswer({ database }),
      checkParts: services.checkParts,
    }),
  };
  return ({ responder }) => overrides.responder ?? responders[responder];
}
