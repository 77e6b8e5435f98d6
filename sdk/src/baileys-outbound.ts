// Owns: the content of a message in the Cloud API's shape as Baileys takes it. Refuses to know: whom it goes to.

export type Content = Readonly<Record<string, unknown>>;

/** What Onethread tells of the message that this one names. */
export interface NamedKey {
  readonly fromMe: boolean;
  readonly participant?: string;
  readonly text?: string;
}

export function readNamed(named: unknown): NamedKey {
  if (!isRecord(named)) return { fromMe: false };
  const { fromMe, participant, text } = named;
  return {
    fromMe: fromMe === true,
    ...(typeof participant === "string" && { participant }),
    ...(typeof text === "string" && { text }),
  };
}

/** Baileys takes author and words of a quote from whoever quotes: it keeps no messages. */
export function toQuoted(id: string, to: string, { text, ...key }: NamedKey): Content {
  return { key: { remoteJid: to, id, ...key }, message: { conversation: text ?? "" } };
}

interface Sending {
  readonly node: Content;
  readonly content: Content;
  readonly to: string;
  /** The message that this one changes. */
  readonly target: NamedKey;
}

type Maker = (sending: Sending) => Content | undefined;

const MAKERS: ReadonlyMap<unknown, Maker> = new Map<string, Maker>([
  ["text", ({ node }) => ({ text: textIn(node, "body") ?? "" })],
  ["image", ({ node }) => withFile(node, (file) => ({ image: file, ...mimetypeOf(node), ...captionOf(node) }))],
  ["video", ({ node }) => withFile(node, (file) => ({ video: file, ...mimetypeOf(node), ...captionOf(node) }))],
  ["document", ({ node }) => withFile(node, (file) => ({ document: file, ...documentOf(node), ...captionOf(node) }))],
  ["audio", ({ node }) => withFile(node, (file) => ({ audio: file, mimetype: typeOf(node) ?? VOICE, ptt: node["voice"] === true }))],
  ["sticker", ({ node }) => withFile(node, (file) => ({ sticker: file }))],
  ["location", ({ node }) => ({ location: placeOf(node) })],
  ["contacts", ({ content }) => contactsOf(content["contacts"])],
  ["poll", ({ node }) => ({ poll: pollOf(node) })],
  ["reaction", ({ node, to, target: { text: _text, ...key } }) => ({ react: reactionOf(node, { remoteJid: to, ...key }) })],
]);

const VOICE = "audio/ogg; codecs=opus";

/** Undefined when Baileys cannot send it. */
export function toBaileysContent(content: Content, to: string, target: NamedKey = { fromMe: false }): Content | undefined {
  const type = content["type"];
  const node = typeof type === "string" && isRecord(content[type]) ? content[type] : {};
  return MAKERS.get(type)?.({ node, content, to, target });
}

function textIn(node: Content, key: string): string | undefined {
  return typeof node[key] === "string" ? node[key] : undefined;
}

/** A link, which Baileys fetches, or the bytes themselves. */
function withFile(node: Content, make: (file: Content | Uint8Array) => Content): Content | undefined {
  const url = textIn(node, "link");
  const data = textIn(node, "data");
  if (url !== undefined) return make({ url });
  // Baileys knows bytes by Buffer.isBuffer.
  return data === undefined ? undefined : make(Buffer.from(data, "base64"));
}

function mimetypeOf(node: Content): Content {
  const mimetype = typeOf(node);
  return mimetype === undefined ? {} : { mimetype };
}

function captionOf(node: Content): Content {
  const caption = textIn(node, "caption");
  return caption === undefined ? {} : { caption };
}

function typeOf(node: Content): string | undefined {
  return textIn(node, "mime_type");
}

function documentOf(node: Content): Content {
  return { fileName: textIn(node, "filename") ?? "file", mimetype: typeOf(node) ?? "application/octet-stream" };
}

function placeOf(node: Content): Content {
  const [degreesLatitude, degreesLongitude] = [Number(node["latitude"]), Number(node["longitude"])];
  return { degreesLatitude, degreesLongitude, name: textIn(node, "name"), address: textIn(node, "address") };
}

/** No number: as many answers as one likes. */
function pollOf(node: Content): Content {
  const values = recordsIn(node["options"]).map((option) => option["name"]);
  return { name: textIn(node, "name") ?? "", values, selectableCount: node["multiple_answers"] === true ? 0 : 1 };
}

function reactionOf(node: Content, chat: Content): Content {
  return { text: textIn(node, "emoji") ?? "", key: { ...chat, id: textIn(node, "message_id") } };
}

function contactsOf(cards: unknown): Content | undefined {
  if (!Array.isArray(cards)) return undefined;
  const contacts = recordsIn(cards).map((card) => {
    const name = isRecord(card["name"]) ? (textIn(card["name"], "formatted_name") ?? "") : "";
    return { displayName: name, vcard: vcardOf(card, name) };
  });
  return { contacts: { displayName: contacts[0]?.displayName ?? "", contacts } };
}

function vcardOf(card: Content, name: string): string {
  const phones = recordsIn(card["phones"]).map(({ phone, wa_id: waId }) => {
    const shown = typeof phone === "string" ? phone : `+${String(waId)}`;
    const digits = (typeof waId === "string" ? waId : shown).replaceAll(/\D/g, "");
    return `TEL;type=CELL;waid=${digits}:${escaped(shown)}`;
  });
  const company = isRecord(card["org"]) ? textIn(card["org"], "company") : undefined;
  const lines = [
    ...(company === undefined ? [] : [`ORG:${escaped(company)}`]),
    ...phones,
    ...textsIn(card["emails"], "email").map((email) => `EMAIL:${escaped(email)}`),
    ...textsIn(card["urls"], "url").map((url) => `URL:${escaped(url)}`),
  ];
  return ["BEGIN:VCARD", "VERSION:3.0", `FN:${escaped(name)}`, ...lines, "END:VCARD"].join("\n");
}

/** So that no value begins a line of its own (RFC 6350, 3.4). */
function escaped(value: string): string {
  return value.replaceAll(/[\\,;]/g, String.raw`\$&`).replaceAll(/\r?\n|\r/g, String.raw`\n`);
}

function recordsIn(list: unknown): readonly Content[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function textsIn(list: unknown, key: string): readonly string[] {
  return recordsIn(list).flatMap((item) => textIn(item, key) ?? []);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
