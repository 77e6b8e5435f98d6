// Owns: a file as the API shows it. Refuses to know: how it was fetched, and where it is kept.
import { z } from "zod";
import type { JsonObject } from "../kernel/json.ts";
import { readInteger, readObject, readString } from "../kernel/read-json.ts";
import { uuid } from "../kernel/shapes.ts";
import { mediaLink } from "./media-link.ts";

export const mediaSchema = z
  .object({
    id: uuid,
    state: z
      .enum(["pending", "ready", "failed", "refused"])
      .describe(
        "pending: it is being fetched, and `error` says what went wrong last. failed: it cannot be had. refused: it is not what may be kept.",
      ),
    mimeType: z.string().nullable().describe("What the file is, by its first bytes; until it is ready null."),
    fileName: z.string().nullable().describe("As the sender named it."),
    bytes: z.int().nullable(),
    url: z
      .string()
      .nullable()
      .describe(
        "Below this server, without a key, for about an hour: ask for the message again then. What is no picture, sound or video comes as a download.",
      ),
    thumbnailUrl: z.string().nullable().describe("Of a picture: WebP, at most 480 pixels wide and high."),
    width: z.int().nullable(),
    height: z.int().nullable(),
    error: z.object({ code: z.string(), text: z.string() }).nullable().describe("docs/media.md has the codes."),
    transcript: z
      .object({
        state: z.enum(["pending", "ready", "failed"]),
        text: z.string().nullable().describe("As a machine heard it; empty when it heard no words; null until it is ready."),
        language: z.string().nullable().describe("Such as en, where the model says it."),
        error: z.object({ code: z.string(), text: z.string() }).nullable().describe("pending: what went wrong last."),
      })
      .nullable()
      .describe(
        "What is said in a voice note of the customer, where the business wants it written down (`transcription` of the reply settings).",
      ),
  })
  .meta({ id: "Media" });

export type MediaView = Readonly<z.output<typeof mediaSchema>>;

const STATES: Readonly<Record<string, MediaView["state"]>> = { fetching: "pending", ready: "ready", failed: "failed", refused: "refused" };

const errorOf = (shown: JsonObject): MediaView["error"] => {
  const code = readString(shown, "errorCode");
  return code === undefined ? null : { code, text: readString(shown, "errorText") ?? "" };
};

function transcriptOf(shown: JsonObject | undefined): MediaView["transcript"] {
  if (shown === undefined) return null;
  const said = readString(shown, "state");
  const state = said === "ready" || said === "failed" ? said : "pending";
  return { state, text: readString(shown, "text") ?? null, language: readString(shown, "language") ?? null, error: errorOf(shown) };
}

/** `shown`: what media.queries.ts makes of a row. */
export function mediaViewOf(shown: JsonObject, nowMs = Date.now()): MediaView {
  const id = readString(shown, "id") ?? "";
  const state = STATES[readString(shown, "state") ?? ""] ?? "pending";
  const key = state === "ready" ? readString(shown, "key") : undefined;
  const linkTo = (variant: "file" | "thumbnail"): string | null =>
    key === undefined ? null : mediaLink({ businessId: readString(shown, "businessId") ?? "", id, variant }, key, nowMs);
  return {
    id,
    state,
    mimeType: readString(shown, "mimeType") ?? null,
    fileName: readString(shown, "fileName") ?? null,
    bytes: readInteger(shown, "bytes") ?? null,
    url: linkTo("file"),
    thumbnailUrl: shown["hasThumbnail"] === true ? linkTo("thumbnail") : null,
    width: readInteger(shown, "width") ?? null,
    height: readInteger(shown, "height") ?? null,
    error: errorOf(shown),
    transcript: transcriptOf(readObject(shown, "transcript")),
  };
}
