// Owns: how well a knowledge base answers a labelled set of questions, and which threshold would answer it best. Refuses to know: who searches, and files.
import { parse } from "csv-parse/sync";
import type { KnowledgeHit } from "./search-knowledge.ts";

export interface LabelledCase {
  readonly question: string;
  /** The title of the text that should answer, or how it begins; null: a person has to. */
  readonly expected: string | null;
}

export interface EvaluatedCase extends LabelledCase {
  readonly got: string | null;
  readonly score: number;
  readonly isRight: boolean;
}

export interface Evaluation {
  readonly cases: readonly EvaluatedCase[];
  /** 0 to 1. */
  readonly accuracy: number;
  readonly best: { readonly threshold: number; readonly accuracy: number };
}

const HANDOFF = "handoff";

const caseOf = (question: unknown, expected: unknown): readonly LabelledCase[] => {
  if (typeof question !== "string" || typeof expected !== "string" || question.trim() === "" || expected.trim() === "") return [];
  return [{ question: question.trim(), expected: expected.trim().toLowerCase() === HANDOFF ? null : expected.trim() }];
};

/** JSON objects, one a line, or a table; with `question` and `expected`. Throws when it is neither. */
export function readCases(text: string): readonly LabelledCase[] {
  if (text.trimStart().startsWith("{")) {
    return text.split("\n").flatMap((line) => {
      if (line.trim() === "") return [];
      const { question, expected } = JSON.parse(line) as Readonly<Record<string, unknown>>;
      return caseOf(question, expected);
    });
  }
  const rows: readonly Readonly<Record<string, string>>[] = parse(text, { bom: true, columns: true, skipEmptyLines: true, trim: true });
  return rows.flatMap(({ question, expected }) => caseOf(question, expected));
}

interface SearchedCase extends LabelledCase {
  readonly hits: readonly KnowledgeHit[];
}

const isExpected = (title: string | null, expected: string | null): boolean =>
  expected === null || title === null ? title === expected : title.toLowerCase().startsWith(expected.toLowerCase());

function shareRight(searched: readonly SearchedCase[], threshold: number): number {
  const right = searched.filter(({ hits, expected }) => isExpected(hits.find(({ score }) => score >= threshold)?.title ?? null, expected));
  return right.length / Math.max(1, searched.length);
}

const STEPS = Array.from({ length: 20 }, (_, index) => (index + 1) * 0.05);

export async function evaluate(
  cases: readonly LabelledCase[],
  search: (question: string) => Promise<readonly KnowledgeHit[]>,
): Promise<Evaluation> {
  const searched: SearchedCase[] = [];
  for (const labelled of cases) searched.push({ ...labelled, hits: await search(labelled.question) });
  const evaluated = searched.map(({ hits, question, expected }): EvaluatedCase => {
    const got = hits.find(({ answers }) => answers)?.title ?? null;
    return { question, expected, got, score: hits[0]?.score ?? 0, isRight: isExpected(got, expected) };
  });
  const tried = STEPS.map((threshold) => ({ threshold, accuracy: shareRight(searched, threshold) }));
  const best = tried.reduce((a, b) => (b.accuracy > a.accuracy ? b : a), { threshold: 0.25, accuracy: shareRight(searched, 0.25) });
  return { cases: evaluated, accuracy: evaluated.filter(({ isRight }) => isRight).length / Math.max(1, evaluated.length), best };
}
