// Owns: the settings of a command: the environment, with the command line on top. Refuses to know what a setting means.
import { readConfig, type Config, type ConfigOverrides } from "../config/config.ts";
import { createLog, type Log } from "../kernel/log.ts";
import { CliFailure } from "./cli-failure.ts";
import type { Terminal } from "./terminal.ts";

export interface Settings {
  readonly config: Config;
  readonly log: Log;
}

/** Throws a CliFailure with all problems, a sentence each. */
export function readSettings(terminal: Terminal, overrides: ConfigOverrides): Settings {
  const result = readConfig(terminal.environment, overrides);
  if (!result.ok) throw new CliFailure(result.problems.join("\n"), 2);
  return { config: result.config, log: createLog({ level: result.config.logLevel, pretty: result.config.logPretty }) };
}

/** For commands that only use the database: its log is quiet, because the command itself says what happened. */
export function readToolSettings(terminal: Terminal, settings: ConfigOverrides["settings"] = {}): Settings {
  const { config } = readSettings(terminal, { purpose: "tool", settings });
  const isChatty = config.logLevel === "debug" || config.logLevel === "trace";
  return { config, log: createLog({ level: isChatty ? config.logLevel : "error", pretty: config.logPretty }) };
}
