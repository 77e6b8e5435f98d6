// Owns: which connections there are, and the latest request of each. Refuses to know: what for.
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export interface Connection {
  readonly socket: Socket;
  /** Undefined before its first one. */
  readonly latest: Exchange | undefined;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Costs a request one entry in a map and no listener: whether it has ended is asked when somebody wants to know (`isAnswered`). */
export function watchConnections(server: Server): () => Iterable<Connection> {
  const connections = new Map<Socket, { socket: Socket; latest: Exchange | undefined }>();
  server.on("connection", (socket) => {
    connections.set(socket, { socket, latest: undefined });
    socket.once("close", () => connections.delete(socket));
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const connection = connections.get(request.socket);
    if (connection !== undefined) connection.latest = { request, response };
  });
  return () => connections.values();
}

/** Its answer was handed to the network as a whole, or it is gone. */
export const isAnswered = ({ response }: Exchange): boolean => response.writableFinished || response.destroyed;
