// Owns: the paper clip: choosing files of this device. Refuses to know: what becomes of them.
import { useRef } from "react";

interface AttachButtonProps {
  readonly isDisabled: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

export function AttachButton({ isDisabled, onFiles }: AttachButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        aria-label="Files"
        tabIndex={-1}
        className="sr-only"
        disabled={isDisabled}
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          // The same file may be chosen again.
          target.value = "";
        }}
      />
      <button
        type="button"
        aria-label="Attach files"
        title="Attach files"
        disabled={isDisabled}
        onClick={() => input.current?.click()}
        className="absolute start-0.5 bottom-0.5 flex h-10 w-10 items-center justify-center rounded-full text-soft hover:bg-raised disabled:opacity-40"
      >
        <svg
          aria-hidden
          viewBox="0 0 20 20"
          className="h-5 w-5"
          fill="none"
          stroke="currentColor"
          strokeWidth="1.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        >
          <path d="M15.5 9.5l-5.8 5.8a3.3 3.3 0 01-4.7-4.7l6.2-6.2a2.2 2.2 0 013.1 3.1l-6.2 6.2a1.1 1.1 0 01-1.6-1.6l5.4-5.3" />
        </svg>
      </button>
    </>
  );
}
