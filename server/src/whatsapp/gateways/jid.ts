// Owns: the addresses of WhatsApp Web: one spelling for each, and what kind of thing it names. Refuses to know: which person that is.

export type IgnoredChat = "status" | "broadcast" | "newsletter" | "bot" | "announcements";

/** `value` is what an alias holds: digits of a phone, digits of a linked id, the whole address of a group. */
export type ClassifiedJid =
  | { readonly kind: "phone" | "lid" | "group"; readonly value: string; readonly jid: string }
  | { readonly kind: "ignored"; readonly reason: IgnoredChat; readonly jid: string };

const SERVERS: ReadonlyMap<string, string> = new Map([
  ["c.us", "s.whatsapp.net"],
  ["hosted", "s.whatsapp.net"],
  ["hosted.lid", "lid"],
]);
const IGNORED_SERVERS: ReadonlyMap<string, IgnoredChat> = new Map([
  ["broadcast", "broadcast"],
  ["newsletter", "newsletter"],
  ["bot", "bot"],
]);
const IGNORED_JIDS: ReadonlyMap<string, IgnoredChat> = new Map([
  ["status@broadcast", "status"],
  ["13135550002@s.whatsapp.net", "bot"],
  ["0@s.whatsapp.net", "announcements"],
]);
const DIGITS = /^\d{3,32}$/;

/** Lower case, without device and agent, the server in its present name. Undefined when it is no address. */
export function normaliseJid(text: string): string | undefined {
  const at = text.lastIndexOf("@");
  const server = text.slice(at + 1).toLowerCase();
  const user = at < 1 ? "" : (text.slice(0, at).toLowerCase().split(":", 1)[0] ?? "").split("_", 1)[0];
  if (user === undefined || user === "" || server === "") return undefined;
  return `${user}@${SERVERS.get(server) ?? server}`;
}

/** Undefined when it is no address of a kind that we know. The server decides, never the digits: a linked id looks like a phone. */
export function classifyJid(text: string | undefined): ClassifiedJid | undefined {
  const jid = text === undefined ? undefined : normaliseJid(text);
  if (jid === undefined) return undefined;
  const [user = "", server = ""] = jid.split("@");
  const reason = IGNORED_JIDS.get(jid) ?? IGNORED_SERVERS.get(server);
  if (reason !== undefined) return { kind: "ignored", reason, jid };
  if (server === "g.us") return { kind: "group", value: jid, jid };
  if (!DIGITS.test(user)) return undefined;
  if (server === "s.whatsapp.net") return { kind: "phone", value: user, jid };
  return server === "lid" ? { kind: "lid", value: user, jid } : undefined;
}
