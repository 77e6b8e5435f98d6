// Owns: how a request says whom of the customers that are known a campaign is for.
import { z } from "zod";

const at = z.iso.datetime({ offset: true });

/** Strict: a name that is not understood would otherwise be a campaign to everybody. */
export const audienceSchema = z
  .strictObject({
    filter: z
      .strictObject({
        channelId: z.guid().optional().describe("The next message to them goes out through this channel."),
        lastInboundSince: at.optional().describe("They wrote at this time or later."),
        lastInboundBefore: at.optional().describe("They wrote last before this time. Who never wrote is not among them."),
        countries: z
          .array(z.string().regex(/^[A-Z]{2}$/))
          .min(1)
          .max(250)
          .optional()
          .describe("Of their numbers, in two letters (ISO 3166): BR, PT."),
        open: z.boolean().optional().describe("Their conversation is open, or closed."),
        optedIn: z
          .literal(true)
          .optional()
          .describe("They have said themselves that they want messages: in words, or in WhatsApp's own settings for the business."),
      })
      .describe("All of these together; {} is every customer. Who opted out is never among them, nor are groups."),
    defaults: z
      .record(z.string().min(1).max(200), z.string().max(2_000))
      .refine((values) => Object.keys(values).length <= 100, "at most 100 columns")
      .optional()
      .describe("What is filled in, by column, where nothing is known of a customer."),
  })
  .meta({ id: "CampaignAudience" });
export type Audience = Readonly<z.output<typeof audienceSchema>>;
