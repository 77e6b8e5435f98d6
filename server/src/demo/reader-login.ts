// Owns: a login for people and tools that want to look at the demo's database: it may read everything and change nothing.
import { randomBytes } from "node:crypto";
import pg from "pg";

/** Gives `onethread_demo_reader` a new password and answers its URL. The login may create roles: the demo's own may, others must be allowed to. */
export async function openReaderLogin(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const password = randomBytes(18).toString("base64url");
    const { rowCount } = await client.query("select from pg_roles where rolname = 'onethread_demo_reader'");
    if (rowCount === 0) await client.query("create role onethread_demo_reader login in role onethread_reader");
    await client.query(`alter role onethread_demo_reader password ${client.escapeLiteral(password)}`);
    await client.query("alter role onethread_demo_reader set search_path = onethread, public");
    const reader = new URL(url);
    reader.username = "onethread_demo_reader";
    reader.password = password;
    return reader.href;
  } finally {
    await client.end();
  }
}
