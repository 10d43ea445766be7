import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { projectPath } from '../../common/root.ts';
import { FrameReader } from './frame-reader.ts';
import {
  base1Header,
  type Frame,
  type Framing,
  type FramingName,
  frameBytes,
  framings,
  swapBase1,
  swapTpdu,
  writeFrame,
} from './framing.ts';

interface Cut {
  readonly frames: ReadonlyArray<{ kind: string; header: string; message: string; rejectCode: string }>;
  readonly fault: string | undefined;
}

/** What a reader makes of chunks; the frames are copied, as they are views. */
function cut(framing: Framing, chunks: readonly Buffer[]): Cut {
  const frames: Array<Cut['frames'][number]> = [];
  const reader = new FrameReader(framing, ({ kind, header, message, rejectCode }: Frame) => {
    frames.push({ kind, header: header.toString('hex'), message: message.toString('hex'), rejectCode });
  });
  let fault: string | undefined;
  for (const chunk of chunks) fault ??= reader.feed(Buffer.from(chunk));
  return { frames, fault };
}

function bytewise(bytes: Buffer): Buffer[] {
  return [...bytes].map((byte) => Buffer.from([byte]));
}

function framed(framing: Framing, message: Buffer): Buffer {
  const out = Buffer.alloc(frameBytes(framing, message.length));
  const header =
    framing.name === 'vml-base1' ? base1Header('654321', '123456') : Buffer.alloc(framing.headerBytes, 0x60);
  if (writeFrame(framing, out, 0, message, header) !== out.length)
    throw new Error(`${framing.name}: frameBytes is wrong`);
  return out;
}

const message = Buffer.from('0800822000000800000004000000000000000604120000000001', 'hex');

t.test('every variant, split at every byte, glued and cut in the middle', async (t) => {
  for (const framing of Object.values(framings)) {
    const one = framed(framing, message);
    const two = Buffer.concat([one, one]);
    const whole = cut(framing, [one]);
    t.equal(whole.frames.length, 1, framing.name);
    t.match(
      whole.frames[0],
      { kind: 'message', message: message.toString('hex') },
      `${framing.name}: the message comes back`,
    );
    for (let at = 0; at <= two.length; at += 1) {
      const parts = cut(framing, [two.subarray(0, at), two.subarray(at)]);
      if (parts.fault !== undefined || parts.frames.length !== 2) t.fail(`${framing.name} split at ${at}`);
      else if (parts.frames.some((frame) => frame.message !== message.toString('hex')))
        t.fail(`${framing.name} split at ${at}: bytes`);
    }
    t.same(cut(framing, bytewise(two)).frames, [...whole.frames, ...whole.frames], `${framing.name}: byte by byte`);
    const half = cut(framing, [Buffer.concat([one, one.subarray(0, 5)])]);
    t.equal(half.frames.length, 1, `${framing.name}: one and a half`);
  }
});

t.test('messages of any length in any pieces', async (t) => {
  const names = Object.keys(framings) as FramingName[];
  const run = fc.check(
    fc.property(
      fc.constantFrom(...names),
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 600 }), { minLength: 1, maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 97 }), { minLength: 1, maxLength: 8 }),
      (name, messages, steps) => {
        const framing = framings[name];
        const bytes = Buffer.concat(messages.map((one) => framed(framing, Buffer.from(one))));
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i += 1) {
          const step = steps[i % steps.length] as number;
          chunks.push(bytes.subarray(at, at + step));
          at += step;
        }
        const got = cut(framing, chunks);
        return (
          got.fault === undefined &&
          got.frames.every((frame, i) => frame.message === Buffer.from(messages[i] as Uint8Array).toString('hex')) &&
          got.frames.length === messages.length
        );
      },
    ),
    { numRuns: 300 },
  );
  t.notOk(run.failed, `seed ${run.seed}: ${JSON.stringify(run.counterexample)}`);
});

t.test('a bad length ends the stream before anything is allocated for it', async (t) => {
  const rows: ReadonlyArray<readonly [FramingName, string, string]> = [
    ['binary2', 'FFFF', 'length_over'],
    ['binary2-inclusive', '0001', 'length_short'],
    ['binary4', 'FFFFFFFF', 'length_over'],
    ['binary3', 'FFFFFF', 'length_over'],
    ['ascii4', '30313158', 'length_encoding'],
    ['ascii4', '2D303031', 'length_encoding'],
    ['hex4', '30304730', 'length_encoding'],
    ['bcd2', '0A15', 'length_encoding'],
    ['bcd4', '99999999', 'length_over'],
    ['vml', 'FFFF0020', 'length_over'],
    ['vml', '08010000', 'length_over'],
    ['tpdu', '0003600001', 'length_short'],
    ['vml-base1', '00100000', 'length_short'],
    ['vml-base1', `00180000${'17'.repeat(24)}`, 'header'],
    ['vml-base1', `001800001601020019${'00'.repeat(19)}`, 'header'],
    ['binary2-trailer', '0003080004', 'trailer'],
  ];
  for (const [name, hex, fault] of rows) {
    const bytes = Buffer.from(hex, 'hex');
    t.equal(cut(framings[name], [bytes]).fault, fault, `${name} ${hex}`);
    t.equal(cut(framings[name], bytewise(bytes)).fault, fault, `${name} ${hex} byte by byte`);
    const good = framed(framings[name], message);
    const after = cut(framings[name], [good, bytes, good]);
    t.equal(after.frames.length, 1, `${name}: what came before counts, what comes after does not`);
  }
  t.throws(() => writeFrame(framings.vml, Buffer.alloc(5000), 0, Buffer.alloc(2049)), RangeError);
  t.throws(() => writeFrame(framings.tpdu, Buffer.alloc(100), 0, message, Buffer.alloc(4)), RangeError);
});

