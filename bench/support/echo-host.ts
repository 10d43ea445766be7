// A network host that costs as little as it can: it answers each request by patching a ready answer. One layout of request only, that of the bench.
import { readFileSync } from 'node:fs';
import { createServer, type TLSSocket } from 'node:tls';
import { loadDialect, type Message } from '../../acquirer-gateway/iso8583/index.ts';
import { FrameReader } from '../../acquirer-gateway/link/frame-reader.ts';
import { frameBytes, framings, writeFrame } from '../../acquirer-gateway/link/framing.ts';
import { answerTo } from '../../acquirer-gateway/testing.ts';
import type { Pki } from '../../simulators/pki.ts';

const dialect = loadDialect('iso87-binary');
const framing = framings.binary2;
/** Fields that differ between requests and that the answer repeats. */
const copied = ['7', '11', '12', '13', '37'] as const;

interface Template {
  readonly answer: Buffer;
  /** from, to, bytes of each copied field. */
  readonly moves: ReadonlyArray<readonly [number, number, number]>;
}

function framed(message: Parameters<typeof dialect.pack>[0]): Buffer {
  const packed = dialect.pack(message);
  if (!packed.ok) throw new Error(`cannot pack ${packed.error.path}`);
  const out = Buffer.alloc(frameBytes(framing, packed.bytes.length));
  writeFrame(framing, out, 0, packed.bytes);
  return out;
}

function templateOf(request: Message): Template {
  const answer = framed(answerTo(request));
  const read = dialect.unpack(answer.subarray(framing.prefixBytes));
  if (!read.ok) throw new Error('cannot read the answer');
  const moves = copied.map((de) => {
    const from = request.locate(de);
    const to = read.message.locate(de);
    if (from === undefined || to === undefined || from.length !== to.length) return [0, 0, 0] as const;
    return [from.offset, to.offset + framing.prefixBytes, from.length] as const;
  });
  return { answer, moves };
}

/** What the host does wrong. 0: never. */
export interface HostFaults {
  /** One answer in so many comes after `lateMs`, one is never given, and one is given twice. */
  readonly every: number;
  readonly lateMs: number;
  /** A connection is cut off without a word when it carried so many requests. */
  readonly cutAfter: number;
}

export const noFaults: HostFaults = { every: 0, lateMs: 0, cutAfter: 0 };

/** Answers on one connection; answers of one chunk leave in one write. */
function serve(socket: TLSSocket, faults: HostFaults): void {
  socket.setNoDelay(true);
  let requests = 0;
  let late: Array<{ readonly dueMs: number; readonly answer: Buffer }> = [];
  const timer = faults.every > 0 ? setInterval(() => sendLate(), 100) : undefined;
  const sendLate = (): void => {
    const nowMs = performance.now();
    const due = late.findIndex(({ dueMs }) => dueMs > nowMs);
    const ready = due < 0 ? late : late.slice(0, due);
    late = due < 0 ? [] : late.slice(due);
    for (const { answer } of ready) socket.write(answer);
  };
  /** One answer in `every` each: late, never, twice. */
  const answerWith = (answer: Buffer): void => {
    const turn = faults.every === 0 ? 3 : requests % faults.every;
    if (turn === 0) late.push({ dueMs: performance.now() + faults.lateMs, answer });
    else if (turn !== 1) out.push(answer);
    if (turn === 2) out.push(answer);
  };
  let template: Template | undefined;
  let out: Buffer[] = [];
  const reader = new FrameReader(framing, ({ message: bytes }) => {
    if (bytes[0] === 0x08) {
      const read = dialect.unpack(bytes);
      if (read.ok) out.push(framed(answerTo(read.message)));
      return;
    }
    if (template === undefined) {
      const read = dialect.unpack(Buffer.from(bytes));
      if (!read.ok) throw new Error('cannot read the request');
      template = templateOf(read.message);
    }
    const answer = Buffer.from(template.answer);
    for (const [from, to, length] of template.moves) bytes.copy(answer, to, from, from + length);
    requests += 1;
    answerWith(answer);
    if (requests === faults.cutAfter) socket.destroy();
  });
  socket.on('data', (chunk: Buffer) => {
    reader.feed(chunk);
    if (out.length > 0 && !socket.destroyed) socket.write(Buffer.concat(out));
    out = [];
  });
  socket.on('error', () => undefined);
  socket.on('close', () => clearInterval(timer));
}

/** Listens on a free port of loopback and returns it. */
export async function echoHost(simnet: Pki['simnet'], faults: HostFaults = noFaults): Promise<number> {
  const { cert, key } = simnet.certificates.server;
  const server = createServer(
    {
      ca: readFileSync(simnet.ca),
      cert: readFileSync(cert),
      key: readFileSync(key),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (socket) => serve(socket, faults),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
