// Where a link waits for its network to connect. What gets through has an allowed address and, over TLS, a certificate of the network's authority with
// the name that the link expects; nothing else hears a byte.
import { type BlockList, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Clock } from '../../common/clock.ts';
import { linkConnectionsMax } from '../../common/limits.ts';
import type { Log } from '../../common/log.ts';
import { LogGate } from './log-gate.ts';
import type { LinkOptions } from './options.ts';
import { addressList, plainAllowed } from './socket.ts';
import { checkPeer, ListenerFiles } from './tls.ts';

/** What a listener tells its link. */
interface ListenerEvents {
  /** The network connected and is who it should be. */
  accepted(socket: Socket): void;
  /** Somebody else connected, or not as agreed: the connection is closed, and the log says why. */
  refused(): void;
  /** The address cannot be listened at. It listens no more. */
  failed(cause: string): void;
}

/** What a listener needs. */
interface ListenerDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** IPv4 without its IPv6 dress. */
function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
}

const ignore = (): void => {};

/** The listening address of one link. */
export class Listener {
  private readonly options: LinkOptions;
  private readonly events: ListenerEvents;
  private readonly log: LogGate;
  private readonly peers: BlockList | undefined;
  private readonly files: ListenerFiles | undefined;
  private readonly handshakes: TlsServer | undefined;
  private server: Server | undefined = undefined;

  constructor(options: LinkOptions, deps: ListenerDeps, events: ListenerEvents) {
    this.options = options;
    // Anybody may try to connect: the log must bear it.
    this.log = new LogGate(deps.log, deps.clock);
    this.events = events;
    const { tls, peers = [] } = options.target;
    this.peers = addressList(peers);
    this.files = tls === false ? undefined : new ListenerFiles(tls);
    this.handshakes = tls === false ? undefined : this.makeHandshakes(tls.serverName);
  }

  /** Listens; nothing if it does already. */
  listen(): void {
    if (this.server !== undefined) return;
    const { host, port } = this.options.target;
    const server = createServer({ noDelay: true }, (socket) => this.connected(socket));
    server.maxConnections = linkConnectionsMax;
    server.on('error', (error) => {
      if (this.server !== server || server.listening) return;
      this.server = undefined;
      this.events.failed(`cannot listen: ${error.message}`);
    });
    this.server = server;
    server.listen({ host, port });
  }

  /** Listens no more: who connects is refused by the system. */
  close(): void {
    this.server?.close();
    this.server = undefined;
  }

  /** A server that only shakes hands: the sockets are given to it when their address is allowed. */
  private makeHandshakes(peerName: string): TlsServer {
    const server = createTlsServer({
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: this.options.connectTimeoutMs,
    });
    server.on('secureConnection', (socket) => this.secured(socket, peerName));
    server.on('tlsClientError', (error, socket) => this.refuse(socket, `no mutual TLS: ${error.message}`));
    return server;
  }

  private connected(socket: Socket): void {
    socket.on('error', ignore);
    const { target } = this.options;
    const address = addressOf(socket);
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (this.peers?.check(address, family) !== true) {
      this.refuse(socket, 'the address is not one of the peers');
    } else if (this.handshakes === undefined) {
      if (plainAllowed(address, target.plainAddresses)) this.events.accepted(socket);
      else this.refuse(socket, 'plain TCP is not allowed from this address');
    } else {
      try {
        const news = this.files?.news();
        if (news !== undefined) this.handshakes.setSecureContext(news);
      } catch (error) {
        this.refuse(socket, `the files of TLS are not right: ${error instanceof Error ? error.message : 'unknown'}`);
        return;
      }
      this.handshakes.emit('connection', socket);
    }
  }

  private secured(socket: TLSSocket, peerName: string): void {
    // Closed by an operator or the stop of the process while the hands were shaken.
    if (this.server === undefined) {
      socket.destroy();
      return;
    }
    const fault = socket.authorized ? checkPeer(peerName, socket.getPeerCertificate()) : new Error('not authorised');
    if (fault === undefined) this.events.accepted(socket);
    else this.refuse(socket, fault.message);
  }

  private refuse(socket: Socket, cause: string): void {
    const address = addressOf(socket);
    socket.on('error', ignore);
    socket.destroy();
    const { name, network } = this.options;
    this.log.warn({ link: name, network, address, cause }, 'a connection was refused');
    this.events.refused();
  }
}
