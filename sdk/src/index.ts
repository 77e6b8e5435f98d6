// Owns: what the package offers. It depends on nothing of ours and on nothing else.
export { createClient, type Client, type ConversationFilter, type SendOptions } from "./client.ts";
export { ProblemError } from "./problem-error.ts";
export type * from "./schema.ts";
export type { ClientOptions } from "./send-request.ts";
export { withFile, type FileMessage, type UploadFile, type UploadOptions } from "./upload-file.ts";
