import { expect, test } from "vitest";
import type { BusinessId, ChannelId } from "../kernel/ids.ts";
import { createLog } from "../kernel/log.ts";
import { createLearnIdentity, type IdentityLesson } from "./learn-identity.ts";

const channel = { businessId: "b" as BusinessId, channelId: "c" as ChannelId, scope: "1" };
const lesson: IdentityLesson = { channel, customer: { phone: "15550100200", userId: "US.1" }, source: "status", at: new Date(0) };

function learning({ knowsAsOne }: { readonly knowsAsOne: boolean }) {
  const settled: unknown[] = [];
  const learn = createLearnIdentity({
    settleIdentity: (request) => {
      settled.push(request);
      return Promise.resolve(undefined);
    },
    knowsAsOne: () => knowsAsOne,
    log: createLog({ level: "silent" }),
  });
  return { learn, settled };
}

test("a status settles who somebody is once", async () => {
  const { learn, settled } = learning({ knowsAsOne: false });
  await learn(lesson);
  await learn(lesson);
  expect(settled).toHaveLength(1);
});

test("where a message has just said the same, a status settles nothing, and a change does", async () => {
  const { learn, settled } = learning({ knowsAsOne: true });
  await learn(lesson);
  expect(settled).toHaveLength(0);
  await learn({ ...lesson, becomes: { phone: "15550100201", userId: "US.1" } });
  expect(settled).toHaveLength(1);
});
