// Owns: how a short fact about a conversation looks.
import type { ReactNode } from "react";

const TONES = {
  warning: "bg-warning-bg text-warning",
  danger: "bg-danger-bg text-danger",
  quiet: "bg-raised text-soft ring-1 ring-line",
} as const;

export function Badge({ tone, children }: { readonly tone: keyof typeof TONES; readonly children: ReactNode }) {
  return <span className={`rounded-full px-2 py-0.5 text-xs font-medium ${TONES[tone]}`}>{children}</span>;
}
