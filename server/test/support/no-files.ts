// Owns: the files of messages for a test in which no message has one.
import { createLocalStore } from "../../src/media/local-store.ts";
import { createProviderFiles } from "../../src/media/provider-files.ts";
import { createSendFiles, type SendFiles } from "../../src/outbound/send-files.ts";
import { createLog } from "../../src/kernel/log.ts";
import type { Database } from "../../src/db/database.ts";

export function noFiles(database: Database): SendFiles {
  const uploadFile = (): Promise<never> => Promise.reject(new Error("there is no file"));
  const providerFiles = createProviderFiles({ database, store: createLocalStore(""), uploadFile });
  return createSendFiles({ providerFiles, log: createLog({ level: "silent" }) });
}
