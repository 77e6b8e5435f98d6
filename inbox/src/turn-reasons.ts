// Owns: the words for every reason with which a turn ends or the AI is paused. A test compares it with docs/lifecycles/turn.md.

/** Each continues a sentence: "Handed to a person: …", "Not answered: …", "Paused: …". */
const WORDS: ReadonlyMap<string, string> = new Map([
  // Handed to a person
  ["handoff", "the AI asked for help"],
  ["asked_by_model", "the AI asked for help"],
  ["keyword", "the customer asked for a person"],
  ["nothing_found", "nothing found in the texts"],
  ["nothing_readable", "the AI cannot read the message"],
  ["partly_found", "a part of the question is not in the texts"],
  ["order", "the customer sent an order"],
  ["budget", "the AI’s budget for today is used up"],
  ["responder_failed", "the AI failed several times"],
  ["empty_answer", "the AI’s answer was empty"],
  ["no_answer", "no answer came in time"],
  ["approval_expired", "nobody approved in time what the AI wanted to do"],
  ["unsafe_reply", "the AI’s answer broke a rule"],
  ["content_filter", "the model refused to answer"],
  // Not answered
  ["taken_over", "a person answers"],
  ["ai_disabled", "the AI is off"],
  ["opted_out", "the customer asked not to be written to"],
  ["window_closed", "the 24 hours are over"],
  ["no_address", "it is not known where to send to"],
  ["group", "the AI does not answer in groups"],
  ["nothing_to_answer", "nothing to answer"],
  ["stop_word", "the customer asked to get no more messages"],
  ["loop", "the same again and again: the other side may be a machine"],
  ["stale", "the message was too old by then"],
  ["split_off", "it belongs to another thread again"],
  // Failed
  ["gave_up", "the reply could not be stored"],
  // Paused
  ["inbox", "somebody answers in the inbox"],
  ["phone_app", "somebody answers in the WhatsApp app"],
  ["standby", "another app answers in this chat"],
  ["api", "a program paused it"],
]);

/** A reason that a person or a newer server gave is shown as it is. */
export function wordsFor(reason: string): string {
  return WORDS.get(reason) ?? reason.replaceAll("_", " ");
}

export function hasWordsFor(reason: string): boolean {
  return WORDS.has(reason);
}
