// The unix sockets of the device, one per role, and the order of work: one frame at a time, in slices, sockets in turn.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import {
  hsmBatchItemsMax,
  hsmClientsPerSocketMax,
  hsmDeviceFramesMax,
  hsmFrameBytesMax,
  hsmProofMs,
} from '../../common/limits.ts';
import { commandOfWire, commandTable } from '../commands.ts';
import { type HsmError, hsmError } from '../errors.ts';
import type { HsmCommandName, HsmResult, HsmRole, ItemOf } from '../port.ts';
import { ByteReader, ByteWriter, WireError } from '../wire/bytes.ts';
import type { Codec } from '../wire/codec.ts';
import { beginFrame, endFrame, FRAME, FrameCutter, writeError } from '../wire/frame.ts';
import {
  HANDSHAKE_BYTES,
  newNonce,
  PROOF_FRAME_BYTES_MAX,
  readProof,
  secretPathOf,
  writeHello,
  writeWelcome,
} from '../wire/handshake.ts';
import { HsmSetupError } from './pkcs11.ts';
import type { HsmService } from './service.ts';

export interface ServerOptions {
  readonly sockets: readonly { readonly path: string; readonly role: HsmRole }[];
  /** Added to every answer, ms: the time a hardware HSM takes, so that nobody builds on the speed of a local token. */
  readonly latencyMs: number;
  /** Monotonic, ms. */
  readonly monotonicMs: () => number;
  /** Operational events for the log: text without data. */
  readonly onEvent?: (event: string) => void;
}

/** One socket that is listened on. */
interface Door {
  readonly path: string;
  readonly role: HsmRole;
  /** New at each start; peers must know it. */
  readonly secret: Buffer;
}

interface Frame {
  readonly socket: Socket;
  readonly role: HsmRole;
  readonly callId: number;
  readonly command: HsmCommandName;
  readonly items: readonly ItemOf<HsmCommandName>[];
  readonly results: HsmResult<object>[];
  readonly expiresAtMs: number;
}

const SOCKET_PATH_BYTES_MAX = 107;

/** How long the pump works before it lets sockets read and write. */
const PUMP_MS = 2;

export class HsmServer {
  private readonly service: HsmService;
  private readonly options: ServerOptions;
  private readonly servers: Server[] = [];
  private readonly clients = new Set<Socket>();
  private readonly queue: Frame[] = [];
  private readonly writer = new ByteWriter(65_536);
  private pumping = false;
  private stopping = false;

  constructor(service: HsmService, options: ServerOptions) {
    this.service = service;
    this.options = options;
  }

