// Owns: a real Onethread process that breaks at an exact place: TEST_FAIL_POINTS says where, and how (kernel/fail-points.ts); `exit` is kill -9.
import { enableCompileCache } from "node:module";
import { readConfig, readEnvironment } from "../../src/config/config.ts";
import { parseFailPoints, type FailPoints } from "../../src/kernel/fail-points.ts";
import { createLog } from "../../src/kernel/log.ts";

enableCompileCache();
const { startOnethread } = await import("../../src/compose/start-onethread.ts");
const read = readConfig(readEnvironment());
if (!read.ok) throw new Error(read.problems.join("\n"));
const log = createLog({ level: read.config.logLevel });
const armed = parseFailPoints(process.env["TEST_FAIL_POINTS"] ?? "", () => process.kill(process.pid, "SIGKILL"));
const failPoints: FailPoints = {
  hit(point) {
    const broken = armed.hit(point);
    // The signal that tests wait for: from here on the process hangs at this very place.
    if (broken !== undefined) log.info({ point }, "fail-point.reached");
    return broken;
  },
};
const running = await startOnethread({
  config: read.config,
  demo: false,
  log,
  overrides: { failPoints },
});
process.once("SIGTERM", () => void running.stop());
await running.finished;
