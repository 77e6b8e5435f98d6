// Owns: telling a reply that rests for the file of a message that it is known now what became of the file. A hint: without it the reply is written when its time
// is over.
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { Log } from "../kernel/log.ts";
import { wakeReplyOfMessage } from "../lanes/lane-locks.queries.ts";
import type { ReplySettingsStore } from "../settings/reply-settings-store.ts";

/** Never rejects. */
export type WakeForFile = (file: { readonly businessId: BusinessId; readonly messageId: string }) => Promise<void>;

export interface WakeForFileDeps {
  readonly database: Database;
  readonly settings: Pick<ReplySettingsStore, "find">;
  readonly log: Log;
  readonly wake: () => void;
}

export function createWakeForFile({ database, settings, log, wake }: WakeForFileDeps): WakeForFile {
  return async ({ businessId, messageId }) => {
    try {
      const { transcription, pictures } = await settings.find(businessId);
      if (transcription === null && pictures === null) return;
      if ((await database.forBusiness(businessId).execute(wakeReplyOfMessage, { messageId })) > 0) wake();
    } catch (error) {
      log.warn({ businessId, messageId, error: messageOf(error) }, "turn.not-woken");
    }
  };
}
