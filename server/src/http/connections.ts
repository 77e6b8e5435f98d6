// Owns: which connections there are, and the latest request of each. Refuses to know: what for.
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";

export interface Connection {
  readonly socket: Socket;
  /** Undefined before the first one. */
  readonly latest: IncomingMessage | undefined;
}

/** Costs a request one look into a map, and no listener. */
export function watchConnections(server: Server): () => Iterable<Connection> {
  const connections = new Map<Socket, { socket: Socket; latest: IncomingMessage | undefined }>();
  server.on("connection", (socket) => {
    connections.set(socket, { socket, latest: undefined });
    socket.once("close", () => connections.delete(socket));
  });
  server.on("request", (request: IncomingMessage) => {
    const connection = connections.get(request.socket);
    if (connection !== undefined) connection.latest = request;
  });
  return () => connections.values();
}
