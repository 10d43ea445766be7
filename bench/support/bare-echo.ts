// The floor under the gateway's figure: the same bytes over the same TLS, with no message in them. One process writes requests and counts answers.
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { loadDialect } from '../../acquirer-gateway/iso8583/index.ts';
import { FrameReader } from '../../acquirer-gateway/link/frame-reader.ts';
import { frameBytes, framings, writeFrame } from '../../acquirer-gateway/link/framing.ts';
import { iso87 } from '../../acquirer-gateway/messages/dialects/iso87.ts';
import { Builder } from '../../acquirer-gateway/messages/request.ts';
import { submissionOf, testPan } from '../../acquirer-gateway/testing.ts';
import { type Pki, simnetServerName } from '../../simulators/pki.ts';

/** The frame that the gateway writes for a submission of the bench. */
export function requestFrame(): Buffer {
  const built = new Builder(iso87).build({
    submission: submissionOf(1),
    purpose: 'PURCHASE',
    card: { pan: testPan, expiryYymm: '3012' },
    pinBlock: undefined,
    acquirerId: '00000000001',
    trackSeparator: 'D',
    nowMs: Date.UTC(2026, 10, 22),
  });
  if (!built.ok) throw new Error(`the request lacks ${built.missing}`);
  const packed = loadDialect('iso87-binary').pack(built.input);
  if (!packed.ok) throw new Error(`cannot pack ${packed.error.path}`);
  const frame = Buffer.alloc(frameBytes(framings.binary2, packed.bytes.length));
  writeFrame(framings.binary2, frame, 0, packed.bytes);
  return frame;
}

/** Keeps `inFlight` requests under way on one connection for ever; `count` tells how many were answered. */
export async function bareEcho(
  simnet: Pki['simnet'],
  port: number,
  inFlight: number,
  batch: number,
): Promise<{ count: () => number; stop: () => void }> {
  const { cert, key } = simnet.certificates.client;
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca: readFileSync(simnet.ca),
    cert: readFileSync(cert),
    key: readFileSync(key),
    servername: simnetServerName,
  });
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve);
    socket.once('error', reject);
  });
  const frame = requestFrame();
  let answered = 0;
  let sent = 0;
  let scheduled = false;
  const fill = (): void => {
    scheduled = false;
    const missing = inFlight - (sent - answered);
    sent += missing;
    // In writes of the size of a batch, as the gateway's are.
    for (let left = missing; left > 0; left -= batch) {
      socket.write(Buffer.concat(Array.from({ length: Math.min(left, batch) }, () => frame)));
    }
  };
  const reader = new FrameReader(framings.binary2, () => {
    answered += 1;
  });
  socket.on('data', (chunk: Buffer) => {
    reader.feed(chunk);
    if (scheduled) return;
    scheduled = true;
    setImmediate(fill);
  });
  fill();
  return { count: () => answered, stop: () => socket.destroy() };
}
