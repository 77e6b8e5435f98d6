// Owns: the list of what WhatsApp and the gateways reported about numbers, accounts and templates, the newest first.
import { useInfiniteQuery } from "@tanstack/react-query";
import { BackLink } from "./back-link.tsx";
import { Badge } from "./badge.tsx";
import { nameOf } from "./channel-troubles.ts";
import { formatFull, formatMoment, withLocalTimes } from "./format-time.ts";
import { sentenceOf, type Channel, type InboxClient, type Notice } from "./inbox-client.ts";
import { MoreButton } from "./more-button.tsx";
import { PaneHeading } from "./pane-heading.tsx";

interface NoticesPageProps {
  readonly client: InboxClient;
  readonly channels: readonly Channel[];
  readonly now: number;
}

const POLL_MS = 10_000;

export function NoticesPage({ client, channels, now }: NoticesPageProps) {
  const query = useInfiniteQuery({
    queryKey: ["notices"],
    queryFn: ({ pageParam }) => client.listNotices(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    refetchInterval: POLL_MS,
  });
  // Pages that were read at different moments may overlap.
  const notices = [...new Map(query.data?.pages.flatMap(({ data }) => data).map((notice) => [notice.id, notice])).values()];
  return (
    <>
      <header className="flex h-16 shrink-0 items-center gap-3 border-b border-line bg-panel px-4">
        <BackLink />
        <PaneHeading name="Notices" />
      </header>
      {query.isError && (
        <p role="status" className="bg-warning-bg px-4 py-2 text-sm text-warning">
          {sentenceOf(query.error)}
        </p>
      )}
      <div className="min-h-0 flex-1 overflow-y-auto px-4 py-4 md:px-8">
        <ul aria-label="Notices" className="mx-auto flex max-w-3xl flex-col gap-2">
          {notices.map((notice) => (
            <Row key={notice.id} notice={notice} channel={channels.find(({ id }) => id === notice.channelId)} now={now} />
          ))}
        </ul>
        {query.isPending && <p className="p-6 text-center text-sm text-soft">Loading…</p>}
        {query.isSuccess && notices.length === 0 && (
          <p className="mx-auto max-w-md p-6 text-center text-sm text-soft">
            Nothing has been reported yet. What WhatsApp says of your numbers, accounts and templates appears here automatically.
          </p>
        )}
        {query.hasNextPage && (
          <MoreButton isLoading={query.isFetchingNextPage} onMore={() => void query.fetchNextPage()}>
            Show older notices
          </MoreButton>
        )}
      </div>
    </>
  );
}

interface RowProps {
  readonly notice: Notice;
  readonly channel: Channel | undefined;
  readonly now: number;
}

function Row({ notice: { severity, sentence, at }, channel, now }: RowProps) {
  return (
    <li className="rounded-xl border border-line bg-panel px-4 py-3">
      <p className="flex items-baseline gap-2 text-xs text-soft">
        {severity === "critical" && <Badge tone="danger">Critical</Badge>}
        {severity === "warning" && <Badge tone="warning">Warning</Badge>}
        {channel !== undefined && (
          <span dir="auto" title={nameOf(channel)} className="min-w-0 truncate">
            {nameOf(channel)}
          </span>
        )}
        <time dateTime={at} title={formatFull(at)} className="ms-auto shrink-0">
          {formatMoment(at, now)}
        </time>
      </p>
      <p dir="auto" className="mt-1 text-sm break-words">
        {withLocalTimes(sentence)}
      </p>
    </li>
  );
}
