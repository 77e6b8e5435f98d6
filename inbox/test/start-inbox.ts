// Owns: what the inbox is tested on: its built page, a real server with its demo, a real PostgreSQL, a browser. Refuses to know: what is tested.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, JSHandle, Locator, Page } from "playwright-core";
import { build } from "vite";
import { startOnethread } from "../../server/src/compose/start-onethread.ts";
import { readConfig } from "../../server/src/config/config.ts";
import { createTestDatabase, type TestDatabase } from "../../server/test/support/test-database.ts";
import { launchBrowser } from "./launch-browser.ts";
import { readFacts } from "./read-facts.ts";

export interface StartedInbox {
  readonly testDatabase: TestDatabase;
  readonly browser: Browser;
  readonly facts: Awaited<ReturnType<typeof readFacts>>;
}

/** `atEnd`: what is to be ended, the last one first. */
export async function startInbox(atEnd: (() => Promise<void>)[]): Promise<StartedInbox> {
  await build({ root: fileURLToPath(new URL("..", import.meta.url)), logLevel: "error" });
  const testDatabase = await createTestDatabase();
  atEnd.push(() => testDatabase.close());
  const dataDir = await mkdtemp(join(tmpdir(), "onethread-inbox-"));
  atEnd.push(() => rm(dataDir, { recursive: true, force: true }));
  const environment = { PORT: "0", ONETHREAD_SIMULATOR_PORT: "0", DATABASE_URL: testDatabase.url, ONETHREAD_DATA_DIR: dataDir };
  const read = readConfig(environment, { purpose: "demo" });
  if (!read.ok) throw new Error(read.problems.join(" "));
  const onethread = await startOnethread({ config: read.config, demo: true, log: testDatabase.log });
  atEnd.push(() => onethread.stop());
  const facts = await readFacts(join(dataDir, "demo.json"));
  // People answer in these tests; the AI would join in. A turn ends soon after the customer's last message: how long it waits is not under test here.
  await testDatabase.superuser.query("update onethread.businesses set ai_enabled = false, quiet_ms = 100");
  const browser = await launchBrowser();
  atEnd.push(() => browser.close());
  return { testDatabase, browser, facts };
}

/** A PNG of one pixel. */
export const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** As the browser has chosen it. */
export const fileOf = (name: string, base64: string) => ({ name, mimeType: "image/png", buffer: Buffer.from(base64, "base64") });

/** As if no photo could be had. */
export const PHOTOS_FAIL = `update onethread.media f set state = 'failed', error_code = 'expired', error_text = 'It was too late.'
  from onethread.messages m where m.id = f.message_id and m.type = 'image'`;

/** A picture as a person drags or copies it. */
export function transferOf(page: Page, name: string): Promise<JSHandle<DataTransfer>> {
  return page.evaluateHandle(
    ([file, content]) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], file, { type: "image/png" }));
      return transfer;
    },
    [name, PIXEL] as const,
  );
}

export async function paste(field: Locator, transfer: JSHandle<DataTransfer>): Promise<void> {
  await field.evaluate((element, clipboardData) => {
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, transfer);
}
