// Owns: one measurement of one variant that takes webhooks of mixed customers: as fast as it goes, or at a fixed rate.
import type { Turn } from "./take-turns.ts";
import type { Variant } from "./variants.ts";
import { withIntake, withIntakeOn, type IngestResult, type Intake, type IntakePlan } from "./with-intake.ts";
import type { World } from "./world.ts";

export interface IngestPlan extends IntakePlan {
  readonly seconds: number;
  /** 0: as fast as it goes, in a closed loop. */
  readonly perSecond: number;
}

/** How many messages are built ahead: more than the variant could answer. */
const MOST_PER_SECOND: Readonly<Record<Variant, number>> = {
  discard: 40_000,
  "select-then-insert": 8_000,
  upsert: 12_000,
  onethread: 30_000,
};

async function measure(intake: Intake, { variant, seconds, perSecond }: IngestPlan): Promise<IngestResult> {
  await intake.prepare("mixed", perSecond === 0 ? MOST_PER_SECOND[variant] * seconds : perSecond * (seconds + 1));
  await intake.warmUp();
  if (perSecond === 0) return intake.flood(seconds);
  await intake.pace(perSecond, perSecond);
  return intake.pace(perSecond * seconds, perSecond);
}

export const measureIngest = (plan: IngestPlan): Promise<IngestResult> => withIntake(plan, (intake) => measure(intake, plan));

/** As often as `use` wants, as fast as it goes, with new messages each time. */
export function withIngestTurns(plan: Omit<IngestPlan, "perSecond">, use: (measure: Turn<IngestResult>) => Promise<void>): Promise<void> {
  return withIntake(plan, async (intake) => {
    await intake.warmUp();
    await use(async () => {
      await intake.prepare("mixed", MOST_PER_SECOND[plan.variant] * plan.seconds);
      return intake.flood(plan.seconds);
    });
  });
}

/** The same in a world that is there, and stays. */
export const measureIngestOn = (world: World, plan: IngestPlan): Promise<IngestResult> =>
  withIntakeOn(world, plan, (intake) => measure(intake, plan));
