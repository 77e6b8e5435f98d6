// Owns: having a template read anew because a message says that the copy is old: WhatsApp refused it, or it is not there. Refuses to know: messages.
import type { Database } from "../db/database.ts";
import { messageOf } from "../kernel/faults.ts";
import type { BusinessId } from "../kernel/ids.ts";
import type { JsonObject } from "../kernel/json.ts";
import type { Log } from "../kernel/log.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import { wantTemplate } from "./templates.queries.ts";

/** `content`: of a message that names a template. Never rejects: whoever asks has something else to do. */
export type WantTemplate = (
  businessId: BusinessId,
  message: { readonly channelId: string | null; readonly content: JsonObject | null },
) => Promise<void>;

export function createWantTemplate({ database, log }: { readonly database: Database; readonly log: Log }): WantTemplate {
  return async (businessId, { channelId, content }) => {
    const template = readObject(content ?? undefined, "template");
    const [name, language] = [readString(template, "name"), readString(readObject(template, "language"), "code")];
    if (channelId === null || name === undefined || language === undefined) return;
    try {
      await database.forBusiness(businessId).run(wantTemplate, { channelId, name, language });
    } catch (error) {
      log.warn({ businessId, error: messageOf(error) }, "templates.not-wanted");
    }
  };
}
