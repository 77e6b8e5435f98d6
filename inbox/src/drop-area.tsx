// Owns: files that are dragged over a thread and let go there. Refuses to know: what becomes of them.
import { useRef, useState, type DragEvent, type ReactNode } from "react";

interface DropAreaProps {
  /** Undefined: nothing may be sent; a file that is let go does not take the place of the page all the same. */
  readonly onFiles: ((files: readonly File[]) => void) | undefined;
  readonly children: ReactNode;
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");

export function DropArea({ onFiles, children }: DropAreaProps) {
  const [isOver, setOver] = useState(false);
  /** Entering an element inside comes before leaving the one around it. */
  const depth = useRef(0);
  const move = (event: DragEvent, by: 1 | -1): void => {
    if (!hasFiles(event)) return;
    depth.current += by;
    setOver(depth.current > 0);
  };
  return (
    <div
      className="relative flex min-h-0 flex-1 flex-col"
      onDragEnter={(event) => move(event, 1)}
      onDragLeave={(event) => move(event, -1)}
      onDragOver={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = onFiles === undefined ? "none" : "copy";
      }}
      onDrop={(event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        onFiles?.([...event.dataTransfer.files]);
      }}
    >
      {children}
      {isOver && onFiles !== undefined && (
        <p className="pointer-events-none absolute inset-2 z-20 flex items-center justify-center rounded-2xl border-2 border-dashed border-accent bg-panel/90 text-base font-semibold text-accent">
          Let go to attach these files
        </p>
      )}
    </div>
  );
}
