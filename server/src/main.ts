#!/usr/bin/env node
// The entry of every process: the command line decides what it is.
import { runCli } from "./cli/program.ts";

process.exitCode = await runCli(process.argv.slice(2));
