// Owns: what a turn ends with: the words that are said and the reason that stays. Pure.
import { cleanString } from "../kernel/storable-json.ts";
import type { Ending } from "./end-turn.ts";
import { isWithinOfficeHours } from "../settings/office-hours.ts";
import type { Circumstances, ReplyState } from "./load-turn.ts";
import type { ReplySettings } from "../settings/reply-settings.ts";
import type { ResponderAnswer } from "../answers/responder.ts";
import { TEXT_MAX } from "../whatsapp/validate-content.ts";

function storable(texts: readonly string[], most: number): readonly string[] {
  const clean = texts.map((text) => cleanString(text.slice(0, TEXT_MAX)).trim()).filter((text) => text !== "");
  return clean.slice(0, most);
}

/** The business's words for fetching a person, as they are at this hour. */
export function handoffTextOf(state: ReplyState, { officeHours, timeZone, awayText }: ReplySettings): string {
  const isAway = awayText !== null && !isWithinOfficeHours(officeHours, timeZone, state.at);
  return isAway ? awayText : state.handoff_text;
}

/** The customer has just been told this, for the same reason, and nobody has said anything since. */
function wasTold(reason: string, { state, thread, settings }: Circumstances): boolean {
  const { last_turn_id: turn, last_finished_at: at } = state;
  if (turn === null || at === null || state.last_state !== "handed_off" || state.last_reason !== reason) return false;
  return thread.lastSaidByTurn === turn && state.at.getTime() - at.getTime() <= settings.handoffRepeatMs;
}

/** A person is fetched; `text` instead of the business's own words. What it answers as well is said, however recently a person was fetched. */
export function handoffEnding(reason: string, circumstances: Circumstances, text?: string): Ending {
  const own = handoffTextOf(circumstances.state, circumstances.settings);
  const [said, ...known] = [text ?? own, own, circumstances.thread.lastSaid ?? own].map((words) => storable([words], 1)[0]);
  const isSaid = wasTold(reason, circumstances) && known.includes(said);
  return { state: "handed_off", reason, texts: said === undefined || isSaid ? [] : [said] };
}

/** No reply could be written: as the business wants it, a person or its fallback text. Never nothing. */
export function failureEnding(reason: string, circumstances: Circumstances): Ending {
  if (circumstances.settings.onFailure === "handoff") return handoffEnding(reason, circumstances);
  return { state: "failed", reason, texts: storable([circumstances.settings.fallbackText], 1) };
}

/** A courtesy: the business's own short one, or nothing; no person is needed for it. */
export function nothingToAnswer({ settings: { courtesyText } }: Pick<Circumstances, "settings">): Ending {
  const texts = courtesyText === null ? [] : storable([courtesyText], 1);
  return texts.length > 0 ? { state: "replied", reason: null, texts } : { state: "skipped", reason: "nothing_to_answer", texts };
}

type Answer = Exclude<ResponderAnswer, { outcome: "later" }>;

export function endingOf(answer: Answer, circumstances: Circumstances): Ending {
  const work = answer.work === undefined ? {} : { work: answer.work };
  if (answer.outcome === "nothing") return { ...nothingToAnswer(circumstances), ...work };
  if (answer.outcome === "handoff") return { ...handoffEnding(answer.reason, circumstances, answer.text), ...work };
  const texts = storable(answer.texts, 10);
  const { parts = [] } = answer;
  const isSilent = texts.length === 0 && parts.every(({ sendAt }) => sendAt !== undefined);
  // An answer of which nothing is left is no answer, and something for later is none yet.
  return isSilent
    ? { ...failureEnding("empty_answer", circumstances), ...work }
    : { state: "replied", reason: null, texts, ...(parts.length === 0 ? {} : { parts }), ...work };
}
