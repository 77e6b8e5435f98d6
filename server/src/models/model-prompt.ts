// Owns: from messages as they are kept to the prompt that a provider takes: text in parts, everything else as it is. Refuses to know: what is said.
import type { ModelMessage, UserModelMessage } from "ai";
import type { OpenModel } from "./language-models.ts";

export type ModelPrompt = Parameters<OpenModel["model"]["doStream"]>[0]["prompt"];
type PromptMessage = ModelPrompt[number];

const textPart = (text: string): { readonly type: "text"; readonly text: string } => ({ type: "text", text });

type UserPart = Extract<PromptMessage, { readonly role: "user" }>["content"][number];

/** Words, and pictures as bytes; nothing else is asked. */
function userPart(part: Exclude<UserModelMessage["content"], string>[number]): readonly UserPart[] {
  if (part.type === "text") return [textPart(part.text)];
  if (part.type !== "file" || !(part.data instanceof Uint8Array)) return [];
  return [{ type: "file", mediaType: part.mediaType, data: { type: "data", data: part.data } }];
}

function messageOf({ role, content }: ModelMessage): PromptMessage {
  if (role === "system") return { role, content };
  if (typeof content === "string") return { role, content: [textPart(content)] } as PromptMessage;
  if (role === "user") return { role, content: content.flatMap(userPart) };
  // Of parts there are only those that every provider takes: words, thoughts, calls, and what came of them.
  return { role, content } as PromptMessage;
}

export function promptOf(instructions: string, messages: readonly ModelMessage[]): ModelPrompt {
  return [{ role: "system", content: instructions }, ...messages.map(messageOf)];
}
