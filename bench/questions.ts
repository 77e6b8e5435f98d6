// Owns: what customers ask a model in the bench. The question itself says how long the model takes, so the same question always takes the same time, and
// it carries a tag, so that what the model measured can be matched with it.

/** Shorter than a real model's, all but for a small one on fast hardware: our own share shows all the more. */
export const SHORTEST_MS = 1_000;
export const LONGEST_MS = 10_000;

export function questionOf(tag: string, modelMs: number): string {
  return `Please think for ${modelMs} ms: when are you open on Sunday? (my question ${tag})`;
}

export interface BenchQuestion {
  readonly tag: string;
  readonly modelMs: number;
}

/** The last question in the text of a whole prompt. */
export function readQuestion(prompt: string): BenchQuestion | undefined {
  const found = [...prompt.matchAll(/think for (\d+) ms: [^(]*\(my question ([\w-]+)\)/g)].at(-1);
  const [, modelMs, tag] = found ?? [];
  return modelMs === undefined || tag === undefined ? undefined : { tag, modelMs: Number(modelMs) };
}

/** From 1 to 10 s, as if drawn; the same index always gets the same. */
export function slowModelMs(index: number): number {
  const mixed = Math.imul(index + 1, 0x9e3779b1) >>> 0;
  return Math.round(SHORTEST_MS + (mixed / 2 ** 32) * (LONGEST_MS - SHORTEST_MS));
}
