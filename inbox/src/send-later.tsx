// Owns: choosing when something is sent, on the clocks of this browser. Refuses to know: what is sent.
import { useId } from "react";
import { instantOf } from "./local-moment.ts";

interface MomentFieldProps {
  readonly value: string;
  readonly onChange: (moment: string) => void;
}

const ZONE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export function MomentField({ value, onChange }: MomentFieldProps) {
  const id = useId();
  return (
    <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
      <label htmlFor={id} className="font-medium">
        Send at
      </label>
      <input
        id={id}
        type="datetime-local"
        required
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className="h-10 rounded-lg border border-line bg-page px-3"
      />
      <span className="text-xs text-soft">{ZONE}</span>
      {instantOf(value) === undefined && <span className="text-xs text-warning">Choose a time that is still to come.</span>}
    </div>
  );
}

interface LaterButtonProps {
  readonly isLater: boolean;
  readonly isDisabled: boolean;
  readonly onToggle: () => void;
}

export function LaterButton({ isLater, isDisabled, onToggle }: LaterButtonProps) {
  return (
    <button
      type="button"
      aria-pressed={isLater}
      aria-label="Send later"
      title="Send later"
      disabled={isDisabled}
      onClick={onToggle}
      className={`flex h-11 w-11 shrink-0 items-center justify-center rounded-full border border-line hover:bg-raised disabled:opacity-40 ${isLater ? "bg-raised text-accent" : "text-soft"}`}
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
        <path d="M10 3a7 7 0 100 14 7 7 0 000-14zM10 6.2V10l2.6 1.6" />
      </svg>
    </button>
  );
}
