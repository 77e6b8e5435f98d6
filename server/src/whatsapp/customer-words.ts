// Owns: of a customer's message, only the words that they wrote or chose themselves: what may be searched as a question. Pure. Refuses to know:
// our labels, file names, addresses, cards, names of form fields, bodies of the system; whether anything is answered.
import type { JsonObject } from "../kernel/json.ts";
import { readFormWords } from "./form-answer.ts";
import { readObject, readString } from "../kernel/read-json.ts";
import type { MessageType } from "./message-kinds.ts";

type Reader = (content: JsonObject) => string | undefined;

/** Null where there are no words of theirs in it. */
const READERS: Readonly<Record<MessageType, Reader | null>> = {
  text: (content) => readString(readObject(content, "text"), "body"),
  image: (content) => captionOf(readObject(content, "image")),
  video: (content) => captionOf(readObject(content, "video")),
  audio: null,
  document: (content) => captionOf(readObject(content, "document")),
  sticker: null,
  location: null,
  contacts: null,
  interactive: (content) => interactiveWords(readObject(content, "interactive")),
  button: (content) => readString(readObject(content, "button"), "text"),
  reaction: null,
  order: (content) => readString(readObject(content, "order"), "text"),
  poll: (content) => readString(readObject(content, "poll"), "name"),
  poll_vote: null,
  pin: null,
  edit: (content) => editedWords(readObject(readObject(content, "edit"), "message")),
  revoke: null,
  call: null,
  placeholder: null,
  system: null,
  template: null,
  unsupported: null,
  unknown: null,
};
const BY_TYPE: ReadonlyMap<string, Reader | null> = new Map(Object.entries(READERS));

/** Null when the customer wrote none. `content` in the Cloud API's shape, as it is stored of every provider. */
export function customerWords({ type, content }: { readonly type: string; readonly content: JsonObject }): string | null {
  const words = BY_TYPE.get(type)?.(content)?.trim();
  return words === undefined || words === "" ? null : words;
}

/** Some apps write the name of a file as its caption. */
export function captionOf(media: JsonObject | undefined): string | undefined {
  const caption = readString(media, "caption");
  return caption === readString(media, "filename") ? undefined : caption;
}

/** The title of what was tapped or chosen; of a form what was written into it; of a message with buttons (another business wrote) its body. */
function interactiveWords(interactive: JsonObject | undefined): string | undefined {
  const kind = readString(interactive, "type") ?? "";
  const answer = readObject(interactive, kind);
  if (kind === "nfm_reply") return readFormWords(answer);
  if (kind === "call_permission_reply") return undefined;
  if (kind === "event") return joined([readString(answer, "name"), readString(answer, "description")]);
  if (kind === "payment") return readString(answer, "note");
  return kind.endsWith("_reply") ? readString(answer, "title") : readString(readObject(interactive, "body"), "text");
}

function editedWords(message: JsonObject | undefined): string | undefined {
  const type = readString(message, "type");
  if (message === undefined || type === undefined || type === "edit") return undefined;
  return customerWords({ type, content: message }) ?? undefined;
}

function joined(parts: readonly (string | undefined)[]): string | undefined {
  const text = parts.filter((part) => part !== undefined).join("\n");
  return text === "" ? undefined : text;
}
