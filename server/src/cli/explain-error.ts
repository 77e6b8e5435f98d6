// Owns: turning any error that reaches the command line into one sentence. Refuses to know which command it was.
import { sqlStateOf } from "../db/classify-error.ts";
import { messageOf } from "../kernel/faults.ts";

const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ETIMEDOUT", "ECONNRESET", "EAI_AGAIN"]);
const CHECK_URL = "Check that it is running and that DATABASE_URL is right.";

/** One sentence, or two: what happened and what to do. Never a stack trace, never a password. */
export function explainError(error: unknown): string {
  const inner = firstOf(error);
  const code = sqlStateOf(inner) ?? "";
  if (code === "EADDRINUSE") return explainPort(inner);
  if (code === "EACCES" && isListening(inner)) return `${explainPort(inner)} Ports below 1024 need more permissions.`;
  if (UNREACHABLE.has(code)) return `The server cannot be reached (${withoutPasswords(messageOf(inner))}). ${CHECK_URL}`;
  const database = explainDatabase(code, withoutPasswords(messageOf(inner)));
  return database ?? withoutPasswords(messageOf(inner));
}

function explainDatabase(code: string, message: string): string | undefined {
  switch (code) {
    case "28P01":
    case "28000":
      return `PostgreSQL refused the login (${message}). Check the user and the password in DATABASE_URL.`;
    case "3D000":
      return `PostgreSQL has no such database (${message}). Create it, or correct DATABASE_URL.`;
    case "3F000":
    case "42P01":
    case "42703":
    case "22023":
      return `The database is not prepared for this version of Onethread (${message}). Run \`onethread migrate\` first.`;
    case "42704":
      return `PostgreSQL does not know that (${message}). Languages are english, portuguese, spanish, german, … or simple, which suits all.`;
    case "42501":
      return `The login in DATABASE_URL may not do that (${message}). Use the one that \`onethread migrate\` runs with.`;
    case "57P03":
    case "53300":
      return `PostgreSQL takes no connection right now (${message}). Try again in a moment.`;
    default:
      return undefined;
  }
}

/** A connection that was tried on several addresses fails with all of their errors at once. */
function firstOf(error: unknown): unknown {
  return error instanceof AggregateError && error.errors.length > 0 ? firstOf(error.errors[0]) : error;
}

function isListening(error: unknown): boolean {
  return typeof error === "object" && error !== null && "syscall" in error && error.syscall === "listen";
}

function explainPort(error: unknown): string {
  const at = typeof error === "object" && error !== null ? error : {};
  const port = "port" in at && typeof at.port === "number" ? String(at.port) : "the port";
  const address = "address" in at && typeof at.address === "string" ? ` on ${at.address}` : "";
  return `Port ${port}${address} is not free: another program listens there. Stop it, or choose another port with --port (--simulator-port for the simulator); 0 picks a free one.`;
}

function withoutPasswords(text: string): string {
  return text.replaceAll(/(:\/\/[^:@/\s]*):[^@/\s]*@/g, "$1:***@");
}
