// Owns: the measurement of the send lanes alone: messages that wait in the outbox, until the platform has accepted all of them.
import pg from "pg";
import type { JsonObject } from "../server/src/kernel/json.ts";
import { startMeter, type Use } from "./meter.ts";
import type { Turn } from "./take-turns.ts";
import { numberOf } from "./wire.ts";
import { withProduct, type Product, type ProductPlan } from "./with-product.ts";
import type { World } from "./world.ts";

export interface SendResult extends Use {
  readonly messages: number;
  readonly seconds: number;
  readonly acceptedPerSecond: number;
  readonly missing: number;
  /** Accepted more than once. */
  readonly sentTwice: number;
}

const WARM_UP = 4_000;
const PHONES_FROM = 12_050_000_000;

/**
 * One message of a program to each of so many customers, who have just written, in one transaction: they wait in the outbox as the API's do.
 * Customers are numbered from `from` on.
 */
const OUTBOX = `
with business as (
  select b.id, ch.id as channel_id from businesses b join channels ch on ch.business_id = b.id
), customer as (
  select n from generate_series($1::bigint, $1::bigint + $2::bigint - 1) n
), conversation as (
  insert into conversations (business_id, id, canonical_key, is_open, last_seq, last_message_at, last_customer_message_at, reply_channel_id, reply_kind,
                             reply_address, created_at, updated_at)
  select b.id, gen_random_uuid(), 'phone:' || b.id || ':+' || n, true, 1, now(), now(), b.channel_id, 'phone', n::text, now(), now()
    from business b cross join customer
  returning business_id, id, reply_channel_id
), lane as (
  insert into lanes (business_id, conversation_id, kind, check_at, first_at, last_at, wanted)
  select business_id, id, 'send', now(), now(), now(), 1 from conversation
)
insert into messages (business_id, id, conversation_id, seq, channel_id, direction, author, type, text, content, sent_at, received_at, status)
select business_id, gen_random_uuid(), id, 1, reply_channel_id, 'out', 'api', 'text', 'Your order has left our house.',
       '{"type": "text", "text": {"body": "Your order has left our house."}}', now(), now(), 'queued'
  from conversation`;

async function fill(world: World, { from, messages }: { readonly from: number; readonly messages: number }): Promise<void> {
  const client = new pg.Client({ connectionString: world.databaseUrl, application_name: "bench" });
  await client.connect();
  try {
    await client.query("set search_path = onethread");
    await client.query(OUTBOX, [from, messages]);
  } finally {
    await client.end();
  }
}

/** From the commit that filled the outbox until the last one was accepted. Workers are not told: they find it with their next look. */
async function sendAll({ world, simulator }: Product, batch: { readonly from: number; readonly messages: number }): Promise<JsonObject> {
  simulator.send({ do: "clear" });
  await simulator.next("cleared");
  await fill(world, batch);
  simulator.send({ do: "await-accepted", messages: batch.messages });
  return simulator.next("done");
}

/** As often as `use` wants, to other customers each time, by a product that has warmed up. */
export function withSendTurns(
  plan: ProductPlan & { readonly messages: number },
  use: (measure: Turn<SendResult>) => Promise<void>,
): Promise<void> {
  return withProduct({ ...plan, customersAreUnknown: true }, async (product) => {
    let from = PHONES_FROM;
    const sendNext = async (messages: number): Promise<JsonObject> => {
      const done = await sendAll(product, { from, messages });
      from += messages;
      return done;
    };
    for (let time = 0; time < 2; time += 1) {
      await sendNext(WARM_UP);
      await product.world.analyze();
    }
    await use(async () => {
      const meter = await startMeter(product);
      const done = await sendNext(plan.messages);
      const seconds = numberOf(done, "seconds");
      const spent = await meter.read({ units: plan.messages, seconds });
      return {
        messages: plan.messages,
        seconds,
        acceptedPerSecond: plan.messages / seconds,
        missing: plan.messages - numberOf(done, "accepted"),
        sentTwice: numberOf(done, "doubled"),
        ...spent,
      };
    });
  });
}
