// Owns: what a reply by a model costs beyond the model's own time, with many conversations at once.
import { latenciesOf, type Latencies } from "./latencies.ts";
import { startMeter, type Use } from "./meter.ts";
import { beyondModel, exchangesOf } from "./model-exchanges.ts";
import { forgetStatements, readStatements, type StatementUse } from "./statements.ts";
import { numberOf } from "./wire.ts";
import { withModel, type ProductPlan } from "./with-product.ts";

/** The latencies are beyond the model's own time. */
export interface RepliesResult extends Latencies, Use {
  readonly conversations: number;
  readonly replies: number;
  readonly repliesPerSecond: number;
  /** As the model measured it. */
  readonly modelP50: number;
  readonly unanswered: number;
  /** When they were counted. */
  readonly statements?: readonly StatementUse[];
}

export interface RepliesPlan extends ProductPlan {
  readonly conversations: number;
  readonly modelMs: number;
  readonly seconds: number;
}

const FROM = 12_050_000_000;
/** Twice, with an analysis of the tables in between, as before the loop. */
const WARM_UP_SECONDS = 3;

export function measureReplies(plan: RepliesPlan): Promise<RepliesResult> {
  return withModel({ ...plan, businesses: 1 }, async (product) => {
    const { world, simulator, model } = product;
    const converse = (stamp: string, seconds: number): ReturnType<typeof simulator.next> => {
      const { conversations: customers, modelMs } = plan;
      simulator.send({ do: "converse", phoneNumberId: world.phoneNumberId, customers, from: FROM, modelMs, seconds, stamp });
      return simulator.next("done");
    };
    for (const stamp of ["warm1", "warm2"]) {
      await converse(stamp, WARM_UP_SECONDS);
      await world.analyze();
    }
    if (plan.countsStatements === true) await forgetStatements(world.databaseUrl);
    const meter = await startMeter(product);
    const done = await converse("measured", plan.seconds);
    const seconds = numberOf(done, "seconds");
    model.send({ do: "report" });
    const exchanges = exchangesOf(done, await model.next("report"));
    const use = await meter.read({ units: exchanges.length, seconds });
    return {
      ...latenciesOf(beyondModel(exchanges)),
      conversations: plan.conversations,
      replies: exchanges.length,
      repliesPerSecond: exchanges.length / seconds,
      modelP50: latenciesOf(exchanges.map(({ modelMs }) => modelMs)).p50,
      unanswered: numberOf(done, "unanswered"),
      ...use,
      ...(plan.countsStatements === true ? { statements: await readStatements(world.databaseUrl) } : {}),
    };
  });
}
