// Owns: which messages come of a text and some files. Refuses to know: how they are sent.
import { withFile } from "@onethread/sdk";
import type { MessageContentInput, UploadedMedia } from "@onethread/sdk";

export type FileToSend = Pick<UploadedMedia, "id" | "kind">;

/** WhatsApp's bound. */
const CAPTION_MAX = 1024;
const WITH_CAPTION: ReadonlySet<FileToSend["kind"]> = new Set(["image", "video", "document"]);

export const textContent = (body: string): MessageContentInput => ({ type: "text", text: { body } });

export interface OutgoingPart {
  readonly content: MessageContentInput;
  /** Whose file it sends. */
  readonly fileId: string | undefined;
  readonly hasText: boolean;
}

/** The files in their order, the text below the first one that can have it; otherwise it comes after them, as a message of its own. */
export function outgoingParts(text: string, files: readonly FileToSend[]): readonly OutgoingPart[] {
  const bearer = text === "" || text.length > CAPTION_MAX ? undefined : files.find(({ kind }) => WITH_CAPTION.has(kind));
  const parts = files.map((file) => {
    const hasText = file === bearer;
    return { content: withFile(file, hasText ? { caption: text } : {}), fileId: file.id, hasText };
  });
  return text === "" || bearer !== undefined ? parts : [...parts, { content: textContent(text), fileId: undefined, hasText: true }];
}