t.test('a stopped reader hands out nothing more of its chunk', async (t) => {
  const one = framed(framings.binary2, message);
  let frames = 0;
  const reader: FrameReader = new FrameReader(framings.binary2, () => {
    frames += 1;
    reader.stop();
  });
  reader.feed(Buffer.concat([one, one]));
  t.equal(frames, 1);
});

interface VectorFrame {
  readonly name: string;
  readonly frameHex: string;
  readonly messageHex: string;
  readonly headerHex?: string;
  readonly rejectCode?: string;
}

/** Vector names and the variant that speaks so. */
const spoken: Readonly<Record<string, FramingName>> = {
  '2-byte big-endian, exclusive': 'binary2',
  '2-byte BCD length': 'bcd2',
  '4-digit ASCII length': 'ascii4',
  '4-char ASCII hex length': 'hex4',
  '4-byte big-endian': 'binary4',
  '2-byte big-endian inclusive of the 2 bytes (AMEX)': 'binary2-inclusive',
  '3-byte big-endian (CMF)': 'binary3',
  '2-byte + one trailer byte 03 counted in length (BASE24 TCP)': 'binary2-trailer',
  'NACS TPDU 60 dst src, 2-byte length': 'tpdu',
  'Visa VML 4-byte (2 length + 2 reserved), no V.I.P. header': 'vml',
  'Visa VML + 22-byte BASE I header': 'vml-base1',
  'Visa reject: 26-byte reject header, then the original header and message': 'vml-base1',
  'keep-alive: zero length frame, VML': 'vml',
  'keep-alive: zero length frame, 2-byte': 'binary2',
  'keep-alive: 4-digit ASCII zero': 'ascii4',
};

/** Vector errors; undefined: more bytes are waited for. */
const faults: Readonly<Record<string, readonly [FramingName, string | undefined]>> = {
  'VML length over 2048': ['vml', 'length_over'],
  'ASCII length not digits': ['ascii4', 'length_encoding'],
  'short ASCII length': ['ascii4', undefined],
  'BCD length with nibble above 9': ['bcd2', 'length_encoding'],
  'AMEX inclusive length below 2': ['binary2-inclusive', 'length_short'],
  'NAC length shorter than TPDU': ['tpdu', 'length_short'],
};

const vectorFile = join(
  process.env['CARD_EDGE_VECTORS'] ?? projectPath('..', 'shared', 'vectors'),
  'iso8583',
  'framing.json',
);

t.test(
  'frames of other systems',
  { skip: existsSync(vectorFile) ? false : 'skipped: no foreign vectors' },
  async (t) => {
    const vectors = JSON.parse(readFileSync(vectorFile, 'utf8')) as {
      frames: VectorFrame[];
      errors: Array<{ name: string; hex: string }>;
      base1Headers: Array<{ hex?: string; afterSwapDirection?: string }>;
    };
    for (const vector of vectors.frames) {
      const name = spoken[vector.name];
      if (name === undefined) {
        t.fail(`no variant for ${vector.name}`);
        continue;
      }
      const bytes = Buffer.from(vector.frameHex, 'hex');
      const kind = vector.messageHex === '' ? 'keep_alive' : vector.rejectCode === undefined ? 'message' : 'rejected';
      const expected = {
        kind,
        message: vector.messageHex.toLowerCase(),
        header: (vector.headerHex ?? '').toLowerCase(),
        rejectCode: vector.rejectCode ?? '',
      };
      for (const chunks of [[bytes], bytewise(bytes)])
        t.same(cut(framings[name], chunks), { frames: [expected], fault: undefined }, vector.name);
      if (kind !== 'message') continue;
      const out = Buffer.alloc(bytes.length);
      writeFrame(
        framings[name],
        out,
        0,
        Buffer.from(vector.messageHex, 'hex'),
        Buffer.from(vector.headerHex ?? '', 'hex'),
      );
      t.equal(out.toString('hex'), vector.frameHex.toLowerCase(), `${vector.name}: written`);
    }
    for (const vector of vectors.errors) {
      const [name, fault] = faults[vector.name] ?? [];
      t.ok(name, vector.name);
      if (name !== undefined) t.equal(cut(framings[name], [Buffer.from(vector.hex, 'hex')]).fault, fault, vector.name);
    }
    for (const { hex, afterSwapDirection } of vectors.base1Headers) {
      if (hex === undefined || afterSwapDirection === undefined) continue;
      t.equal(swapBase1(Buffer.from(hex, 'hex')).toString('hex'), afterSwapDirection.toLowerCase());
    }
    t.equal(swapTpdu(Buffer.from('6000010002', 'hex')).toString('hex'), '6000020001');
  },
);