  async listen(): Promise<void> {
    for (const { path, role } of this.options.sockets) {
      checkFolder(path);
      if (existsSync(path)) rmSync(path); // of a process that was killed: one device owns its paths
      const door = { path, role, secret: randomBytes(HANDSHAKE_BYTES) };
      writeSecret(door);
      const server = createServer((socket) => this.accept(socket, door));
      this.servers.push(server);
      // The mode is set by the mask before the name exists, so that there is no moment with another one.
      const mask = process.umask(0o177);
      try {
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject);
          server.listen(path, resolve);
        });
      } finally {
        process.umask(mask);
      }
      chmodSync(path, 0o600);
    }
  }

  /** Stop taking work, finish what waits, close. */
  async stop(): Promise<void> {
    this.stopping = true;
    const closed = this.servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    while (this.queue.length > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const client of this.clients) client.end();
    const force = setTimeout(() => {
      for (const client of this.clients) client.destroy();
    }, 200);
    await Promise.all(closed);
    clearTimeout(force);
    // Only after the end in order: the secret that a killed device leaves opens nothing.
    for (const { path } of this.options.sockets) rmSync(secretPathOf(path), { force: true });
  }

  private accept(socket: Socket, door: Door): void {
    if (this.stopping || this.clients.size >= hsmClientsPerSocketMax * this.options.sockets.length) {
      socket.destroy();
      return;
    }
    this.clients.add(socket);
    const deviceNonce = newNonce();
    const refuse = (reason: string): void => {
      this.options.onEvent?.(`a peer at the ${door.role} socket was refused: ${reason}`);
      socket.destroy();
    };
    const patience = setTimeout(() => refuse('it did not prove itself in time'), hsmProofMs);
    let isProved = false;
    const cutter = new FrameCutter(PROOF_FRAME_BYTES_MAX, (frame) => {
      if (socket.destroyed) return;
      if (isProved) return this.onFrame(socket, door.role, frame);
      // Nothing before or instead of the proof is read, whatever it asks for.
      if (!this.prove(socket, door, deviceNonce, frame)) return refuse('it does not know the secret');
      isProved = true;
      clearTimeout(patience);
      cutter.frameBytesMax = hsmFrameBytesMax;
    });
    socket.on('error', () => undefined); // 'close' follows
    socket.on('close', () => {
      clearTimeout(patience);
      this.clients.delete(socket);
    });
    socket.on('data', (chunk) => {
      try {
        if (!socket.destroyed) cutter.push(chunk);
      } catch {
        socket.destroy(); // a peer that breaks the grammar is not a client of ours
      }
      chunk.fill(0);
    });
    const hello = new ByteWriter(128);
    writeHello(hello, door.role, 'pkcs11', deviceNonce);
    socket.write(hello.take());
  }

  private prove(socket: Socket, { role, secret }: Door, deviceNonce: Buffer, bytes: Buffer): boolean {
    const r = new ByteReader(bytes);
    if (r.u8() !== FRAME.proof) return false;
    r.u32();
    const handshake = readProof(r, secret, role, deviceNonce);
    if (handshake === undefined) return false;
    const w = new ByteWriter(64);
    writeWelcome(w, secret, handshake);
    socket.write(w.take());
    return true;
  }

  private onFrame(socket: Socket, role: HsmRole, bytes: Buffer): void {
    const r = new ByteReader(bytes);
    if (r.u8() !== FRAME.request) throw new WireError('not a request');
    const callId = r.u32();
    const command = commandOfWire(r.u8());
    const expiresAtMs = this.options.monotonicMs() + r.u32();
    if (command === undefined) {
      this.refuse(socket, callId, hsmError('unsupported'));
      return;
    }
    const count = r.u16();
    // Role and limits are judged before the items are read.
    const refused = this.service.refusal(role, command) ?? this.limitOf(count);
    if (refused !== undefined) {
      this.service.recordRefusal(role, command, refused);
      this.refuse(socket, callId, refused);
      return;
    }
    const codec = commandTable[command].item as Codec<ItemOf<HsmCommandName>>;
    const items: ItemOf<HsmCommandName>[] = [];
    for (let i = 0; i < count; i++) items.push(codec.read(r));
    if (r.remaining > 0) throw new WireError('bytes behind the last item');
    this.queue.push({ socket, role, callId, command, items, results: [], expiresAtMs });
    if (!this.pumping) {
      this.pumping = true;
      setImmediate(() => this.pump());
    }
  }

  private limitOf(count: number): HsmError | undefined {
    if (this.stopping) return hsmError('unavailable', 'stopping');
    if (this.queue.length >= hsmDeviceFramesMax) return hsmError('overloaded');
    return count > hsmBatchItemsMax ? hsmError('limit_reached', 'items') : undefined;
  }

  /** Work for about PUMP_MS: a slice of the first frame, then the frame goes behind the others if it is not done. */
  private pump(): void {
    const untilMs = this.options.monotonicMs() + PUMP_MS;
    this.service.maintain();
    while (this.queue.length > 0) {
      const frame = this.queue.shift();
      if (frame === undefined) break;
      this.work(frame);
      if (frame.results.length < frame.items.length) this.queue.push(frame);
      else this.answer(frame);
      if (this.options.monotonicMs() >= untilMs) break;
    }
    this.pumping = this.queue.length > 0;
    if (this.pumping) setImmediate(() => this.pump());
  }

  private work(frame: Frame): void {
    const { command, items, results, role } = frame;
    const end = Math.min(items.length, results.length + commandTable[command].slice);
    if (frame.socket.destroyed) {
      // Nobody waits for the answer; what has an effect must still not happen half.
      while (results.length < items.length) results.push({ ok: false, error: hsmError('connection_lost') });
      return;
    }
    const late = this.options.monotonicMs() >= frame.expiresAtMs;
    const slice = items.slice(results.length, end);
    if (late) for (const _item of slice) results.push({ ok: false, error: hsmError('deadline_exceeded') });
    else results.push(...this.service.runSlice(role, command, slice));
  }

  private answer(frame: Frame): void {
    const w = this.writer;
    const codec = commandTable[frame.command].result as Codec<object>;
    const start = beginFrame(w, FRAME.response, frame.callId);
    w.u16(frame.results.length);
    for (const result of frame.results) {
      if (result.ok) {
        w.u8(0);
        codec.write(w, result);
      } else {
        w.u8(1);
        writeError(w, result.error);
      }
    }
    endFrame(w, start);
    this.send(frame.socket, w.take());
  }

  private refuse(socket: Socket, callId: number, error: HsmError): void {
    const w = this.writer;
    const start = beginFrame(w, FRAME.refusal, callId);
    writeError(w, error);
    endFrame(w, start);
    this.send(socket, w.take());
  }

  private send(socket: Socket, bytes: Buffer): void {
    const write = (): void => {
      if (socket.destroyed) bytes.fill(0);
      else socket.write(bytes, () => bytes.fill(0));
    };
    if (this.options.latencyMs > 0) setTimeout(write, this.options.latencyMs);
    else write();
  }
}

/** Written aside and renamed, so that a client reads the one before or this one, and nobody ever reads it with another mode. */
function writeSecret({ path, secret }: Door): void {
  const place = secretPathOf(path);
  rmSync(`${place}.new`, { force: true });
  writeFileSync(`${place}.new`, secret, { mode: 0o600, flag: 'wx' });
  renameSync(`${place}.new`, place);
}

/**
 * The first lock: the folder must be this user's and closed to others, so that only processes of this user reach a socket. The second is the proof
 * of handshake.ts.
 */
function checkFolder(path: string): void {
  // The kernel's field has 108 bytes, and Node cuts a longer path without a word.
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new HsmSetupError(
      `The socket path ${path} is longer than ${SOCKET_PATH_BYTES_MAX} bytes: choose a shorter folder.`,
    );
  }
  const folder = dirname(path);
  if (!existsSync(folder))
    throw new HsmSetupError(`The folder ${folder} for the HSM socket does not exist: create it with mode 0700.`);
  const stat = statSync(folder);
  if (stat.uid !== process.getuid?.())
    throw new HsmSetupError(`The folder ${folder} for the HSM socket belongs to another user.`);
  if ((stat.mode & 0o077) !== 0)
    throw new HsmSetupError(`The folder ${folder} for the HSM socket is open to other users: chmod 700 it.`);
}
