// Owns: why something of a campaign is refused because of its number or its template, and how a refusal is said.
import type { FaultCode } from "../kernel/faults.ts";
import type { CampaignTemplate } from "./find-definition.ts";

/** Nothing was changed; the sentence says why. */
export interface Refused {
  readonly outcome: "refused";
  readonly code: FaultCode;
  readonly sentence: string;
}
export type Missing = { readonly outcome: "not_found" };

export const refused = (code: FaultCode, sentence: string): Refused => ({
  outcome: "refused",
  code,
  sentence: `${sentence} Nothing was changed.`,
});

/** What no time changes. */
export function refuseTemplate(known: CampaignTemplate | undefined): Refused | undefined {
  if (known === undefined)
    return { outcome: "refused", code: "not_found", sentence: "There is no such channel, or it belongs to another business." };
  if (known.row.provider !== "cloud")
    return refused("unsupported_on_channel", "Campaigns send templates, which only numbers of the Cloud API have.");
  if (known.definition !== undefined) return undefined;
  return refused(
    "template_unknown",
    "The template is not among those that are known of this number's account. Check name and language, or read the templates anew (POST /api/v1/templates/sync).",
  );
}

/** What forbids it now. */
export function refuseForNow(known: CampaignTemplate | undefined): Refused | undefined {
  if (known === undefined) return undefined;
  if (known.row.is_stopped) return refused("campaign_not_ready", "The channel is stopped.");
  const { obstacle } = known.row;
  return obstacle === null ? undefined : refused(obstacle as FaultCode, "The template cannot be sent now.");
}
