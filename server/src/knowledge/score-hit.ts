// Owns: how well a text answers a question, and from when on it may be sent as the answer. Tuned on test/support/labelled-questions.ts.

export interface WordMatch {
  /** The words of the question that count in the text's language, by their place. */
  readonly asked: readonly number[];
  /** For each of them: 2 in a title, heading or question of the text, 1 in its body, 0 not at all. */
  readonly knows: readonly number[];
}

/** The share of the question's words that the text knows, 0 to 1. */
export function coverageOf({ asked, knows }: WordMatch): number {
  return knows.filter((known) => known > 0).length / Math.max(1, asked.length);
}

const IN_BODY = 0.45;

/** The same, but a word that the title has says more of what a text is about than one somewhere in it. 0 to 1. */
export function scoreOf({ asked, knows }: WordMatch): number {
  const points = knows.reduce((sum, known) => sum + (known === 2 ? 1 : known === 1 ? IN_BODY : 0), 0);
  return points / Math.max(1, asked.length);
}

/** Below it, a person is fetched: what a text knows of the question is then more likely chance. */
export const ANSWERS_FROM = 0.25;
/** A text that is also nearest in meaning needs less of the words; by meaning alone nothing is sent, because every model's scale is another one. */
export const NEAREST_ANSWERS_FROM = ANSWERS_FROM / 2;
