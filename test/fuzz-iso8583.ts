import { pathToFileURL } from 'node:url';
import {
  type Dialect,
  describeMessage,
  type FieldValue,
  formatIso8583Error,
  hexdumpMessage,
  iso8583ErrorCodes,
  loadDialect,
  type MessageInput,
  messageToJson,
  shippedDialects,
} from '../acquirer-gateway/iso8583/index.ts';
import { Generator, Random, randomPan } from './iso8583/generate.ts';
import { plantPans } from './iso8583/leak.ts';
import { Mutator } from './iso8583/mutate.ts';
import { odds } from './iso8583/odds.ts';
import { maskedHex, shrinkBytes, shrinkMessage } from './iso8583/shrink.ts';
import { readVectors } from './iso8583/vector-specs.ts';

// Fuzzing of the ISO 8583 codec: `node dist/test/fuzz-iso8583.js TARGET [SEED] [CASES]`. Exit code 1 when anything is found.
//   unpack     structure-aware mutations of generated messages and vectors: only the typed error, bounded time, flat memory
//   roundtrip  unpack(pack(m)) = m and pack(unpack(b)) = b for generated messages
//   leak       card numbers at every place that can hold one, and none readable in any printed form

/** Time that one input may take: 1 ms per 2 KB, and no less than 1 ms. */
function timeLimitMs(bytes: number): number {
  return Math.max(1, bytes / 2048);
}

interface Report {
  readonly cases: number;
  readonly findings: string[];
  readonly lines: string[];
}

function dialects(): Dialect[] {
  return [...shippedDialects().map(loadDialect), odds];
}

/** Vector messages as seeds for the dialect that reads them. */
function vectorSeeds(dialect: Dialect): Buffer[] {
  const seeds: Buffer[] = [];
  for (const file of [
    'public-threads',
    'mastercard-ipm-settlement',
    'npm-iso_8583',
    'moov-messages',
    'iso8583tool-basei',
  ]) {
    for (const { hex } of readVectors<{ vectors: Array<{ hex: string }> }>(`${file}.json`)?.vectors ?? []) {
      const bytes = Buffer.from(hex, 'hex');
      if (dialect.unpack(bytes, { mode: 'lenient' }).ok) seeds.push(bytes);
    }
  }
  return seeds;
}

function check(dialect: Dialect, bytes: Buffer): string | undefined {
  const strict = dialect.unpack(bytes);
  const lenient = dialect.unpack(bytes, { mode: 'lenient' });
  if (strict.ok) {
    const again = dialect.pack(strict.message.toInput());
    if (!again.ok) return `accepted, but not packed again: ${formatIso8583Error(again.error)}`;
    if (!again.bytes.equals(bytes)) return 'accepted, and packed again into other bytes';
    if (!lenient.ok) return 'strict accepts what lenient refuses';
  } else if (
    !(strict.error.code in iso8583ErrorCodes) ||
    strict.error.offset < 0 ||
    strict.error.offset > bytes.length
  ) {
    return `an error outside of the table: ${formatIso8583Error(strict.error)}`;
  }
  if (lenient.ok) lenient.message.toInput();
  return undefined;
}

/** Target unpack. */
export function fuzzUnpack(seed: number, cases: number): Report {
  const random = new Random(seed);
  const findings: string[] = [];
  const lines: string[] = [];
  let accepted = 0;
  let slowestMs = 0;
  const targets = dialects().map((dialect) => ({
    dialect,
    mutator: new Mutator(dialect, random, vectorSeeds(dialect)),
  }));
  const heapStart = memory();
  for (let i = 0; i < cases; i++) {
    const { dialect, mutator } = targets[i % targets.length]!;
    const bytes = mutator.next();
    const from = process.hrtime.bigint();
    let finding = judged(dialect, bytes);
    if (dialect.unpack(bytes).ok) accepted++;
    const tookMs = Number(process.hrtime.bigint() - from) / 1e6;
    if (tookMs > timeLimitMs(bytes.length)) {
      // The machine may have been busy: only an input that is slow again and again is slow.
      const again = Math.min(...Array.from({ length: 5 }, () => timeOf(dialect, bytes)));
      slowestMs = Math.max(slowestMs, again / timeLimitMs(bytes.length));
      if (again > timeLimitMs(bytes.length)) finding ??= `took ${again.toFixed(2)} ms`;
    }
    if (finding !== undefined) {
      const kind = kindOf(finding);
      const least = shrinkBytes(bytes, (candidate) => kindOf(judged(dialect, candidate)) === kind);
      findings.push(
        `seed ${seed}, case ${i}, ${dialect.name}: ${finding}\n  ${least.length} bytes: ${maskedHex(least)}`,
      );
    }
    if (findings.length > 20) break;
    if ((i + 1) % Math.max(1, Math.floor(cases / 5)) === 0)
      lines.push(
        `${i + 1} cases, ${accepted} accepted, memory ${memory() - heapStart >= 0 ? '+' : ''}${memory() - heapStart} KB`,
      );
  }
  lines.push(`slowest repeated input: ${slowestMs.toFixed(3)} of its time limit`);
  return { cases, findings, lines };
}

function judged(dialect: Dialect, bytes: Buffer): string | undefined {
  try {
    return check(dialect, bytes);
  } catch (error) {
    return `threw ${String(error)}`;
  }
}

/** What a finding is, without where: a smaller input has other offsets. */
function kindOf(finding: string | undefined): string | undefined {
  return finding?.replace(/ at .*/s, '').replace(/\d+/g, 'n');
}

/** CPU time, in which a busy machine has no part. */
function timeOf(dialect: Dialect, bytes: Buffer): number {
  const from = process.cpuUsage();
  dialect.unpack(bytes);
  const used = process.cpuUsage(from);
  return (used.user + used.system) / 1000;
}

