// Owns: the list of all checks that are one question in SQL, in the order of the report.
import type { Check } from "./check.ts";
import { campaignChecks } from "./campaign-checks.ts";
import { mediaChecks } from "./media-checks.ts";
import { schemaChecks } from "./schema-checks.ts";
import { sendingChecks } from "./sending-checks.ts";
import { templateChecks } from "./template-checks.ts";
import { threadChecks } from "./thread-checks.ts";
import { turnChecks } from "./turn-checks.ts";
import { usageChecks } from "./usage-checks.ts";

export const checks: readonly Check[] = [
  ...schemaChecks,
  ...threadChecks,
  ...turnChecks,
  ...sendingChecks,
  ...templateChecks,
  ...mediaChecks,
  ...campaignChecks,
  ...usageChecks,
].toSorted((a, b) => a.invariant - b.invariant);
