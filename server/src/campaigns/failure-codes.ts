// Owns: what the failures of a campaign's messages mean for it (Meta: "Cloud API error codes", per-user marketing limits, template and portfolio pacing).

/**
 * They concern the account, the number or the template, and so every message still to come: dropped after a bad quality (132015) or disabled templates, spam, cut limits,
 * blocked or unpaid accounts, tokens.
 */
export const STOP_CODES: readonly string[] = [
  "0",
  "190",
  "368",
  "131031",
  "131042",
  "131048",
  "131064",
  "132015",
  "132016",
  "category_stopped",
];

/** The customer's own choice, or ours: no sign that something is wrong with the campaign. */
export const HARMLESS_CODES: readonly string[] = ["opted_out", "cancelled", "131050", "130472"];

/** Never again: not on WhatsApp, stopped, in an experiment of Meta's; blocked, or ourselves. */
export const NEVER_AGAIN: readonly string[] = [
  ...["131026", "131050", "130472", "opted_out", "no_address", "130403", "131021", "131030", "130497"],
  // Another message was sent instead.
  "sent_again",
];

const HOUR_MS = 3_600_000;

/** What WhatsApp asks for: a sooner try of 131049 prolongs the block by a day. */
export const NOT_BEFORE_MS: ReadonlyMap<string, number> = new Map([
  ["131049", 24 * HOUR_MS],
  ["132069", HOUR_MS],
  ["134101", HOUR_MS / 6],
]);
