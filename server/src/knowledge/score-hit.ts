// Owns: how well a text answers a question, and from which score on it may be sent as the answer. Tuned on test/support/labelled-questions.ts.

export interface WordMatch {
  /** For each word of the question that counts in the text's language: 3 in both, 2 in a title, heading or question of the text, 1 in its body, 0 not at all. */
  readonly knows: readonly number[];
}

/** The share of the question's words that the text knows, 0 to 1. */
export function coverageOf({ knows }: WordMatch): number {
  return knows.filter((known) => known > 0).length / Math.max(1, knows.length);
}

/** A word of the title that its text does not repeat is often one of several ways to ask ("how to arrive"), and may mean anything. */
const WORTH = [0, 0.45, 0.7, 1];

/** The same, but a word that the title has says more of what a text is about than one somewhere in it. 0 to 1. */
export function scoreOf({ knows }: WordMatch): number {
  return knows.reduce((sum, known) => sum + (WORTH[known] ?? 0), 0) / Math.max(1, knows.length);
}

/** Below it, a person is fetched: what a text knows of the question is then more likely chance. */
export const ANSWERS_FROM = 0.25;
/** A text that is also nearest in meaning needs less of the words; by meaning alone nothing is sent, because every model has its own scale. */
export const NEAREST_ANSWERS_FROM = ANSWERS_FROM / 2;
