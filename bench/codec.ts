import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg } from 'node:os';
import { pathToFileURL } from 'node:url';
import {
  type Dialect,
  loadDialect,
  type Message,
  type MessageInput,
  shippedDialects,
} from '../acquirer-gateway/iso8583/index.ts';
import { projectPath } from '../common/root.ts';
import { Generator, Random } from '../test/iso8583/generate.ts';

// `make bench-codec`: the ISO 8583 codec beside npm iso_8583, one thread, one run. Offsets are recorded and strict checks are on in every figure.

const rounds = 15;
const callsPerRound = 20_000;
const warmCalls = 40_000;

const pan = '4111111111111111';

/** A 0100 of 25 fields with chip data and a MAC. */
export const authorization: MessageInput = {
  mti: '0100',
  fields: {
    2: pan,
    3: '000000',
    4: '000000012345',
    7: '1122084901',
    11: '123456',
    12: '084901',
    13: '1122',
    14: '2912',
    18: '5999',
    19: '724',
    22: '051',
    23: '001',
    25: '00',
    32: '123456',
    35: `${pan}D29122011234567890`,
    37: '432612345678',
    41: 'TERM0001',
    42: 'MERCHANT0000001',
    43: 'CARD EDGE TEST SHOP      MADRID       ES',
    49: '978',
    52: '0123456789ABCDEF',
    53: '1234567890123456',
    55: [
      ['5F2A', '0978'],
      ['82', '1800'],
      ['95', '8080008000'],
      ['9A', '261122'],
      ['9C', '00'],
      ['9F02', '000000012345'],
      ['9F03', '000000000000'],
      ['9F10', '06011203A0B0C0'],
      ['9F1A', '0724'],
      ['9F26', 'AABBCCDDEEFF0011'],
      ['9F27', '80'],
      ['9F33', 'E0F8C8'],
      ['9F34', '1F0302'],
      ['9F35', '22'],
      ['9F36', '0034'],
      ['9F37', '11223344'],
    ],
    60: '0123456789',
    64: '0011223344556677',
  },
};

/** 65 fields, 772 bytes, all text but the bitmap: the shape of the ASCII message that the peers were measured with. */
export function longAscii(dialect: Dialect): MessageInput {
  const fields: Record<string, string> = {};
  const bits = Object.keys(dialect.spec.fields).filter((bit) => !['48', '52', '55', '64', '96', '128'].includes(bit));
  const random = new Random(8583);
  const generator = new Generator(dialect.plan, random);
  for (const bit of bits.slice(0, 65)) {
    const node = dialect.plan.fields[Number(bit)]!;
    fields[bit] = node.min === node.max ? String(generator.value(node, 40)) : random.digits(Math.min(6, node.max));
  }
  const packed = dialect.pack({ mti: '0200', fields: { ...fields, 46: '' } });
  if (!packed.ok) throw new Error(packed.error.path);
  fields['46'] = 'x'.repeat(772 - packed.bytes.length);
  return { mti: '0200', fields };
}

/** The example message of npm iso_8583's README. */
const readme: Readonly<Record<string, string>> = {
  0: '0100',
  2: '4761739001010119',
  3: '000000',
  4: '000000005000',
  7: '0911131411',
  12: '131411',
  13: '0911',
  14: '2212',
  18: '4111',
  22: '051',
  23: '001',
  25: '00',
  26: '12',
  32: '423935',
  33: '111111111',
  35: '4761739001010119D22122011758928889',
  41: '12345678',
  42: 'MOTITILL_000001',
  43: 'My Termianl Business                    ',
  49: '404',
  52: '7434F67813BAE545',
  56: '1510',
  123: '91010151134C101',
};

interface Figure {
  readonly name: string;
  /** CPU time of the process: the figure that is judged. On a machine of its own it is the wall time. */
  readonly cpuMedianNs: number;
  readonly medianNs: number;
  readonly bestNs: number;
  readonly allocatedBytes: number;
  readonly targetNs?: number;
}

let sink = 0;

