// Owns: what is said of a message whose words do not say it all: the one list of words for its kinds. Refuses to know: who reads it, and its content.

interface Said {
  readonly type: string;
  readonly text: string | null;
}

const LABELS: ReadonlyMap<string, string> = new Map([
  ["text", "an empty message"],
  ["image", "a picture"],
  ["video", "a video"],
  ["audio", "a voice message"],
  ["sticker", "a sticker"],
  ["document", "a file"],
  ["location", "a location"],
  ["contacts", "a contact card"],
  ["order", "an order"],
  ["poll", "a poll"],
  ["poll_vote", "a vote in a poll"],
  ["call", "a call"],
  ["placeholder", "something that can be seen on the phone only"],
  ["system", "a notice of WhatsApp"],
  ["interactive", "a message with buttons, a list or a form"],
  ["button", "a button"],
  ["template", "a message from a template"],
  ["reaction", "a reaction"],
  ["edit", "a change of an earlier message"],
  ["pin", "a pinned message"],
  ["revoke", "an earlier message taken back"],
  ["unsupported", "something that WhatsApp does not pass on"],
]);

const WITH_CAPTION: ReadonlySet<string> = new Set(["image", "video", "document"]);

/** Never the name of a type, which is no word for people. */
export function labelOf(type: string): string {
  return LABELS.get(type) ?? "something that cannot be shown";
}

/** What a caption belongs to is said too. */
export function describeMessage(message: Said, label: (type: string) => string = labelOf): string {
  const { type, text } = message;
  const written = text?.trim() ?? "";
  if (text === null || written === "") return `(${label(type)})`;
  if (type === "audio") return `(${label(type)}: ${written})`;
  return WITH_CAPTION.has(type) ? `(${label(type)}) ${written}` : text;
}
