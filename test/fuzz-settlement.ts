// Fuzzing of the settlement files' readers: `node dist/test/fuzz-settlement.js [SEED] [CASES]`. Exit code 1 when anything is found.
//
// Each case is a right file of some format, damaged: every file must either be read or be refused with located problems, in bounded time, and
// it must make no difference how it is cut into pieces. What is refused gives no lines to load (a load stages nothing after a problem).
import { pathToFileURL } from 'node:url';
import { ipmDayPieces } from '../bench/support/ipm-day.ts';
import { writeFrames } from '../core-grpc/settlement/formats/base2/frames.ts';
import { ascii, ebcdic } from '../core-grpc/settlement/formats/charset.ts';
import { detectFormat, type Format, mappedFormat } from '../core-grpc/settlement/formats/detect.ts';
import type { FileReader } from '../core-grpc/settlement/formats/record.ts';
import { eprawSample, writeClearingCsv } from '../core-grpc/settlement/testing.ts';
import { wholeFile } from '../simulators/settlement/formats.ts';
import { dayRecords } from '../simulators/settlement/testing.ts';
import { Random } from './iso8583/generate.ts';

/** CPU that one file may take, milliseconds: files here have a few kilobytes, which take less than one. */
const cpuMsMax = 1000;

/** Findings kept: the first ones tell. */
const findingsMax = 20;

interface Seed {
  readonly name: string;
  readonly file: Buffer;
  /** The format, where a mapping gives it. */
  readonly given?: Format;
}

const mapping = JSON.stringify({
  version: 1,
  network: 'acme',
  delimiter: ';',
  decimalMark: ',',
  kind: 'Type',
  kinds: { Sale: 'P', Refund: 'C', Chargeback: 'B', Info: 'skip' },
  amount: 'Gross',
  currency: 'Currency',
  rrn: 'Reference',
  pan: 'Card',
  time: 'Date',
  fee: 'Fee',
  settlementDate: 'Settled',
  trailer: { when: 'TOTAL', count: 2, sum: 3 },
});

const mapped = `Type;Gross;Currency;Reference;Card;Date;Fee;Settled
Sale;12,34;EUR;600200000001;4111111111111111;2026-01-02 12:00:00;0,20;2026-01-03
"Refund";"2,50";EUR;600200000002;411111******1111;2026-01-02 13:00:00;;2026-01-03
Info;0;EUR;;;;;
TOTAL;3;14,84
`;

const camt = `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>S1</Id>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">15.50</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>
<Ntry><Amt Ccy="EUR">5.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-01-05</Dt></BookgDt></Ntry></Stmt></BkToCstmrStmt></Document>`;

const grrcnCsv = `"HEADER","20260103","230000","A000000001","GRRCN","CARD-EDGE","3.01"
"SUMMARY","9990000001","002","AXP0000001","20260103","EUR","","0000000000000985","0000000000001000","-000000000000015","0","0","0",""
"TRANSACTN","","","","","EUR","ACCEPTOR0000001","","","","EUR","","600200000001","","378282246310005","","","0000000000001000","20260102","120000","000000000000001","A00001","TERM0001","","","70000016002000000000017"
"TRAILER","A000000001","0000000004"
`;

function seeds(): Seed[] {
  const cutOver = { fileId: 'FUZZ-000001', settlementDate: '2026-01-03', createdMs: 0, faults: [] };
  const records = dayRecords();
  const ctf = wholeFile('ctf', cutOver, records);
  const texts = ctf.toString('latin1').trimEnd().split('\n');
  const none = Buffer.alloc(0);
  const epraw = detectFormat(eprawSample());
  if (epraw === undefined) throw new Error('EPRAW is a format');
  const line = { amount: 1000, rrn: '600200000001' };
  return [
    { name: 'csv', file: writeClearingCsv({ fileId: 'F1' }, [line, { ...line, kind: 'C' }, { ...line, kind: 'R' }]) },
    {
      name: 'csv 2',
      file: writeClearingCsv({ fileId: 'F2' }, [line, { ...line, kind: 'B' }, { ...line, kind: 'F', service: 'M' }]),
    },
    { name: 'ipm', file: wholeFile('ipm', cutOver, records) },
    { name: 'ipm ebcdic', file: Buffer.concat([...ipmDayPieces(3, ebcdic)]) },
    { name: 'ctf', file: ctf },
    { name: 'ctf fixed', file: writeFrames(texts, { charset: ascii, lineEnd: none, hashBytes: 0 }) },
    { name: 'itf', file: writeFrames(texts, { charset: ebcdic, lineEnd: none, hashBytes: 2 }) },
    { name: 'grrcn', file: wholeFile('grrcn', cutOver, records) },
    { name: 'grrcn csv', file: Buffer.from(grrcnCsv) },
    { name: 'epraw', file: eprawSample(), given: { ...epraw, open: (head) => epraw.open(head, 'USD') } },
    { name: 'camt', file: Buffer.from(camt) },
    { name: 'mapped', file: Buffer.from(mapped), given: mappedFormat(mapping) },
  ];
}

