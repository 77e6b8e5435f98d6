// Owns: the ways in which the embedded PostgreSQL can refuse, each with one sentence that says what to do.
// Refuses to know: how they are shown or logged.

export type EmbeddedErrorCode =
  | "already_running"
  | "binaries_missing"
  | "data_unusable"
  | "directory_unreachable"
  | "disk_full"
  | "no_permission"
  | "port_taken"
  | "start_failed";

export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedErrorCode;

  constructor(code: EmbeddedErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = "EmbeddedPostgresError";
    this.code = code;
  }
}

/** Turns an error of the file system into a sentence; what is already a sentence stays as it is. */
export function asEmbeddedError(error: unknown, dataDir: string): EmbeddedPostgresError {
  if (error instanceof EmbeddedPostgresError) return error;
  const { code, path } = faultOf(error);
  // A file of ours in the data directory says less to a person than the directory.
  const where = path === undefined || path.startsWith(dataDir) ? dataDir : path;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new EmbeddedPostgresError("disk_full", diskFull(where), { cause: error });
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new EmbeddedPostgresError(
        "no_permission",
        `The user that runs Onethread may not use ${where} (${code}): give it that directory, or choose another one with ONETHREAD_DATA_DIR.`,
        { cause: error },
      );
    case "EEXIST":
    case "ENOTDIR":
      return new EmbeddedPostgresError(
        "data_unusable",
        `The data directory ${dataDir} cannot be made because ${path ?? dataDir} is not a directory: remove it, or choose another place with ONETHREAD_DATA_DIR.`,
        { cause: error },
      );
    default:
      return new EmbeddedPostgresError(
        "start_failed",
        `The embedded PostgreSQL in ${dataDir} could not be started: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
  }
}

export type StartFailure = { readonly retry: "other-port" | "later" | "never"; readonly error: EmbeddedPostgresError };

/** Explains why initdb or postgres gave up, from what they wrote. Both run with LC_ALL=C, so the wording is fixed. */
export function explainOutput(output: string, at: { readonly dataDir: string; readonly port?: number }): StartFailure {
  const never = (code: EmbeddedErrorCode, sentence: string): StartFailure => ({
    retry: "never",
    error: new EmbeddedPostgresError(code, sentence),
  });
  if (/No space left on device|Disk quota exceeded/.test(output)) return never("disk_full", diskFull(at.dataDir));
  if (/could not bind|could not create any TCP\/IP sockets/.test(output)) {
    const sentence = `Port ${String(at.port)} on 127.0.0.1 is already taken: stop what is using it, or start on another port.`;
    return { retry: "other-port", error: new EmbeddedPostgresError("port_taken", sentence) };
  }
  if (output.includes("pre-existing shared memory block")) {
    const sentence = `PostgreSQL processes that were left behind still use ${at.dataDir}: wait until they have ended, then start again.`;
    return { retry: "later", error: new EmbeddedPostgresError("already_running", sentence) };
  }
  if (output.includes('lock file "postmaster.pid" already exists')) {
    return never("already_running", `Another PostgreSQL already runs on ${at.dataDir}: stop it first.`);
  }
  if (/error while loading shared libraries|Library not loaded|symbol not found/.test(output)) {
    const sentence = `The PostgreSQL that came with npm cannot run here (${lastLine(output)}): run \`npm rebuild\`, or set DATABASE_URL to a PostgreSQL of your own.`;
    return never("binaries_missing", sentence);
  }
  if (/Cannot allocate memory|could not map anonymous shared memory|could not resize shared memory/.test(output)) {
    return never("start_failed", `There is too little memory to start PostgreSQL: free some, then start again (${lastLine(output)}).`);
  }
  if (/Permission denied|has wrong ownership|invalid permissions/.test(output)) {
    return never(
      "no_permission",
      `PostgreSQL may not use ${at.dataDir} (${lastLine(output)}): give its user that directory, or choose another.`,
    );
  }
  return never("start_failed", `PostgreSQL could not start in ${at.dataDir}: ${lastLine(output)}`);
}

function diskFull(where: string): string {
  return `The disk that holds ${where} is full: free some space, then start again; nothing that was stored is lost.`;
}

function lastLine(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.find((line) => /FATAL|PANIC|error/i.test(line)) ?? lines.at(-1) ?? "it said nothing";
}

function faultOf(error: unknown): { readonly code?: string; readonly path?: string } {
  if (typeof error !== "object" || error === null) return {};
  const code = "code" in error && typeof error.code === "string" ? { code: error.code } : {};
  const path = "path" in error && typeof error.path === "string" ? { path: error.path } : {};
  return { ...code, ...path };
}
