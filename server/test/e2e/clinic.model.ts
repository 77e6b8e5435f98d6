// Owns: the clinic's model and its booking system. The model decides from what it is really sent: the customer's newest words, what was said before, texts,
// facts and earlier sessions in the prompt, results of tools. What it lacks it says aloud, so that the transcript differs. Knows nothing of ours but the prompt.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { OpenAiMessage, OpenAiReply, OpenAiRequest } from "../support/openai-server.ts";
import { CLINIC_SCRIPTS, fill, type ClinicScript } from "./clinic.scripts.ts";

const NEWEST = "The customer's newest messages, to be answered now:";
/** How a message without words appears: marked, whatever its exact words. */
const VOICE = /^[[(].*voice message.*[\])]$/;
/** Longer than any test: this answer is only ever given up. */
const NEVER_MS = 120_000;

interface ClinicPrompt {
  readonly newest: readonly string[];
  readonly knowledge: string;
  readonly facts: string;
  readonly earlier: string;
  /** What the customer wrote before, and what the business did. */
  readonly before: readonly string[];
  readonly business: string;
  readonly result: string | undefined;
  readonly tools: readonly string[];
}

const textOf = ({ content }: OpenAiMessage): string => (typeof content === "string" ? content : JSON.stringify(content ?? ""));

/** What stands in the frames of this kind. */
function framed(text: string, kind: string): readonly string[] {
  return [...text.matchAll(new RegExp(`<(${kind}-[0-9a-f]{10})[^>]*>\\n([\\s\\S]*?)\\n</\\1>`, "g"))].map(([, , inside = ""]) => inside);
}

function read(request: OpenAiRequest): ClinicPrompt {
  const at = request.messages.findLastIndex((message) => message.role === "user" && textOf(message).includes(NEWEST));
  const [background = "", newest = ""] = textOf(request.messages[at] ?? { role: "user" }).split(NEWEST);
  const before = request.messages.slice(0, Math.max(0, at));
  return {
    newest: framed(newest, "customer"),
    knowledge: framed(background, "knowledge").join("\n"),
    facts: ["facts", "said-by-customer"].flatMap((kind) => framed(background, kind)).join("\n"),
    earlier: framed(background, "earlier-session").join("\n"),
    before: before.filter(({ role }) => role === "user").flatMap((message) => framed(textOf(message), "customer")),
    business: before
      .filter(({ role }) => role === "assistant")
      .map(textOf)
      .join("\n"),
    result: request.messages
      .slice(at + 1)
      .filter(({ role }) => role === "tool")
      .map(textOf)
      .at(-1),
    tools: request.tools,
  };
}

/** As a model reads it: direction marks are taken out of what is shown to it. */
const shown = (text: string): string => text.replaceAll("\u200F", "");

function scriptOf(texts: readonly string[]): ClinicScript | undefined {
  const said = new Set(texts);
  return CLINIC_SCRIPTS.find(({ says }) =>
    Object.values(says)
      .flat()
      .some((text) => said.has(shown(text))),
  );
}

const missing = (what: string): OpenAiReply => ({ text: `MISSING: ${what}` });

/** Filled with what was found, or a complaint about what was not. */
function answer(template: string, found: Readonly<Record<string, string | undefined>>): OpenAiReply {
  const lost = Object.entries(found).flatMap(([name, value]) => (value === undefined ? [name] : []));
  const values = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, value ?? ""]));
  return lost.length > 0 ? missing(lost.join(", ")) : { text: fill(template, values) };
}

function call({ tools }: ClinicPrompt, name: string, args: unknown): OpenAiReply {
  return tools.includes(name) ? { calls: [{ name, args }] } : missing(`tool ${name}`);
}

const slotsIn = (result: string): string | undefined =>
  /"slots":\s*\[([^\]]+)\]/.exec(result.replaceAll('\\"', '"'))?.[1]?.replaceAll('"', "").replaceAll(",", ", ");
const referenceIn = (text: string): string | undefined => /R\d{4}/.exec(text)?.[0];

function findSlots(seen: ClinicPrompt, { answers }: ClinicScript, day: string): OpenAiReply {
  if (seen.result === undefined) return call(seen, "find_slots", { day });
  return answer(answers.slots, { slots: slotsIn(seen.result) });
}

