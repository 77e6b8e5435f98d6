// Owns: a business with a connected Cloud API channel, for tests that need one.
import { randomBytes } from "node:crypto";
import type pg from "pg";
import { newId, type BusinessId, type ChannelId } from "../../src/kernel/ids.ts";

export interface TestBusiness {
  readonly businessId: BusinessId;
  readonly channelId: ChannelId;
  readonly phoneNumberId: string;
}

export async function createTestBusiness(
  superuser: pg.Pool,
  options: { quietMs?: number; ceilingMs?: number; phoneNumberId?: string } = {},
): Promise<TestBusiness> {
  const businessId = newId<BusinessId>();
  const channelId = newId<ChannelId>();
  const phoneNumberId = options.phoneNumberId ?? String(200_000_000_000_000 + randomBytes(5).readUIntBE(0, 5));
  await superuser.query("insert into onethread.businesses (id, name, quiet_ms, ceiling_ms) values ($1, 'Aurora', $2, $3)", [
    businessId,
    options.quietMs ?? 50,
    options.ceilingMs ?? 500,
  ]);
  await superuser.query(
    `insert into onethread.channels (business_id, id, provider, external_id, account_id, display_phone_number, name)
     values ($1, $2, 'cloud', $3, '300000000000001', '15550100200', 'Main')`,
    [businessId, channelId, phoneNumberId],
  );
  await superuser.query("insert into onethread.channel_secrets (business_id, channel_id, access_token) values ($1, $2, 'test-token')", [
    businessId,
    channelId,
  ]);
  await superuser.query("insert into onethread.directory (kind, key, business_id, target_id) values ('channel', $1, $2, $3)", [
    `cloud:${phoneNumberId}`,
    businessId,
    channelId,
  ]);
  return { businessId, channelId, phoneNumberId };
}
