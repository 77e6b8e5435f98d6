// Owns: the connected numbers and their health, asked for more rarely than what people write.
import { useQuery } from "@tanstack/react-query";
import type { Channel, InboxClient } from "./inbox-client.ts";

const POLL_MS = 10_000;

/** Empty until they are known. */
export function useChannels(client: InboxClient): readonly Channel[] {
  const { data } = useQuery<readonly Channel[]>({ queryKey: ["channels"], queryFn: () => client.listChannels(), refetchInterval: POLL_MS });
  return data ?? [];
}
