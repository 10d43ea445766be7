import t from 'tap';
import { FrameReader, type Framing, framingOf, writeFrames } from '../../core-grpc/settlement/formats/base2/frames.ts';
import { ascii } from '../../core-grpc/settlement/formats/charset.ts';
import { detectFormat } from '../../core-grpc/settlement/formats/detect.ts';
import { elements } from '../../core-grpc/settlement/formats/ipm/elements.ts';
import { IpmMessage, readMessage, writeMessage } from '../../core-grpc/settlement/formats/ipm/message.ts';
import { IpmReader } from '../../core-grpc/settlement/formats/ipm/reader.ts';
import { isBlocked, VbsReader, writeVbs } from '../../core-grpc/settlement/formats/ipm/vbs.ts';
import { Problems } from '../../core-grpc/settlement/formats/problems.ts';
import type { ClearingRecord as Line } from '../../core-grpc/settlement/formats/record.ts';
import type { ClearingRecord, LineType } from '../issuer/books.ts';
import type { FileFault } from './file-faults.ts';
import { fileFormats, readFileFormat, wholeFile } from './formats.ts';
import { dayRecords } from './testing.ts';

const cutOver = (faults: readonly FileFault[] = []) => ({
  fileId: 'SIMNET-0a0b0c0d-000012',
  settlementDate: '2026-01-03',
  createdMs: Date.UTC(2026, 0, 3, 23),
  faults,
});

function read(file: Buffer): { lines: Line[]; problems: readonly string[]; format: string; net: Map<string, bigint> } {
  const reader = detectFormat(file.subarray(0, 4096))?.open(file.subarray(0, 4096));
  if (reader === undefined) return { lines: [], problems: ['unknown'], format: '', net: new Map() };
  const lines = [...reader.push(file), ...reader.end()];
  return { lines, problems: reader.problems.describe('f'), format: reader.format, net: reader.summary.net };
}

const kinds: Readonly<Partial<Record<LineType, string>>> = { P: 'PRESENTMENT', C: 'CREDIT', R: 'REVERSAL' };

const names = { ipm: 'ipm', ctf: 'base2', grrcn: 'amex-grrcn' } as const;

for (const [format, name] of Object.entries(names) as Array<[keyof typeof names, string]>) {
  t.test(`${format}: what the network writes, the core reads`, async (t) => {
    const file = wholeFile(format, cutOver(), dayRecords());
    const { lines, problems, format: detected, net } = read(file);
    t.same(problems, []);
    t.equal(detected, name);
    const paid = lines.filter((line) => line.kind !== 'FEE');
    t.same(
      paid.map((line) => [
        line.kind === 'CREDIT' && line.originalType === 'TRANSACTN' ? 'taken or given' : line.kind,
        line.netSign,
        line.amountMinor,
        line.currency,
      ]),
      dayRecords().map((one) => {
        const kind = kinds[one.type];
        return [
          format === 'grrcn' && one.type !== 'P' ? 'taken or given' : kind,
          one.type === 'P' ? 1 : -1,
          one.amountMinor,
          one.row.entry.currency,
        ];
      }),
    );
    if (format !== 'ctf')
      t.same(
        paid.map((line) => line.rrn),
        dayRecords().map((one) => one.row.entry.rrn),
      ); // BASE II carries none
    t.ok(
      paid.every(
        (line) => line.terminalId === 'TERM0001' && line.pan.length >= 15 && line.authorizationCode === 'A00001',
      ),
    );
    const interchange = (one: ClearingRecord): bigint =>
      format === 'grrcn' ? 0n : (one.type === 'P' ? -1n : 1n) * ((one.amountMinor * 20n) / 10_000n);
    t.same(
      paid.map((line) => line.interchangeMinor),
      dayRecords().map(interchange),
    );
    if (format !== 'grrcn')
      t.equal(net.get('USD'), 2000n - 4n, 'the net is what the network pays: the amounts less the interchange');
    t.same([...net.keys()].sort(), ['EUR', 'USD']);
    for (const fault of ['wrong-count', 'wrong-sum', 'wrong-hash'] as const)
      t.ok(read(wholeFile(format, cutOver([fault]), dayRecords())).problems.length > 0, `${fault} is found`);
  });
}

t.test('IPM: what is read is written again to the byte', async (t) => {
  const file = wholeFile('ipm', cutOver(), dayRecords());
  const spelling = { charset: ascii, bitmap: 'binary' } as const;
  const reader = new VbsReader(isBlocked(file), new Problems());
  const records = reader.push(file).map(({ data }) => {
    const message = readMessage(data, spelling);
    if (!(message instanceof IpmMessage)) throw new Error(message.text);
    const fields = new Map(
      message.present().map((de) => [de, elements[de]?.binary === true ? message.bytes(de) : message.text(de)]),
    );
    return writeMessage(message.mti, fields, spelling);
  });
  t.same(writeVbs(records, true), file);
  t.equal(new IpmReader(file).format, 'ipm');
});

t.test('CTF: what is read is written again to the byte', async (t) => {
  const file = wholeFile('ctf', cutOver(), dayRecords());
  const framing = framingOf(file) as Framing;
  const reader = new FrameReader(framing, new Problems());
  const texts = [...reader.push(file), ...reader.end()].map((frame) => frame.text);
  t.same(writeFrames(texts, framing), file);
});

t.test('formats by name', async (t) => {
  t.same(fileFormats, ['csv', 'ipm', 'ctf', 'grrcn']);
  t.equal(readFileFormat(undefined), 'csv');
  t.equal(readFileFormat('toString'), undefined);
});
