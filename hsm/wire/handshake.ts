// Who is at the other end of a socket of the device. Node gives no peer credentials (SO_PEERCRED), and finding the peer's process in /proc is a race
// with its end; so both ends prove that they can read a secret that the device makes at each start and leaves beside the socket, mode 0600. The
// permissions of that file are then what is checked, even for a socket that was passed on, mounted elsewhere or reached through an open folder.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { ByteReader, ByteWriter } from './bytes.ts';
import { WireError } from './bytes.ts';
import { beginFrame, endFrame, FRAME, PROTOCOL_VERSION } from './frame.ts';

/** Bytes of secret, nonces and proofs (HMAC-SHA256). */
export const HANDSHAKE_BYTES = 32;

/** Longest frame of a peer that has not proved itself. */
export const PROOF_FRAME_BYTES_MAX = 5 + 2 * HANDSHAKE_BYTES;

/** Where the secret of a socket lies. */
export function secretPathOf(socketPath: string): string {
  return `${socketPath}.secret`;
}

/** Role, nonces of both ends: what a proof is bound to, so that none serves twice or at another socket. */
export interface Handshake {
  readonly role: string;
  readonly deviceNonce: Buffer;
  readonly clientNonce: Buffer;
}

function proofOf(end: 'client' | 'device', secret: Buffer, { role, deviceNonce, clientNonce }: Handshake): Buffer {
  const label = `card-edge hsm ${PROTOCOL_VERSION} ${end} ${role}\0`;
  return createHmac('sha256', secret).update(label).update(deviceNonce).update(clientNonce).digest();
}

function agrees(expected: Buffer, found: Buffer): boolean {
  return expected.length === found.length && timingSafeEqual(expected, found);
}

export function newNonce(): Buffer {
  return randomBytes(HANDSHAKE_BYTES);
}

/** Device: the first frame of a connection. */
export function writeHello(w: ByteWriter, role: string, backend: string, deviceNonce: Buffer): void {
  const start = beginFrame(w, FRAME.hello, 0);
  w.u16(PROTOCOL_VERSION);
  w.text(role);
  w.text(backend);
  w.raw(deviceNonce);
  endFrame(w, start);
}

/** Client: read what stands behind the head of a hello. Throws WireError on another protocol. */
export function readHello(r: ByteReader): { readonly role: string; readonly deviceNonce: Buffer } {
  if (r.u16() !== PROTOCOL_VERSION) throw new WireError('another protocol version');
  const role = r.text(16);
  r.text(32);
  return { role, deviceNonce: r.raw(HANDSHAKE_BYTES) };
}

/** Client: the answer to a hello. */
export function writeProof(w: ByteWriter, secret: Buffer, handshake: Handshake): void {
  const start = beginFrame(w, FRAME.proof, 0);
  w.raw(handshake.clientNonce);
  w.raw(proofOf('client', secret, handshake));
  endFrame(w, start);
}

/** Device: read what stands behind the head of a proof; undefined = the peer does not know the secret. */
export function readProof(r: ByteReader, secret: Buffer, role: string, deviceNonce: Buffer): Handshake | undefined {
  const handshake = { role, deviceNonce, clientNonce: r.raw(HANDSHAKE_BYTES) };
  return agrees(proofOf('client', secret, handshake), r.raw(HANDSHAKE_BYTES)) ? handshake : undefined;
}

/** Device: the client is served from here on. */
export function writeWelcome(w: ByteWriter, secret: Buffer, handshake: Handshake): void {
  const start = beginFrame(w, FRAME.welcome, 0);
  w.raw(proofOf('device', secret, handshake));
  endFrame(w, start);
}

/** Client: does the peer know the secret too? Card data are not sent to one that does not. */
export function isWelcome(r: ByteReader, secret: Buffer, handshake: Handshake): boolean {
  return agrees(proofOf('device', secret, handshake), r.raw(HANDSHAKE_BYTES));
}