/** Damages a file: one to four times, by bytes, by spans and by the rest of another file. */
function damage(random: Random, file: Buffer, other: Buffer): Buffer {
  let bytes = Buffer.from(file);
  for (let n = 1 + random.below(4); n > 0; n -= 1) {
    const at = random.below(bytes.length + 1);
    const size = 1 + random.below(random.below(4) === 0 ? 600 : 8);
    const span = bytes.subarray(at, at + size);
    const kind = random.below(9);
    if (kind === 0 && bytes.length > 0) bytes[Math.min(at, bytes.length - 1)] = random.below(256);
    else if (kind === 1 && bytes.length > 0) {
      const i = Math.min(at, bytes.length - 1);
      bytes[i] = (bytes[i] as number) ^ (1 << random.below(8));
    } else if (kind === 2) bytes = bytes.subarray(0, at);
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + size)]);
    else if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at), span, bytes.subarray(at)]);
    else if (kind === 5) bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(random.below(other.length + 1))]);
    else if (kind === 6)
      bytes.fill(
        [0, 0xff, 0x40, 0x30, 0x39, 0x22, 0x0a][random.below(7)] as number,
        at,
        Math.min(bytes.length, at + size),
      );
    else if (kind === 7)
      for (let i = at; i < Math.min(bytes.length, at + size); i += 1) bytes[i] = 0x30 + random.below(10);
    else {
      const to = random.below(bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, to), span, bytes.subarray(to)]);
    }
  }
  return bytes;
}

interface Read {
  readonly lines: string;
  readonly problems: readonly string[];
  readonly count: number;
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));

function read(reader: FileReader, pieces: readonly Buffer[]): Read {
  const lines: unknown[] = [];
  for (const piece of pieces) lines.push(...reader.push(piece));
  lines.push(...reader.end());
  const { summary, problems } = reader;
  const { net, positions } = summary;
  return {
    lines: text([lines, { ...summary, net: [...net], positions: [...positions] }]),
    problems: problems.describe('f'),
    count: problems.count,
  };
}

/** What is wrong with how a file was read, or undefined. */
function check(random: Random, seed: Seed, file: Buffer): string | undefined {
  const format = seed.given ?? detectFormat(file.subarray(0, 4096));
  if (format === undefined) return undefined; // refused as a whole, with the known formats named
  const start = process.cpuUsage();
  const head = file.subarray(0, 4096);
  const whole = read(format.open(head), [file]);
  const cuts: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const size = 1 + random.below(random.below(3) === 0 ? 3 : 700);
    cuts.push(Buffer.from(file.subarray(at, at + size)));
    at += size;
  }
  const cut = read(format.open(head), cuts);
  const used = process.cpuUsage(start);
  if (used.user + used.system > cpuMsMax * 1000) return `took ${Math.round((used.user + used.system) / 1000)} ms`;
  if (whole.count !== cut.count || text(whole.problems) !== text(cut.problems))
    return `problems depend on the pieces: ${text([whole.problems, cut.problems])}`;
  if (whole.count === 0 && whole.lines !== cut.lines) return 'lines depend on the pieces';
  for (const problem of whole.problems) {
    if (!/^f: (record \d+|whole file|\d+ more problems)/.test(problem)) return `is not located: ${problem}`;
    if (/\d{13,19}/.test(problem) && /(4111111111111111|5555555555554444|378282246310005)/.test(problem))
      return 'shows a card number';
    const byte = Number(/byte (\d+)/.exec(problem)?.[1] ?? 0);
    if (byte > file.length) return `is located outside of the file: ${problem}`;
  }
  return undefined;
}

/** Runs cases; gives what was found, each with how to make it again. */
export function fuzzSettlement(seed: number, cases: number): { findings: string[]; refused: number } {
  const all = seeds();
  const findings: string[] = [];
  let refused = 0;
  for (const one of all) {
    const format = one.given ?? detectFormat(one.file);
    const right = format === undefined ? undefined : read(format.open(one.file.subarray(0, 4096)), [one.file]);
    if (right === undefined || right.count > 0)
      findings.push(`the seed ${one.name} is not right: ${text(right?.problems)}`);
  }
  for (let n = 0; n < cases && findings.length < findingsMax; n += 1) {
    const random = new Random(seed * 1_000_003 + n);
    const one = all[random.below(all.length)] as Seed;
    const file = damage(random, one.file, (all[random.below(all.length)] as Seed).file);
    try {
      const found = check(random, one, file);
      if (found !== undefined) findings.push(`seed ${seed} case ${n} (${one.name}): ${found}`);
      const format = one.given ?? detectFormat(file.subarray(0, 4096));
      if (format === undefined || read(format.open(file.subarray(0, 4096)), [file]).count > 0) refused += 1;
    } catch (error) {
      findings.push(
        `seed ${seed} case ${n} (${one.name}): throws ${error instanceof Error ? error.stack : String(error)}`,
      );
    }
  }
  return { findings, refused };
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [seed = 1, cases = 20_000] = process.argv.slice(2).map(Number);
  const { findings, refused } = fuzzSettlement(seed, cases);
  for (const finding of findings) process.stdout.write(`${finding}\n`);
  process.stdout.write(
    `settlement files: seed ${seed}, ${cases} cases, ${refused} refused with located problems, ${findings.length} findings\n`,
  );
  process.exitCode = findings.length === 0 ? 0 : 1;
}
