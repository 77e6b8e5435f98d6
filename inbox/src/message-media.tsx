// Owns: the file of a message on the screen: the picture, the sound, the video, or a link to load it; and the words for one that is not there.
import type { Message } from "./inbox-client.ts";
import { describeMedia } from "./describe-media.ts";

interface MessageMediaProps {
  readonly message: Message;
}

export function MessageMedia({ message }: MessageMediaProps) {
  const shown = describeMedia(message);
  if (shown === undefined) return null;
  if (shown.as === "note") {
    return (
      <p role="note" className={`mb-1.5 text-sm ${shown.isBad ? "text-danger" : "text-soft"}`}>
        {shown.text}
      </p>
    );
  }
  const { url, label } = shown;
  if (shown.as === "picture") {
    return (
      <a href={url} target="_blank" rel="noreferrer" className="-mx-1.5 mb-1.5 block">
        <img
          src={shown.previewUrl}
          alt={label}
          width={shown.width}
          height={shown.height}
          loading="lazy"
          className="h-auto max-h-80 w-auto max-w-full rounded-xl object-contain"
        />
      </a>
    );
  }
  if (shown.as === "video") {
    // Nobody has written captions for what a customer filmed.
    return <video controls preload="metadata" src={url} aria-label={label} className="-mx-1.5 mb-1.5 max-h-80 max-w-full rounded-xl" />;
  }
  if (shown.as === "sound") return <audio controls preload="metadata" src={url} aria-label={label} className="mb-1.5 w-64 max-w-full" />;
  return (
    <a
      href={url}
      download
      className="mb-1.5 flex items-center gap-2 rounded-lg border border-line px-3 py-2 text-sm font-medium hover:bg-raised"
    >
      <span aria-hidden>↓</span>
      <span dir="auto" className="min-w-0 break-words">
        {label}
      </span>
      {shown.size !== undefined && <span className="shrink-0 text-xs text-soft">{shown.size}</span>}
    </a>
  );
}
