// Owns: the report of the doctor as text for people. Refuses to know how it came about.
import type { CheckResult, Coverage } from "./examine.ts";
import type { DoctorReport } from "./run-doctor.ts";

const WORDS = { ok: "ok", partly: "partly", warn: "warn", broken: "BROKEN" } as const;

/** A line per check, then what to do about each that has found something, then what was looked at and one sentence that sums up. */
export function renderReport(report: DoctorReport): string {
  const { checks } = report;
  const width = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.map((check) => renderLine(check, width));
  const advice = checks.filter((check) => check.advice !== "").map(renderAdvice);
  return [...lines, "", ...advice, summarise(report)].join("\n");
}

function renderLine({ name, invariant, state, count, complete }: CheckResult, width: number): string {
  const found = count === 0 ? "" : `  ${String(count)} found${complete ? "" : " so far"}`;
  return `${WORDS[state].padEnd(6)}  ${name.padEnd(width)}  invariant ${String(invariant).padStart(2)}${found}`;
}

function renderAdvice({ name, state, examples, advice }: CheckResult): string {
  const shown = examples.length === 0 ? "" : `\n  for example: ${examples.join(", ")}`;
  return `${WORDS[state]} ${name}: ${advice}${shown}\n`;
}

function summarise(report: DoctorReport): string {
  const { ok, complete, checks, coverage } = report;
  const broken = checks.filter((check) => check.state === "broken").length;
  const warnings = checks.filter((check) => check.state === "warn").length;
  const warned = warnings === 0 ? "" : ` ${String(warnings)} of them want${warnings === 1 ? "s" : ""} your attention.`;
  if (ok) return `All invariants hold (${String(checks.length)} checks).${warned}`;
  const verdict =
    broken === 0
      ? `Nothing is broken in what was looked at.${warned}`
      : `${String(broken)} of ${String(checks.length)} checks found an invariant broken.`;
  return complete || coverage === undefined ? verdict : `${verdict}\n${renderCoverage(coverage, report.tookMs)}`;
}

function renderCoverage({ conversations, webhooks }: NonNullable<DoctorReport["coverage"]>, tookMs: number): string {
  return [
    `But not everything was looked at in ${String(Math.round(tookMs / 1_000))} s: ${shareOf(conversations)} conversations, those of the last 24 hours first, and`,
    `${shareOf(webhooks)} raw items of webhooks, the newest first. Nothing is claimed about the others; a check marked "partly" has found nothing so far.`,
    `\`onethread doctor --all\` looks at everything${renderPace([conversations, webhooks], tookMs)}, \`--seconds\` gives it more time; nothing has to wait for it.`,
  ].join("\n");
}

function shareOf({ lookedAt, about }: Coverage): string {
  const looked = lookedAt.toLocaleString("en");
  if (about === lookedAt) return `all ${looked}`;
  return `${looked} of ${about === undefined ? "an unknown number of" : `about ${about.toLocaleString("en")}`}`;
}

/** Nothing where it cannot be known yet. */
function renderPace(walked: readonly Coverage[], tookMs: number): string {
  const shares = walked.map(({ lookedAt, about = Infinity }) => (about === 0 ? 1 : lookedAt / about));
  const minutes = Math.ceil(tookMs / 60_000 / Math.min(...shares));
  return Number.isFinite(minutes)
    ? ` (in about ${minutes === 1 ? "a minute" : `${minutes.toLocaleString("en")} minutes`}, at this pace)`
    : "";
}
