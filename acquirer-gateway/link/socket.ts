// Opens the connection of a link that we connect, and says where a link goes to or comes from.
import { BlockList, connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { checkPeer, contextOf, type LinkTls } from './tls.ts';

/** Where a link goes to, or, with `peers`, where it waits for its network. */
export interface LinkTarget {
  /** Of the network; with `peers`: ours, on which we listen. */
  readonly host: string;
  readonly port: number;
  /** false: plain TCP, for loopback and `plainAddresses` alone. */
  readonly tls: LinkTls | false;
  /** Present where the network connects to us: the addresses and subnets that it may come from. */
  readonly peers?: readonly string[];
  /** Addresses beside loopback that plain TCP may go to or come from. Absent: none. */
  readonly plainAddresses?: readonly string[];
}

/** True for an address that cannot leave the machine. */
function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/** True if plain TCP with this address is allowed: loopback, or one that the configuration lists by itself. */
export function plainAllowed(host: string, plainAddresses: readonly string[] = []): boolean {
  return isLoopback(host) || (isIP(host) !== 0 && plainAddresses.includes(host));
}

/** The addresses of a list such as `192.0.2.7` and `2001:db8::/32`; undefined if one of them is none. */
export function addressList(addresses: readonly string[]): BlockList | undefined {
  const list = new BlockList();
  for (const text of addresses) {
    const [address = '', bits, ...rest] = text.split('/');
    const version = isIP(address);
    if (version === 0 || rest.length > 0) return undefined;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    if (bits === undefined) list.addAddress(address, family);
    else if (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
      list.addSubnet(address, Number(bits), family);
    else return undefined;
  }
  return list;
}

/**
 * Starts a connection. `onOpen` when TCP is open, `onSecured` when the peer's certificate was accepted (never for plain TCP).
 * Throws when the files cannot be read or plain TCP would go where it may not.
 */
export function openSocket(target: LinkTarget, onOpen: () => void, onSecured: () => void): Socket {
  if (target.tls === false) {
    if (!plainAllowed(target.host, target.plainAddresses))
      throw new Error('plain TCP is allowed to loopback and to plainAddresses of the networks file only');
    const plain = connectPlain({ host: target.host, port: target.port, noDelay: true });
    plain.once('connect', onOpen);
    return plain;
  }
  const { tls } = target;
  const socket = connectTls({
    host: target.host,
    port: target.port,
    secureContext: contextOf(tls),
    servername: tls.serverName,
    rejectUnauthorized: true,
    checkServerIdentity: checkPeer,
  });
  socket.setNoDelay(true);
  socket.once('connect', onOpen);
  socket.once('secureConnect', () => {
    if (socket.authorized) onSecured();
    else socket.destroy(new Error('the peer is not authorised'));
  });
  return socket;
}
