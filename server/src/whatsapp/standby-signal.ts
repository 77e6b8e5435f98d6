// Owns: what copies of messages (standby) say of the number that they come to (Meta: "Conversation routing"). Refuses to know: whose thread it is.
import type { JsonObject } from "../kernel/json.ts";
import { readArray, readObject } from "../kernel/read-json.ts";
import { aspectOf, type SignalFacts, stateOf } from "./signal.ts";

/** Undefined: it holds no copies. The business can switch another app or agent on without us: nothing else tells that messages come as copies from now on. */
export function readStandby(value: JsonObject): SignalFacts | undefined {
  const copies = readObject(value, "standby") ?? value;
  const hasSome = ["messages", "message_echoes", "statuses"].some((key) => (readArray(copies, key)?.length ?? 0) > 0);
  if (!hasSome) return undefined;
  return stateOf(
    "warning",
    "Another app, or an agent of WhatsApp, answers on this number too: messages of some chats come as copies only. They are stored and shown; the AI is silent there until the chat is given back.",
    aspectOf("routing", "standby"),
  );
}
