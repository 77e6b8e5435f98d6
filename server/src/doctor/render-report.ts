// Owns: the report of the doctor as text for people. Refuses to know how it came about.
import type { CheckResult, DoctorReport } from "./run-doctor.ts";

const WORDS = { ok: "ok", warn: "warn", broken: "BROKEN" } as const;

/** A line per check, then what to do about each that is not ok, then one sentence that sums up. */
export function renderReport({ ok, checks }: DoctorReport): string {
  const width = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.map((check) => renderLine(check, width));
  const advice = checks.filter((check) => check.state !== "ok").map(renderAdvice);
  return [...lines, "", ...advice, summarise(ok, checks)].join("\n");
}

function renderLine({ name, invariant, state, count }: CheckResult, width: number): string {
  const found = count === 0 ? "" : `  ${String(count)} found`;
  return `${WORDS[state].padEnd(6)}  ${name.padEnd(width)}  invariant ${String(invariant).padStart(2)}${found}`;
}

function renderAdvice({ name, state, examples, advice }: CheckResult): string {
  const shown = examples.length === 0 ? "" : `\n  for example: ${examples.join(", ")}`;
  return `${WORDS[state]} ${name}: ${advice}${shown}\n`;
}

function summarise(ok: boolean, checks: readonly CheckResult[]): string {
  const broken = checks.filter((check) => check.state === "broken").length;
  const warnings = checks.filter((check) => check.state === "warn").length;
  const warned = warnings === 0 ? "" : ` ${String(warnings)} of them want${warnings === 1 ? "s" : ""} your attention.`;
  if (ok) return `All invariants hold (${String(checks.length)} checks).${warned}`;
  return `${String(broken)} of ${String(checks.length)} checks found an invariant broken.`;
}
