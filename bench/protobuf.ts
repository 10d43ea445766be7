// CPU per message of the generated protobuf codec, beside protobufjs on the same messages in the same run.
// Usage: node dist/bench/protobuf.js [seconds per case]
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import protobuf from 'protobufjs';
import { projectPath } from '../common/root.ts';
import { Submission, SubmitBatch } from '../proto/gen/cardedge/gateway/v1/gateway.ts';

const seconds = Number(process.argv[2] ?? 2);

const one = Submission.create({
  attemptId: 'at_01khn3v9w2t8c7q6zj5x4y3b2a',
  submissionNumber: 1,
  purpose: 'PURCHASE',
  wire: {
    network: 'simnet',
    stan: '123456',
    rrn: '632612abcdef',
    transmissionTime: '1122090000',
    terminalId: 'TERM0001',
    acceptorId: 'MERCHANT0000001',
  },
  amount: { amountMinor: 12345n, currency: 'EUR' },
  vault: Buffer.alloc(60, 7),
  merchantKey: Buffer.alloc(16, 1),
  entryMode: 'CARD_ON_FILE',
  initiatedBy: 'CARDHOLDER',
  categoryCode: '5411',
  acceptorNameLocation: 'Corner Shop            Berlin       DE',
  bin: '41111111',
});
const batch = SubmitBatch.create({ submissions: Array.from({ length: 64 }, () => one) });

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith('/') ? target : projectPath('proto', target));
root.loadSync(projectPath('proto/cardedge/gateway/v1/gateway.proto'));
const peer = root.lookupType('cardedge.gateway.v1.SubmitBatch');
const bytes = SubmitBatch.encode(batch);
const peerMessage = peer.decode(bytes);

/** Median over rounds of microseconds of CPU per submission. */
function measure(work: () => unknown): number {
  const rounds: number[] = [];
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    const start = process.cpuUsage();
    for (let i = 0; i < 100; i += 1) work();
    const used = process.cpuUsage(start);
    rounds.push((used.user + used.system) / (100 * batch.submissions.length));
  }
  rounds.sort((a, b) => a - b);
  return rounds[rounds.length >> 1] ?? 0;
}

const figures = {
  encodeUs: measure(() => SubmitBatch.encode(batch)),
  decodeUs: measure(() => SubmitBatch.decode(bytes)),
  protobufjsEncodeUs: measure(() => peer.encode(peerMessage).finish()),
  protobufjsDecodeUs: measure(() => peer.decode(bytes)),
};
const settings = {
  machine: cpus()[0]?.model ?? 'unknown',
  node: process.version,
  bytesPerSubmission: Math.round(bytes.length / 64),
  batch: 64,
};
console.log('protobuf codec, CPU µs per submission (median)', settings);
console.table({
  'card-edge generated': { encode: figures.encodeUs.toFixed(2), decode: figures.decodeUs.toFixed(2) },
  'protobufjs reflection': {
    encode: figures.protobufjsEncodeUs.toFixed(2),
    decode: figures.protobufjsDecodeUs.toFixed(2),
  },
});
mkdirSync(projectPath('bench/out'), { recursive: true });
writeFileSync(projectPath('bench/out/protobuf.json'), `${JSON.stringify({ ...settings, ...figures }, null, 2)}\n`);
