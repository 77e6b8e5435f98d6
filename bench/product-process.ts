// Owns: the process of the whole product: api, worker and scheduler as `onethread start` runs them, with its default settings.
import { startOnethread } from "../server/src/compose/start-onethread.ts";
import { readConfig, readEnvironment } from "../server/src/config/config.ts";
import { createLog } from "../server/src/kernel/log.ts";
import { countSentStatements } from "./sent-statements.ts";
import { endWithParent, sendToParent } from "./wire.ts";

countSentStatements();
const read = readConfig(readEnvironment());
if (!read.ok) throw new Error(read.problems.join(" "));
const running = await startOnethread({ config: read.config, demo: false, log: createLog({ level: "warn" }) });
endWithParent(() => running.stop());
sendToParent({ event: "ready", url: running.url });