function measure(name: string, call: () => number, targetNs?: number, share = 1): Figure {
  const calls = Math.max(200, Math.round(callsPerRound * share));
  for (let i = 0; i < warmCalls * share; i++) sink += call();
  const times: number[] = [];
  const cpuTimes: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const cpuFrom = process.cpuUsage();
    const from = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) sink += call();
    times.push(Number(process.hrtime.bigint() - from) / calls);
    const used = process.cpuUsage(cpuFrom);
    cpuTimes.push(((used.user + used.system) * 1000) / calls);
  }
  times.sort((a, b) => a - b);
  cpuTimes.sort((a, b) => a - b);
  return {
    name,
    cpuMedianNs: cpuTimes[rounds >> 1]!,
    medianNs: times[rounds >> 1]!,
    bestNs: times[0]!,
    allocatedBytes: allocated(call, share < 1 ? 50 : 500),
    ...(targetNs === undefined ? {} : { targetNs }),
  };
}

/**
 * Bytes of heap and of buffers that one call allocates: the median of runs short enough that no collection falls into most of them, and
 * for the codec long enough to hold its share of the slabs in which messages record their offsets.
 */
function allocated(call: () => number, calls: number): number {
  const samples: number[] = [];
  for (let n = 0; n < 21; n++) {
    const before = process.memoryUsage();
    for (let i = 0; i < calls; i++) sink += call();
    const after = process.memoryUsage();
    samples.push((after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers) / calls);
  }
  return Math.round(samples.sort((a, b) => a - b)[10]!);
}

function messageOf(dialect: Dialect, bytes: Buffer): Message {
  const unpacked = dialect.unpack(bytes);
  if (!unpacked.ok) throw new Error(`${unpacked.error.code} at ${unpacked.error.path}`);
  return unpacked.message;
}

function packedOf(dialect: Dialect, input: MessageInput): Buffer {
  const packed = dialect.pack(input);
  if (!packed.ok) throw new Error(`${packed.error.code} at ${packed.error.path}`);
  return packed.bytes;
}

function readAll(dialect: Dialect, bytes: Buffer, paths: readonly string[]): number {
  const message = messageOf(dialect, bytes);
  let total = 0;
  for (let i = 0; i < paths.length; i++) total += message.get(paths[i]!)!.length;
  return total;
}

/** All dialects go through the engine before anything is measured, as in a process that serves several networks. */
function mixEverything(): void {
  for (const name of shippedDialects()) {
    const dialect = loadDialect(name);
    const generator = new Generator(dialect.plan, new Random(1));
    for (let i = 0; i < 500; i++) {
      const packed = dialect.pack(generator.message());
      if (packed.ok) sink += readAll(dialect, packed.bytes, messageOf(dialect, packed.bytes).paths());
    }
  }
}

function ours(): Figure[] {
  const binary = loadDialect('iso87-binary');
  const ascii = loadDialect('iso87-ascii');
  const bytes = packedOf(binary, authorization);
  const fields = Object.keys(authorization.fields);
  const everything = messageOf(binary, bytes).paths();
  const chip = messageOf(binary, bytes).bytes('55')!;
  const chipGiven: MessageInput = {
    mti: '0100',
    fields: { ...authorization.fields, 52: Buffer.alloc(8, 1), 55: Buffer.from(chip), 64: Buffer.alloc(8, 2) },
  };
  const long = longAscii(ascii);
  const longBytes = packedOf(ascii, long);
  const longFields = Object.keys(long.fields);
  process.stdout.write(
    `binary 0100: ${fields.length} fields, ${everything.length} paths, ${bytes.length} bytes; ASCII 0200: ${longFields.length} fields, ${longBytes.length} bytes\n`,
  );
  return [
    measure('binary 0100: unpack, nothing read', () => messageOf(binary, bytes).base),
    measure('binary 0100: unpack, five fields read', () => readAll(binary, bytes, ['2', '4', '11', '37', '41']), 1000),
    measure('binary 0100: unpack, all 25 fields read', () => readAll(binary, bytes, fields), 3000),
    measure('binary 0100: unpack, 25 fields and 16 chip elements read', () => readAll(binary, bytes, everything), 3000),
    measure('binary 0100: pack, chip data as elements', () => packedOf(binary, authorization).length, 3000),
    measure('binary 0100: pack, chip data as bytes', () => packedOf(binary, chipGiven).length, 3000),
    measure('ASCII 0200: unpack, all 65 fields read', () => readAll(ascii, longBytes, longFields), 6000),
    measure('ASCII 0200: pack', () => packedOf(ascii, long).length, 6000),
  ];
}

