// Owns: the files of a message that leaves: our ids in its content become the provider's, after an upload where there is none yet; a gateway gets the file within the message.
// Refuses to know: rows of messages, and how often it is tried.
import type { BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import type { FileOfMessage, ProviderFiles } from "../media/provider-files.ts";
import type { EnclosedFile } from "../whatsapp/enclosed-file.ts";
import { refusedHere } from "../whatsapp/graph-answer.ts";
import { listOwnFiles, mapMediaNodes, ownFileId } from "../whatsapp/media-nodes.ts";
import { isGateway, type Provider } from "../whatsapp/providers.ts";
import type { Rejection, SendChannel, SendOutcome } from "../whatsapp/transport.ts";
import { fitContent } from "./fit-files.ts";

export interface LeavingMessage {
  readonly businessId: BusinessId;
  readonly channelId: string | null;
  /** Undefined: there is no channel. */
  readonly provider: Provider | undefined;
  readonly content: JsonObject | null;
}

export type PreparedFiles =
  /** `files`: those that it names. `enclosed`: those that go within the message. */
  | {
      readonly outcome: "ready";
      readonly content: JsonObject | null;
      readonly files: readonly FileOfMessage[];
      readonly enclosed?: readonly EnclosedFile[];
    }
  /** They have to be uploaded first. */
  | { readonly outcome: "missing"; readonly files: readonly FileOfMessage[] }
  /** What the provider calls them could not be looked up. */
  | { readonly outcome: "unread" }
  | { readonly outcome: "refused"; readonly rejection: Rejection };

/** `wait`: somebody else uploads it. */
export type UploadsEnd = { readonly outcome: "uploaded" | "wait" } | Rejection;

/** What is known of a message that has not left, or has been answered, must not get lost in a failure of ours: only `upload` throws. */
export interface SendFiles {
  /** Costs a message without a file of ours nothing. */
  prepare(message: LeavingMessage): Promise<PreparedFiles>;
  /** No message leaves by it: whatever it ends in, the message was certainly not sent. */
  upload(
    message: LeavingMessage & { readonly channel: SendChannel },
    files: readonly FileOfMessage[],
    signal: AbortSignal,
  ): Promise<UploadsEnd>;
  /**
   * `forgotten`: the refusal may be for the age of what the provider had; uploaded anew, the message may go out. `unread`: the same, and that could not be written down: the next
   * refusal says it again.
   */
  forgetStale(
    message: LeavingMessage,
    files: readonly FileOfMessage[],
    outcome: SendOutcome,
  ): Promise<"not stale" | "forgotten" | "unread">;
}

const GONE: Rejection = {
  ...refusedHere(
    "file gone",
    "The file of this message is not there any more. The message is kept unsent. Upload the file and send it again.",
  ),
  ourCode: "file_gone",
};
const FIRST_DELAY_MS = 2_000;
/** How an id that has ended is refused is not known for sure (platform sheet, section 7): each of these says that a parameter, or an object, is none. */
const STALE_CODES: ReadonlySet<number> = new Set([33, 100, 131_009, 131_053]);

export function createSendFiles({ providerFiles, log }: { readonly providerFiles: ProviderFiles; readonly log: Log }): SendFiles {
  /** Undefined: it failed. */
  async function attempt<T>(businessId: BusinessId, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      log.warn({ businessId, error }, "send.files-unread");
      return undefined;
    }
  }

  return {
    async prepare({ businessId, channelId, provider, content }) {
      const ids = content === null ? [] : listOwnFiles(content);
      if (content === null || ids.length === 0 || channelId === null || provider === undefined)
        return { outcome: "ready", content, files: [] };
      const files = await attempt(businessId, () => providerFiles.find({ businessId, channelId }, ids));
      if (files === undefined) return { outcome: "unread" };
      if (files.length < ids.length) return { outcome: "refused", rejection: GONE };
      // It may have been accepted for another channel, which takes other files.
      const fitted = fitContent(content, new Map(files.map((file) => [file.id, file])), provider);
      if (!fitted.ok) return { outcome: "refused", rejection: refusedHere("file not taken", `${fitted.reason} It was not sent.`) };
      if (isGateway(provider)) {
        const enclosed = files.map((file) => providerFiles.enclose(businessId, file));
        return { outcome: "ready", content, files: [], enclosed };
      }
      const missing = files.filter(({ providerId }) => providerId === undefined);
      if (missing.length > 0) return { outcome: "missing", files: missing };
      const names = new Map(files.map(({ id, providerId }) => [id, providerId]));
      const named = mapMediaNodes(content, (_kind, node) => {
        const providerId = names.get(ownFileId(node) ?? "");
        return providerId === undefined ? node : { ...node, id: providerId };
      });
      return { outcome: "ready", content: named, files };
    },
    async upload({ businessId, channelId, channel }, files, signal) {
      for (const file of files) {
        const end = await providerFiles.upload({ businessId, channelId: channelId ?? "", channel }, file, signal);
        if (end.outcome === "busy") return { outcome: "wait" };
        if (end.outcome === "uncertain") return notUploaded(`The file could not be uploaded to WhatsApp. ${end.reason}`);
        if (end.outcome === "unreadable") return UNREADABLE;
        if (end.outcome === "rejected") return end;
      }
      return { outcome: "uploaded" };
    },
    async forgetStale({ businessId, channelId }, files, outcome) {
      const stale = files.flatMap(({ isFresh, providerId }) => (isFresh || providerId === undefined ? [] : [providerId]));
      if (outcome.outcome !== "rejected" || !STALE_CODES.has(outcome.fault.code) || stale.length === 0 || channelId === null)
        return "not stale";
      const end = await attempt(businessId, async () => {
        await providerFiles.forget({ businessId, channelId }, stale);
        return "forgotten" as const;
      });
      return end ?? "unread";
    },
  };
}

/** True while it waits for another try, and when it has failed. */
function notUploaded(reason: string): Rejection {
  return { ...refusedHere("upload failed", `${reason} The message was not sent.`), retry: "backoff", minDelayMs: FIRST_DELAY_MS };
}

const UNREADABLE: Rejection = {
  ...notUploaded("The file could not be read from where files are kept. When it is there again, the message can be sent once more."),
  ourCode: "file_unreadable",
};
