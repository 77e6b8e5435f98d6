#!/usr/bin/env node
// Owns the command line of the simulator alone. Knows only how to start and stop it.
import { parseArgs } from "node:util";
import { startSimulator } from "./start-simulator.ts";
import { statusLevels } from "./settings.ts";
import type { SimulatorOptions } from "./settings.ts";

const help = `onethread-simulator: a strict double of the WhatsApp Cloud API and of customers' phones

Usage: onethread-simulator --webhook-url <url> --app-secret <secret> [options]

  --webhook-url <url>    where webhooks go; may be given several times (round-robin)
  --app-secret <secret>  signs the webhooks (X-Hub-Signature-256)
  --access-token <token> accept only this bearer token (default: any non-empty one)
  --verify-token <token> for the handshake of POST /sim/verify
  --host <host>          default 127.0.0.1
  --allow-host <name>    a further name it may be asked for by; may be given several times
  --port <port>          default 4010; 0 takes any free port
  --phone-number-id <id> default 200000000000001
  --display-phone <n>    default 15550100200
  --waba-id <id>         default 300000000000001
  --statuses <level>     none, sent, delivered or read (default): which statuses follow a send
  --status-delay-ms <n>  default 10
  --no-window-check      send outside the 24 h window too
  --real-rates           80 messages per second (130429), 1 per 6 s to one customer with a burst of 45 (131056)
  --state-file <file>    remember customers across restarts
  --help                 this text
`;

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const flags = {
  help: { ...flag, short: "h" },
  "webhook-url": { ...text, multiple: true },
  "app-secret": text,
  "access-token": text,
  "verify-token": text,
  host: text,
  "allow-host": { ...text, multiple: true },
  port: text,
  "phone-number-id": text,
  "display-phone": text,
  "waba-id": text,
  statuses: text,
  "status-delay-ms": text,
  "no-window-check": flag,
  "real-rates": flag,
  "state-file": text,
} as const;

function readWholeNumber(name: string, given: string | undefined, max: number): number | undefined {
  if (given === undefined) return undefined;
  if (!/^\d+$/.test(given) || Number(given) > max) throw new Error(`--${name} must be a whole number from 0 to ${max}, not "${given}".`);
  return Number(given);
}

function readOptions(args: readonly string[]): SimulatorOptions | "help" {
  const { values } = parseArgs({ args: [...args], options: flags });
  if (values.help === true) return "help";
  const { "webhook-url": webhookUrl, "app-secret": appSecret, "access-token": accessToken, "verify-token": verifyToken } = values;
  if (webhookUrl === undefined || appSecret === undefined) throw new Error("--webhook-url and --app-secret are needed.");
  const wrongUrl = webhookUrl.find((url) => !URL.canParse(url) || !/^https?:/.test(url));
  if (wrongUrl !== undefined) throw new Error(`--webhook-url must be an http or https URL, not "${wrongUrl}".`);
  const statuses = statusLevels.find((level) => level === values.statuses);
  if (values.statuses !== undefined && statuses === undefined) throw new Error(`--statuses must be one of ${statusLevels.join(", ")}.`);
  const port = readWholeNumber("port", values.port, 65_535);
  const statusDelayMs = readWholeNumber("status-delay-ms", values["status-delay-ms"], 3_600_000);
  const stateFile = values["state-file"];
  return {
    webhookUrl,
    appSecret,
    numbers: [
      {
        phoneNumberId: values["phone-number-id"] ?? "200000000000001",
        displayPhoneNumber: values["display-phone"] ?? "15550100200",
        wabaId: values["waba-id"] ?? "300000000000001",
      },
    ],
    ...(accessToken !== undefined && { accessToken }),
    ...(verifyToken !== undefined && { verifyToken }),
    ...(values.host !== undefined && { host: values.host }),
    ...(values["allow-host"] !== undefined && { allowedHosts: values["allow-host"] }),
    ...(port !== undefined && { port }),
    ...(statuses !== undefined && { statuses }),
    ...(statusDelayMs !== undefined && { statusDelayMs }),
    ...(values["no-window-check"] === true && { windowCheck: false }),
    ...(values["real-rates"] === true && { throughput: 80, pairRate: { burst: 45, intervalMs: 6000 } }),
    ...(stateFile !== undefined && { stateFile }),
  };
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options === "help") process.stdout.write(help);
  else {
    const simulator = await startSimulator(options);
    process.stdout.write(`The simulator is ready at ${simulator.url} (control API: ${simulator.url}/sim/health)\n`);
    const stop = (): void => void simulator.stop();
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
  }
} catch (error) {
  process.stderr.write(`onethread-simulator: ${error instanceof Error ? error.message : String(error)}\nTry --help.\n`);
  process.exitCode = 1;
}
