// Owns: the session lane's run with the defaults of a business, for tests that are about something else.
import type { Database } from "../../src/db/database.ts";
import { noFailPoints } from "../../src/kernel/fail-points.ts";
import type { Log } from "../../src/kernel/log.ts";
import { DEFAULT_REPLY_SETTINGS, type ReplySettings } from "../../src/settings/reply-settings.ts";
import { extractiveSummarizer } from "../../src/sessions/extractive-summarizer.ts";
import { createTrackSession } from "../../src/sessions/track-session.ts";

export function createTestTracker(database: Database, log: Log, inactivityMs = DEFAULT_REPLY_SETTINGS.sessions.inactivityMs) {
  const settings: ReplySettings = { ...DEFAULT_REPLY_SETTINGS, sessions: { ...DEFAULT_REPLY_SETTINGS.sessions, inactivityMs } };
  return createTrackSession({
    database,
    settings: { find: () => Promise.resolve(settings) },
    summarize: { extractive: extractiveSummarizer, model: extractiveSummarizer },
    failPoints: noFailPoints,
    log,
  });
}
