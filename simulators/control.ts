// The control socket of the simulator: one JSON request per line, one JSON answer per line, in order. For tests, tools and operators of the
// simulator; it is a unix socket that only the same user may open.
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';

/** Characters of one request: thirty-two fault rules fit many times. */
const requestCharsMax = 64 * 1024;

/** Connections at once. */
const connectionsMax = 16;

/** A request: its command and whatever the command takes. */
export interface ControlRequest {
  readonly command: string;
  readonly [argument: string]: unknown;
}

/** Serves one command. A returned object is the answer; a thrown error becomes {"error": its message}. */
export type ControlHandler = (request: ControlRequest) => object | Promise<object>;

/** Thrown by handlers for requests that make no sense. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

export class ControlSocket {
  private readonly server: Server;
  private readonly handler: ControlHandler;
  private readonly sockets = new Set<Socket>();

  constructor(handler: ControlHandler) {
    this.handler = handler;
    this.server = createServer((socket) => this.serve(socket));
    this.server.maxConnections = connectionsMax;
  }

  /** Listens on a path; a socket that a killed process left behind is replaced. */
  listen(path: string): Promise<void> {
    rmSync(path, { force: true });
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(path, () => {
        chmodSync(path, 0o600);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.setEncoding('utf8');
    let text = '';
    let turn = Promise.resolve();
    socket.on('data', (chunk: string) => {
      text += chunk;
      const lines = text.split('\n');
      text = lines.pop() ?? '';
      if (text.length > requestCharsMax) socket.destroy();
      for (const line of lines) {
        turn = turn.then(async () => {
          const answer = await this.answer(line);
          if (!socket.destroyed) socket.write(`${JSON.stringify(answer, bigints)}\n`);
        });
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }

  private async answer(line: string): Promise<object> {
    try {
      const request: unknown = JSON.parse(line);
      if (
        typeof request !== 'object' ||
        request === null ||
        !('command' in request) ||
        typeof request.command !== 'string'
      )
        throw new ControlError('a request is {"command":...}');
      return await this.handler(request as ControlRequest);
    } catch (error) {
      return { error: error instanceof Error ? error.message : 'failed' };
    }
  }
}

/** Amounts in JSON are numbers: minor units of test money stay far below 2^53. */
function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
