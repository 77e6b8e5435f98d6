// Owns: the routes for the files of messages: what is known of one, fetching it again, and having a voice note written down again.
import { messageSchema } from "../../conversations/message-view.ts";
import type { ConversationReader } from "../../conversations/read-conversations.ts";
import { Fault } from "../../kernel/faults.ts";
import type { MediaFiles } from "../../media/media-files.ts";
import { mediaSchema } from "../../media/media-view.ts";
import type { UploadMedia } from "../../media/upload-media.ts";
import type { RetryTranscripts } from "../../transcripts/retry-transcripts.ts";
import { notFound, requireUuid, type ApiApp } from "../api-app.ts";
import { idParams, problemAnswers } from "../api-schemas.ts";
import { callerOf } from "../authenticate.ts";
import { registerUploadMedia } from "./upload-media.ts";

export interface MediaRoutesDeps {
  readonly conversations: ConversationReader;
  readonly mediaFiles: MediaFiles;
  readonly retryTranscripts: RetryTranscripts;
  readonly uploadMedia: UploadMedia;
}

export function registerMediaRoutes(api: ApiApp, deps: MediaRoutesDeps): void {
  const { conversations, mediaFiles, uploadMedia } = deps;
  registerUploadMedia(api, { uploadMedia });
  registerRetryTranscript(api, deps);

  const find = {
    operationId: "getMedia",
    summary: "Read what is known of a file, with links to it once it is there",
    params: idParams,
    response: { 200: mediaSchema, ...problemAnswers },
  };
  api.get("/media/:id", { schema: find }, async (request) => {
    const found = await mediaFiles.find(callerOf(request).businessId, requireUuid(request.params.id, "file"));
    if (found === undefined) throw notFound("file");
    return found;
  });

  const retry = {
    operationId: "retryMessageMedia",
    summary: "Fetch the file of a message again, now; one that is there is left alone",
    params: idParams,
    response: { 202: messageSchema, ...problemAnswers },
  };
  api.post("/messages/:id/media/retry", { schema: retry }, async (request, reply) => {
    const { businessId } = callerOf(request);
    const id = requireUuid(request.params.id, "message with a file");
    const outcome = await mediaFiles.retry(businessId, id);
    if (outcome === "ready") throw new Fault("media_ready", "The file of this message is there already. Nothing was changed.");
    const message = outcome === "not_found" ? undefined : await conversations.findMessage(businessId, id);
    if (message === undefined) throw notFound("message with a file");
    return reply.code(202).send(message);
  });
}

function registerRetryTranscript(api: ApiApp, { conversations, retryTranscripts }: MediaRoutesDeps): void {
  const schema = {
    operationId: "retryMessageTranscript",
    summary: "Have a voice note written down again, now; one that is written down is left alone, and so is a reply that was given",
    params: idParams,
    response: { 202: messageSchema, ...problemAnswers },
  };
  api.post("/messages/:id/transcript/retry", { schema }, async (request, reply) => {
    const { businessId } = callerOf(request);
    const id = requireUuid(request.params.id, "voice note with a transcript");
    const outcome = await retryTranscripts.retry(businessId, id);
    if (outcome === "ready") throw new Fault("transcript_ready", "The voice note is written down already. Nothing was changed.");
    const message = outcome === "not_found" ? undefined : await conversations.findMessage(businessId, id);
    if (message === undefined) throw notFound("voice note with a transcript");
    return reply.code(202).send(message);
  });
}