interface NpmIso {
  getBufferMessage(): Buffer | { error: string };
  getIsoJSON(bytes: Buffer): Record<string, string> | { error: string };
}

function sideBySide(): Figure[] {
  const require = createRequire(import.meta.url);
  const NpmMessage = require('iso_8583') as new (message?: Record<string, string>) => NpmIso;
  const dialect = loadDialect('postilion-like');
  const input: MessageInput = {
    mti: readme['0']!,
    fields: Object.fromEntries(Object.entries(readme).filter(([key]) => key !== '0')),
  };
  const bytes = packedOf(dialect, input);
  const theirs = new NpmMessage({ ...readme }).getBufferMessage();
  // The package puts two length bytes in front.
  if (!Buffer.isBuffer(theirs) || !theirs.subarray(2).equals(bytes))
    throw new Error('the two codecs disagree on the README message');
  const fields = Object.keys(input.fields);
  return [
    measure('README message: unpack, ours', () => readAll(dialect, bytes, fields)),
    measure(
      'README message: unpack, npm iso_8583',
      () => Object.keys(new NpmMessage().getIsoJSON(theirs)).length,
      undefined,
      0.05,
    ),
    measure('README message: pack, ours', () => packedOf(dialect, input).length),
    measure(
      'README message: pack, npm iso_8583',
      () => (new NpmMessage({ ...readme }).getBufferMessage() as Buffer).length,
      undefined,
      0.05,
    ),
  ];
}

/** How many times as long the peer takes, in this run. */
function ratioLine(figures: readonly Figure[], what: string): string {
  const of = (who: string): number =>
    figures.find((figure) => figure.name === `README message: ${what}, ${who}`)?.cpuMedianNs ?? Number.NaN;
  return `README message: ${what}: npm iso_8583 takes ${(of('npm iso_8583') / of('ours')).toFixed(1)} times as long`;
}

/** Runs the benchmark, prints a table and writes bench/out/codec.json. Returns 1 when a target is missed. */
export function main(): number {
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    loadAverage: loadavg()[0],
    node: process.version,
    v8: process.versions.v8,
  };
  const peer = JSON.parse(readFileSync(projectPath('node_modules', 'iso_8583', 'package.json'), 'utf8')) as {
    version: string;
  };
  const settings = {
    rounds,
    callsPerRound,
    warmCalls,
    threads: 1,
    iso_8583: peer.version,
    dialectsInProcess: shippedDialects().length,
  };
  process.stdout.write(`${JSON.stringify(machine)}\n${JSON.stringify(settings)}\n`);
  mixEverything();
  const figures = [...ours(), ...sideBySide()];
  for (const f of figures) {
    const target =
      f.targetNs === undefined
        ? ''
        : `  target ${(f.targetNs / 1000).toFixed(1)} ${f.cpuMedianNs <= f.targetNs ? 'held' : 'MISSED'}`;
    process.stdout.write(
      `${f.name.padEnd(58)} cpu median ${(f.cpuMedianNs / 1000).toFixed(2).padStart(6)} us  wall median ${(f.medianNs / 1000).toFixed(2).padStart(6)} us  best ${(f.bestNs / 1000).toFixed(2).padStart(6)} us  ${String(f.allocatedBytes).padStart(6)} B${target}\n`,
    );
  }
  for (const what of ['unpack', 'pack']) process.stdout.write(`${ratioLine(figures, what)}\n`);
  mkdirSync(projectPath('bench', 'out'), { recursive: true });
  writeFileSync(
    projectPath('bench', 'out', 'codec.json'),
    `${JSON.stringify({ machine, settings, figures }, null, 2)}\n`,
  );
  return figures.every((f) => f.targetNs === undefined || f.cpuMedianNs <= f.targetNs) && sink > 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main();
