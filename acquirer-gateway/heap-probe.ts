// Runs payments through a gateway and searches its heap for card numbers. A program of its own: a test runner's heap is too large to search.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { writeHeapSnapshot } from 'node:v8';
import { systemClock } from '../common/clock.ts';
import { silentLog } from '../common/log.ts';
import { Gateway, type GatewayHsm } from './gateway.ts';
import {
  answerTo,
  eventually,
  FakeHsm,
  linkOptionsOf,
  MemorySink,
  networkOptionsOf,
  submissionOf,
  TestHost,
} from './testing.ts';

/** A published test number (5 twelve times, 4 four times), as bytes: outside the heap, so that a snapshot finds only what others keep of it. */
const panBytes = Buffer.concat([Buffer.alloc(12, 0x35), Buffer.alloc(4, 0x34)]);
/** The same number packed, as a message carries it. */
const packedBytes = Buffer.concat([Buffer.alloc(6, 0x55), Buffer.alloc(2, 0x44)]);

/** Values of a message without a card. */
const filler: Readonly<Record<string, string>> = {
  '3': '000000',
  '4': '000000000001',
  '7': '0101000000',
  '11': '000001',
  '12': '000000',
  '13': '0101',
  '32': '1',
  '37': '000000000001',
  '39': '00',
  '41': 'TERM0001',
  '42': 'ACCEPTOR0000001',
  '49': '978',
  '63': 'S',
};

const hsm: GatewayHsm = {
  openCard: (items) =>
    Promise.resolve(items.map(() => ({ ok: true, pan: panBytes.toString('latin1'), expiryYymm: '3012' }))),
  translatePin: new FakeHsm().translatePin,
};

/** How often each pattern stands in a snapshot of the heap; taking it collects the garbage first. */
function searchHeap(patterns: readonly Buffer[]): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'card-edge-heap-'));
  const heap = readFileSync(writeHeapSnapshot(join(folder, 'gateway.heapsnapshot')));
  rmSync(folder, { recursive: true, force: true });
  return patterns.map((pattern) => {
    let found = 0;
    for (let at = heap.indexOf(pattern); at >= 0; at = heap.indexOf(pattern, at + 1)) found += 1;
    return found;
  });
}

/** What the heap holds after 100 payments that were approved, 100 that were answered late and 100 that were not answered. */
export interface HeapReport {
  /** References of late answers: shows that the search finds what is there. */
  readonly references: number;
  /** Card numbers as text. */
  readonly pans: number;
  /** Card numbers as a message carries them. */
  readonly packedPans: number;
  readonly tombstones: number;
  /** Outcomes that were held during the search. */
  readonly outcomes: number;
}

async function probe(): Promise<HeapReport> {
  const host = await new TestHost().listen();
  host.script = ({ message, connection }) => {
    const n = Number(message.get('11'));
    const answer = connection.frame(answerTo(message));
    if (n < 100) connection.socket.write(answer);
    else if (n < 200) setTimeout(() => connection.socket.write(answer), 300);
  };
  const network = networkOptionsOf([linkOptionsOf(host.port)]);
  const gateway = new Gateway([network], { clock: systemClock, hsm, log: silentLog });
  gateway.start();
  await eventually(() => gateway.links('').every((link) => link.state === 'ready'), systemClock);
  const sink = new MemorySink();
  for (let from = 0; from < 300; from += 100) {
    const replyTimeoutMs = from === 0 ? 30_000 : 100;
    gateway.submit(
      Array.from({ length: 100 }, (_, i) => submissionOf(from + i, { replyTimeoutMs })),
      sink,
    );
  }
  await sink.until(300);
  sink.alive = false;
  // On a slow machine some came before the sink died: they stay with it.
  await eventually(() => gateway.lateAnswers.size + sink.lateAnswers.length === 100, systemClock, 60_000);
  // A codec holds the values of the last message that it packed. The gateway's next message is an echo; the host here shares the heap and reads
  // what the gateway sent, so its codec packs something else too.
  await gateway.links('')[0]?.echo();
  for (const connection of host.connections) connection.frame({ mti: '0210', fields: filler });
  const [pans = -1, packedPans = -1, references = -1] = searchHeap([
    panBytes,
    packedBytes,
    Buffer.from('S00000000000177'),
  ]);
  const tombstones = gateway.networks.get('simnet')?.tombstones ?? 0;
  await gateway.stop(100);
  await host.close();
  return { references, pans, packedPans, tombstones, outcomes: sink.outcomes.length };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.stdout.write(JSON.stringify(await probe()));
}
