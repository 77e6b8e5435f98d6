// Owns: what the intake makes of customers that it has never seen, and of a database that nobody has analysed yet, against what it makes of known ones.
import { withIntake, type IngestResult, type IntakePlan } from "./with-intake.ts";

export interface NewResult {
  readonly connections: number;
  /** Messages of known customers, to a database that has warmed up. */
  readonly known: IngestResult;
  /** The same database, messages of new customers only. */
  readonly newcomers: IngestResult;
  /** The first seconds of a fresh database and a fresh process: nothing is warm, nothing analysed; mixed customers. */
  readonly first: IngestResult;
  readonly firstSeconds: number;
}

export interface NewPlan {
  readonly seconds: number;
  readonly rounds: number;
  readonly nodeOptions: readonly string[];
}

const CONNECTIONS = 64;
const MOST_PER_SECOND = 15_000;
const FIRST_SECONDS = 20;

const faster = (one: IngestResult | undefined, other: IngestResult): IngestResult =>
  one !== undefined && one.messagesPerSecond >= other.messagesPerSecond ? one : other;

const intakeOf = ({ nodeOptions }: NewPlan): IntakePlan => ({ variant: "onethread", connections: CONNECTIONS, nodeOptions });

/** In turn, the best round of each. */
function measureNewcomers(plan: NewPlan): Promise<Pick<NewResult, "known" | "newcomers">> {
  const { seconds, rounds } = plan;
  return withIntake(intakeOf(plan), async (intake) => {
    await intake.warmUp();
    const measure = async (writers: "known" | "new"): Promise<IngestResult> => {
      await intake.prepare(writers, MOST_PER_SECOND * seconds);
      return intake.flood(seconds);
    };
    let [known, newcomers] = [await measure("known"), await measure("new")];
    for (let round = 2; round <= rounds; round += 1) {
      known = faster(known, await measure("known"));
      newcomers = faster(newcomers, await measure("new"));
    }
    return { known, newcomers };
  });
}

const measureFirst = (plan: NewPlan): Promise<IngestResult> =>
  withIntake(intakeOf(plan), async (intake) => {
    await intake.prepare("mixed", MOST_PER_SECOND * FIRST_SECONDS);
    return intake.flood(FIRST_SECONDS);
  });

export async function measureNew(plan: NewPlan): Promise<NewResult> {
  const warm = await measureNewcomers(plan);
  return { connections: CONNECTIONS, ...warm, first: await measureFirst(plan), firstSeconds: FIRST_SECONDS };
}