function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1024);
}

/** Target roundtrip. */
export function fuzzRoundTrip(seed: number, cases: number): Report {
  const random = new Random(seed);
  const findings: string[] = [];
  const targets = dialects().map((dialect) => ({ dialect, generator: new Generator(dialect.plan, random) }));
  let bytesTotal = 0;
  for (let i = 0; i < cases && findings.length < 20; i++) {
    const { dialect, generator } = targets[i % targets.length]!;
    const input = generator.message();
    const finding = roundTrip(dialect, input);
    if (typeof finding === 'string') {
      const kind = kindOf(finding);
      const least = shrinkMessage(input, (candidate) => {
        const again = roundTrip(dialect, candidate);
        return typeof again === 'string' && kindOf(again) === kind;
      });
      findings.push(
        `seed ${seed}, case ${i}, ${dialect.name}: ${finding}; fields ${Object.keys(least.fields).join(', ')}`,
      );
    } else bytesTotal += finding;
  }
  return { cases, findings, lines: [`${targets.length} dialects, ${bytesTotal} bytes`] };
}

function roundTrip(dialect: Dialect, input: MessageInput): string | number {
  const packed = dialect.pack(input);
  if (!packed.ok) return `not packed: ${formatIso8583Error(packed.error)}`;
  const unpacked = dialect.unpack(packed.bytes);
  if (!unpacked.ok) return `not unpacked: ${formatIso8583Error(unpacked.error)}`;
  const output = unpacked.message.toInput();
  if (output.mti !== input.mti || !sameFields(input.fields, output.fields)) return 'other values came back';
  const again = dialect.pack(output);
  return again.ok && again.bytes.equals(packed.bytes) ? packed.bytes.length : 'other bytes came back';
}

function sameFields(a: MessageInput['fields'], b: MessageInput['fields']): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => b[key] !== undefined && same(a[key]!, b[key]));
}

function same(a: FieldValue, b: FieldValue): boolean {
  if (typeof a === 'string' || typeof b === 'string') return a === b;
  const left = a as ReadonlyArray<readonly [string, FieldValue]>;
  const right = b as ReadonlyArray<readonly [string, FieldValue]>;
  return (
    left.length === right.length && left.every(([id, value], i) => right[i]![0] === id && same(value, right[i]![1]))
  );
}

/** Target leak. */
export function fuzzLeak(seed: number, cases: number): Report {
  const random = new Random(seed);
  const findings: string[] = [];
  const targets = dialects().map((dialect) => ({ dialect, generator: new Generator(dialect.plan, random) }));
  let planted = 0;
  let skipped = 0;
  // What was planted may break a rule of its place and cannot be packed: only messages that were packed and printed count as cases.
  let printedMessages = 0;
  for (let i = 0; printedMessages < cases && skipped <= cases && findings.length < 20; i++) {
    const { dialect, generator } = targets[i % targets.length]!;
    const { input, pans } = plantPans(dialect.plan, generator.message(60), random, randomPan);
    const packed = dialect.pack(input);
    if (!packed.ok) {
      skipped++;
      continue;
    }
    const unpacked = dialect.unpack(packed.bytes);
    if (!unpacked.ok) {
      findings.push(`seed ${seed}, case ${i}, ${dialect.name}: ${formatIso8583Error(unpacked.error)}`);
      continue;
    }
    planted += pans.length;
    printedMessages++;
    const { message } = unpacked;
    const printed = [
      describeMessage(message, { offsets: true }),
      JSON.stringify(messageToJson(message)),
      hexdumpMessage(message),
    ]
      .join('\n')
      .replace(/[\s-]/g, '')
      .toUpperCase();
    for (const pan of pans) {
      const forms = [
        pan,
        Buffer.from(pan, 'latin1').toString('hex').toUpperCase(),
        [...pan].map((d) => `F${d}`).join(''),
      ];
      if (forms.some((form) => printed.includes(form)))
        findings.push(`seed ${seed}, case ${i}, ${dialect.name}: a planted card number is readable`);
    }
  }
  if (printedMessages < cases && findings.length === 0)
    findings.push(`only ${printedMessages} messages could be packed`);
  return {
    cases: printedMessages,
    findings,
    lines: [`${planted} card numbers planted; ${skipped} more messages could not be packed`],
  };
}

const fuzzTargets: Readonly<
  Record<string, { readonly run: (seed: number, cases: number) => Report; readonly cases: number }>
> = {
  unpack: { run: fuzzUnpack, cases: 1_000_000 },
  roundtrip: { run: fuzzRoundTrip, cases: 200_000 },
  leak: { run: fuzzLeak, cases: 20_000 },
};

/** Runs one target from the command line. */
export function main(argv: readonly string[]): number {
  const [name = 'unpack', seedText = '1', casesText] = argv;
  const target = fuzzTargets[name];
  const seed = Number(seedText);
  const cases = casesText === undefined ? (target?.cases ?? 0) : Number(casesText);
  if (target === undefined || !Number.isSafeInteger(seed) || !Number.isSafeInteger(cases) || cases < 1) {
    process.stderr.write(`usage: fuzz-iso8583 ${Object.keys(fuzzTargets).join('|')} [SEED] [CASES]\n`);
    return 2;
  }
  const from = process.hrtime.bigint();
  const report = target.run(seed, cases);
  const seconds = Number(process.hrtime.bigint() - from) / 1e9;
  process.stdout.write(
    `${[`fuzz ${name}, seed ${seed}, ${report.cases} cases, ${seconds.toFixed(1)} s, ${report.findings.length} findings`, ...report.lines, ...report.findings].join('\n')}\n`,
  );
  return report.findings.length === 0 ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) process.exitCode = main(process.argv.slice(2));
