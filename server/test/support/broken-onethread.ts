// Owns: a real Onethread process that breaks at an exact place: TEST_FAIL_POINTS says where, and how (kernel/fail-points.ts); `exit` is kill -9.
import { startOnethread } from "../../src/compose.ts";
import { readConfig, readEnvironment } from "../../src/config.ts";
import { parseFailPoints } from "../../src/kernel/fail-points.ts";
import { createLog } from "../../src/kernel/log.ts";

const read = readConfig(readEnvironment());
if (!read.ok) throw new Error(read.problems.join("\n"));
const running = await startOnethread({
  config: read.config,
  demo: false,
  log: createLog({ level: read.config.logLevel }),
  overrides: { failPoints: parseFailPoints(process.env["TEST_FAIL_POINTS"] ?? "", () => process.kill(process.pid, "SIGKILL")) },
});
process.once("SIGTERM", () => void running.stop());
await running.finished;
