// Owns: the files above the field, before they are sent: how far each is, what is wrong with it, and taking it away again.
import { formatSize } from "./format-size.ts";
import type { Attachment, Attachments } from "./use-attachments.ts";

export function AttachmentList({ attachments }: { readonly attachments: Attachments }) {
  if (attachments.list.length === 0) return null;
  return (
    <ul aria-label="Files to send" className="mb-2 flex max-h-[40vh] flex-col gap-1.5 overflow-y-auto">
      {attachments.list.map((attachment) => (
        <AttachmentRow
          key={attachment.key}
          attachment={attachment}
          onRemove={() => attachments.drop(attachment.key)}
          onRetry={() => attachments.retry(attachment.key)}
        />
      ))}
    </ul>
  );
}

interface AttachmentRowProps {
  readonly attachment: Attachment;
  readonly onRemove: () => void;
  readonly onRetry: () => void;
}

function AttachmentRow({ attachment: { file, state }, onRemove, onRetry }: AttachmentRowProps) {
  return (
    <li className="flex items-center gap-3 rounded-xl border border-line bg-page p-1.5 text-sm">
      <Preview state={state} />
      <div className="min-w-0 flex-1">
        <p dir="auto" className="truncate font-medium" title={file.name}>
          {file.name}
        </p>
        {state.at === "failed" ? (
          <>
            <p role="alert" className="text-xs text-danger">
              {state.problem}
            </p>
            {state.mayRetry && (
              <button
                type="button"
                onClick={onRetry}
                className="mt-1 rounded-lg border border-line px-3 py-1 text-xs font-medium hover:bg-raised"
              >
                Try again
              </button>
            )}
          </>
        ) : (
          <p className="text-xs text-soft">
            {formatSize(file.size)}
            {state.at === "uploading" && ` · ${String(Math.floor(state.share * 100))} %`}
          </p>
        )}
        {state.at === "uploading" && (
          <progress
            value={state.share}
            max={1}
            aria-label={`Uploading ${file.name}`}
            className="mt-1 block h-1 w-full appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
          />
        )}
      </div>
      <button
        type="button"
        onClick={onRemove}
        aria-label={`Remove ${file.name}`}
        title="Remove"
        className="flex h-9 w-9 shrink-0 items-center justify-center rounded-full text-soft hover:bg-raised hover:text-ink"
      >
        <svg aria-hidden viewBox="0 0 20 20" className="h-4 w-4" fill="none" stroke="currentColor" strokeWidth="1.8" strokeLinecap="round">
          <path d="M5 5l10 10M15 5L5 15" />
        </svg>
      </button>
    </li>
  );
}

/** The picture as the server keeps it: what is shown is what is sent. */
function Preview({ state }: Pick<Attachment, "state">) {
  const thumbnail = state.at === "ready" ? state.uploaded.thumbnailUrl : null;
  const frame = "flex h-11 w-11 shrink-0 items-center justify-center overflow-hidden rounded-lg bg-raised text-soft";
  if (thumbnail !== null) {
    return (
      <span className={frame}>
        <img src={thumbnail} alt="" className="h-full w-full object-cover" />
      </span>
    );
  }
  return (
    <span aria-hidden className={frame}>
      <svg viewBox="0 0 20 20" className="h-5 w-5" fill="none" stroke="currentColor" strokeWidth="1.5" strokeLinejoin="round">
        <path d="M5 2.5h6.5L15.5 6.5v11h-10.5zM11.5 2.5v4h4" />
      </svg>
    </span>
  );
}
