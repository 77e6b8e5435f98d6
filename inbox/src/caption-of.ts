// Owns: what a person wrote below a file. Refuses to know: the file.
import type { Message } from "./inbox-client.ts";

/** Undefined: nothing. `text` of the message says what it is as well ("Photo: …"), which is to be seen where the file is. */
export function captionOf({ type, content }: Pick<Message, "content" | "type">): string | undefined {
  const node = content[type];
  const caption = typeof node === "object" && node !== null && "caption" in node ? node.caption : undefined;
  return typeof caption === "string" && caption.trim() !== "" ? caption : undefined;
}