function book(seen: ClinicPrompt, { says, answers }: ClinicScript, text: string): OpenAiReply {
  if (seen.result !== undefined) return answer(answers.booked, { reference: referenceIn(seen.result) });
  const time = /\d\d:\d\d/.exec(text)?.[0] ?? "";
  if (!seen.before.includes(shown(says.tuesday))) return missing("the day that they asked for");
  if (!seen.business.includes(time)) return missing("the times that were offered");
  return call(seen, "book_appointment", { day: "tuesday", time });
}

function reply(seen: ClinicPrompt, script: ClinicScript): OpenAiReply {
  const { says, answers, hours, price, allergy } = script;
  const text = seen.newest.at(-1) ?? "";
  if (VOICE.test(text)) return { text: answers.voice };
  switch (text) {
    case says.hours:
      return answer(answers.hours, { hours: hours.in.exec(seen.knowledge)?.[1] });
    case shown(says.tuesday):
      return findSlots(seen, script, "tuesday");
    case says.time:
      return book(seen, script, text);
    case says.allergy:
      return seen.result === undefined ? call(seen, "update_customer", { facts: { allergy } }) : { text: answers.noted };
    case says.burst[0]:
    case says.burst[1]:
    case says.friday:
      return { text: "This is never sent.", delayMs: NEVER_MS };
    case says.burst[2]:
      return says.burst.every((part, index) => seen.newest.at(index - says.burst.length) === part)
        ? answer(answers.price, { price: price.in.exec(seen.knowledge)?.[1] })
        : missing("the beginning of the burst");
    case says.monday:
      return seen.newest.includes(says.friday) ? findSlots(seen, script, "monday") : missing("what they corrected");
    case says.human:
      return call(seen, "handoff", { reason: "wants a person" });
    case says.afterwards:
      return answer(answers.discount, { discount: /\[a colleague wrote\] .*?(\d+%)/.exec(seen.business)?.[1] });
    case says.again:
      return answer(answers.again, { reference: referenceIn(seen.earlier), allergy: /allergy: (\S+)/.exec(seen.facts)?.[1] });
    default:
      return missing(`an idea of "${text}"`);
  }
}

function summary(request: OpenAiRequest): OpenAiReply {
  const text = request.text("user");
  const script = scriptOf(framed(text, "customer"));
  const reference = referenceIn(framed(text, "business").join("\n"));
  if (script === undefined || reference === undefined) return missing("the session");
  return {
    text: JSON.stringify({ summary: fill(script.answers.summary, { reference }), topic: "cita", outcome: "answered", openPoints: [] }),
  };
}

export function clinicModel(request: OpenAiRequest): OpenAiReply {
  if (request.text("system").includes("You write notes for the staff")) return summary(request);
  const seen = read(request);
  const script = scriptOf(seen.newest) ?? scriptOf(seen.before);
  return script === undefined ? missing("the language") : reply(seen, script);
}

/** The newest words that this request is to answer. */
export const newestIn = (request: OpenAiRequest): readonly string[] => read(request).newest;

export interface ClinicBookings {
  readonly url: string;
  readonly host: string;
  readonly booked: readonly { readonly phone: string; readonly day: string; readonly time: string }[];
  stop(): Promise<void>;
}

/** `GET /slots?day=` and `POST /appointments`. */
export async function startClinicBookings(): Promise<ClinicBookings> {
  const booked: { readonly phone: string; readonly day: string; readonly time: string }[] = [];
  const slots: Readonly<Record<string, readonly string[]>> = { tuesday: ["09:00", "10:30"], monday: ["11:00", "12:30"] };
  const http = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://clinic");
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
    request.on("end", () => {
      response.setHeader("content-type", "application/json");
      if (url.pathname === "/slots") {
        response.end(JSON.stringify({ slots: slots[url.searchParams.get("day") ?? ""] ?? [] }));
        return;
      }
      const wish = JSON.parse(body) as (typeof booked)[number];
      booked.push(wish);
      response.end(JSON.stringify({ reference: `R${wish.phone.slice(-4)}` }));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${String((http.address() as AddressInfo).port)}`;
  return {
    url: `http://${host}`,
    host,
    booked,
    stop: () =>
      new Promise((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      }),
  };
}
