import { expect, test } from "vitest";
import { asEmbeddedError, explainOutput } from "./embedded-error.ts";

const at = { dataDir: "/data", port: 5432 };

test.each([
  ['FATAL:  could not write to file "pg_wal/xlogtemp.1": No space left on device', "disk_full", "never"],
  ["FATAL:  could not create any TCP/IP sockets", "port_taken", "other-port"],
  ["FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use", "already_running", "later"],
  ['FATAL:  lock file "postmaster.pid" already exists', "already_running", "never"],
  ["initdb: error while loading shared libraries: libpq.so.5: cannot open", "binaries_missing", "never"],
  ["FATAL:  could not map anonymous shared memory: Cannot allocate memory", "start_failed", "never"],
  ['FATAL:  data directory "/data" has wrong ownership', "no_permission", "never"],
  ["FATAL:  something new", "start_failed", "never"],
  ["", "start_failed", "never"],
])("%j is explained as %s, to be tried again: %s", (output, code, retry) => {
  const failure = explainOutput(`LOG:  starting PostgreSQL\n${output}\nHINT:  see the manual\n`, at);
  expect(failure).toMatchObject({ retry, error: { code } });
});

test.each([
  ["ENOSPC", "disk_full"],
  ["EACCES", "no_permission"],
  ["EROFS", "no_permission"],
  ["ENOTDIR", "data_unusable"],
  ["EIO", "start_failed"],
])("the file system's %s becomes %s, names the path and keeps its cause", (code, expected) => {
  const cause = Object.assign(new Error(`${code}: it went wrong, open '/data/x'`), { code, path: "/data/x" });
  const error = asEmbeddedError(cause, "/data");
  expect(error).toMatchObject({ code: expected, cause });
  expect(error.message).toContain("/data");
});
