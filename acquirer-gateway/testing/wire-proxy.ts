// A TCP proxy between gateway and host that does to the bytes what networks do: cuts them into pieces, holds them, swallows them, breaks them off.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { resetConnection } from '../../common/reset-connection.ts';

/** What happens to the bytes of one direction. */
export type Treatment =
  /** They pass. */
  | { readonly kind: 'pass' }
  /** Each byte goes in a write of its own, in a turn of its own. */
  | { readonly kind: 'split' }
  /** They are gathered for so long and go in one write. */
  | { readonly kind: 'gather'; readonly ms: number }
  /** They are swallowed: the sender sees nothing of it, as with a peer that lost its power. */
  | { readonly kind: 'swallow' }
  /** So many pass, then the connection is reset. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** One bit of the next bytes is turned. */
  | { readonly kind: 'damage' };

/** Directions. */
export type Direction = 'toHost' | 'toGateway';

class Pipe {
  private readonly to: Socket;
  private readonly broken: () => void;
  private queue: number[] = [];
  private gathered: Buffer[] = [];
  private passed = 0;
  private damaged = false;

  constructor(to: Socket, broken: () => void) {
    this.to = to;
    this.broken = broken;
  }

  take(chunk: Buffer, treatment: Treatment): void {
    switch (treatment.kind) {
      case 'pass':
        this.to.write(chunk);
        break;
      case 'split':
        if (this.queue.length === 0) setImmediate(this.drip);
        this.queue.push(...chunk);
        break;
      case 'gather':
        if (this.gathered.length === 0) setTimeout(() => this.release(), treatment.ms);
        this.gathered.push(chunk);
        break;
      case 'swallow':
        break;
      case 'cut': {
        const left = treatment.afterBytes - this.passed;
        this.passed += chunk.length;
        if (chunk.length < left) this.to.write(chunk);
        else this.to.write(chunk.subarray(0, Math.max(0, left)), () => this.broken());
        break;
      }
      case 'damage': {
        const copy = Buffer.from(chunk);
        const last = copy.length - 1;
        if (!this.damaged) copy[last] = (copy[last] as number) ^ 1;
        this.damaged = true;
        this.to.write(copy);
        break;
      }
    }
  }

  private release(): void {
    this.to.write(Buffer.concat(this.gathered));
    this.gathered = [];
  }

  private readonly drip = (): void => {
    const byte = this.queue.shift();
    if (byte === undefined || this.to.destroyed) return;
    this.to.write(Buffer.from([byte]));
    if (this.queue.length > 0) setImmediate(this.drip);
  };
}

/** The proxy. */
export class WireProxy {
  port = 0;
  /** What happens to bytes that come from now on. */
  readonly treatments: Record<Direction, Treatment> = { toHost: { kind: 'pass' }, toGateway: { kind: 'pass' } };
  connections = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(hostPort: number) {
    this.server = createServer((gateway) => {
      this.connections += 1;
      const host = connect({ host: '127.0.0.1', port: hostPort, noDelay: true });
      gateway.setNoDelay(true);
      const end = (): void => {
        resetConnection(gateway);
        resetConnection(host);
      };
      this.join(gateway, host, 'toHost', end);
      this.join(host, gateway, 'toGateway', end);
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : 0;
    return this;
  }

  /** Bytes pass again. */
  heal(): void {
    this.treatments.toHost = { kind: 'pass' };
    this.treatments.toGateway = { kind: 'pass' };
  }

  /** Resets every connection, on both sides. */
  reset(): void {
    for (const socket of this.sockets) resetConnection(socket);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(from: Socket, to: Socket, direction: Direction, end: () => void): void {
    this.sockets.add(from);
    const pipe = new Pipe(to, end);
    from.on('data', (chunk: Buffer) => pipe.take(chunk, this.treatments[direction]));
    from.on('error', () => undefined);
    from.on('end', () => {
      // A swallowed direction swallows its end as well.
      if (this.treatments[direction].kind !== 'swallow') to.end();
    });
    from.on('close', () => this.sockets.delete(from));
  }
}
