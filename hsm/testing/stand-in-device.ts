// The device's end of a socket for tests of the client: handshake done, frames handed over, answers as the test wants them.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ByteReader, ByteWriter } from '../wire/bytes.ts';
import { FRAME, FrameCutter } from '../wire/frame.ts';
import { HANDSHAKE_BYTES, newNonce, readProof, secretPathOf, writeHello, writeWelcome } from '../wire/handshake.ts';

export interface StandInDevice {
  readonly path: string;
  /** The connection now. */
  readonly socket: Socket | undefined;
  /** Connections made so far. */
  readonly connections: number;
  stop(): void;
}

/** `onFrame` gets each whole frame behind the proof, without its length. `knowsSecret` false = an impostor. */
export async function startStandIn(
  onFrame: (frame: Buffer, socket: Socket) => void,
  options: { readonly role?: string; readonly knowsSecret?: boolean } = {},
): Promise<StandInDevice> {
  const { role = 'gateway', knowsSecret = true } = options;
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-hsm-'));
  const path = join(dir, 's.sock');
  const secret = randomBytes(HANDSHAKE_BYTES);
  writeFileSync(secretPathOf(path), secret, { mode: 0o600 });
  let now: Socket | undefined;
  let connections = 0;
  const server = createServer((socket) => {
    now = socket;
    connections += 1;
    socket.on('error', () => undefined);
    const w = new ByteWriter();
    const deviceNonce = newNonce();
    writeHello(w, role, 'test', deviceNonce);
    socket.write(w.take());
    const cutter = new FrameCutter(2 ** 22, (frame) => {
      const r = new ByteReader(frame);
      if (r.u8() !== FRAME.proof) return onFrame(frame, socket);
      r.u32();
      const handshake = readProof(r, secret, role, deviceNonce);
      if (handshake === undefined) return void socket.destroy();
      writeWelcome(w, knowsSecret ? secret : randomBytes(HANDSHAKE_BYTES), handshake);
      socket.write(w.take());
    });
    socket.on('data', (chunk: Buffer) => cutter.push(chunk));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    get socket() {
      return now;
    },
    get connections() {
      return connections;
    },
    stop() {
      now?.destroy();
      server.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
