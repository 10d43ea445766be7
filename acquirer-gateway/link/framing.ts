// How messages are cut out of a TCP stream. Pure: bytes in, frames out; a frame that lies whole in one chunk is a view of it, a frame that
// is split is copied once. The length is judged before anything is allocated for it.
import { messageBytesMax } from '../../common/limits.ts';

/** Why a stream cannot be cut any further. The link must end: where the next frame starts is not known. */
export type FrameFault =
  /** The prefix is not written in its encoding. */
  | 'length_encoding'
  /** The length is smaller than the headers that the frame must hold. */
  | 'length_short'
  /** The length is over the limit of the variant. */
  | 'length_over'
  /** The network header contradicts the frame. */
  | 'header'
  /** The trailer is not the one of the variant. */
  | 'trailer';

/** One frame. The buffers are views: valid until the handler returns, unless it keeps them and nobody wipes them. */
export interface Frame {
  /** message: carries a message. keep_alive: empty. control: session control of the network, not ISO 8583. rejected: our own message, sent back. */
  readonly kind: 'message' | 'keep_alive' | 'control' | 'rejected';
  /** The network header in front of the message; empty for most variants. */
  readonly header: Buffer;
  /** The message. */
  readonly message: Buffer;
  /** Four digits, for a rejected message. */
  readonly rejectCode: string;
}

/** One way to frame. */
export interface Framing {
  readonly name: string;
  /** Bytes in front of the body. */
  readonly prefixBytes: number;
  /** What the written length counts beyond the body. Bytes. */
  readonly lengthExtra: number;
  /** Bytes of the network header at the front of the body. */
  readonly headerBytes: number;
  /** Byte that ends the body, or -1. Counted in the length. */
  readonly trailer: number;
  /** Longest body. Bytes. */
  readonly bodyBytesMax: number;
  /** True if an empty frame is sent back. */
  readonly echoKeepAlive: boolean;
  /** The written length at `at`, or -1 if it is not written in the encoding. */
  readonly readLength: (bytes: Buffer, at: number) => number;
  /** Writes a length at `at`. */
  readonly writeLength: (bytes: Buffer, at: number, length: number) => void;
  /** Cuts the body into header and message; undefined where the header is of fixed length and says nothing. */
  readonly split?: (body: Buffer, prefix: Buffer) => Frame | FrameFault;
}

const none = Buffer.alloc(0);

function digitsAscii(bytes: Buffer, at: number, count: number, radix: 10 | 16): number {
  let value = 0;
  for (let i = at; i < at + count; i += 1) {
    const code = bytes[i]!;
    let digit = -1;
    if (code >= 0x30 && code <= 0x39) digit = code - 0x30;
    else if (radix === 16 && code >= 0x41 && code <= 0x46) digit = code - 0x37;
    else if (radix === 16 && code >= 0x61 && code <= 0x66) digit = code - 0x57;
    if (digit < 0) return -1;
    value = value * radix + digit;
  }
  return value;
}

function digitsBcd(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i += 1) {
    const high = bytes[i]! >>> 4;
    const low = bytes[i]! & 0x0f;
    if (high > 9 || low > 9) return -1;
    value = value * 100 + high * 10 + low;
  }
  return value;
}

function bcdWriter(count: number): Framing['writeLength'] {
  return (bytes, at, length) => {
    bytes.write(String(length).padStart(count * 2, '0'), at, count, 'hex');
  };
}

const binary2 = {
  prefixBytes: 2,
  lengthExtra: 0,
  headerBytes: 0,
  trailer: -1,
  bodyBytesMax: messageBytesMax,
  echoKeepAlive: true,
  readLength: (bytes: Buffer, at: number) => bytes.readUInt16BE(at),
  writeLength: (bytes: Buffer, at: number, length: number) => {
    bytes.writeUInt16BE(length, at);
  },
} as const;

// VML: two bytes of length and two reserved ones; the high nibble of the last is 2 for session control (moov network/vml_header.go).
const vml = {
  ...binary2,
  prefixBytes: 4,
  bodyBytesMax: 2048,
  writeLength: (bytes: Buffer, at: number, length: number) => {
    bytes.writeUInt16BE(length, at);
    bytes.writeUInt16BE(0, at + 2);
  },
} as const;

function splitVml(body: Buffer, prefix: Buffer): Frame {
  return { kind: prefix[3]! >>> 4 === 2 ? 'control' : 'message', header: none, message: body, rejectCode: '' };
}

const base1Bytes = 22;
const base1RejectBytes = 26;

// BASE I header, 22 bytes: length, format, text format, total length (2), destination (3), source (3), round trip, flags (2), status (3), batch,
// reserved (3), user. A reject has 26: two bytes of bitmap (bit 1) and two of BCD code, then the original header and message (jPOS BASE1Header).
function splitBase1(body: Buffer, prefix: Buffer): Frame | FrameFault {
  if (prefix[3]! >>> 4 === 2) return { kind: 'control', header: none, message: body, rejectCode: '' };
  const headerBytes = body[0]!;
  if (headerBytes !== base1Bytes && headerBytes !== base1RejectBytes) return 'header';
  if (body.length < headerBytes || body.readUInt16BE(3) !== body.length) return 'header';
  if (headerBytes === base1Bytes) {
    return {
      kind: 'message',
      header: body.subarray(0, base1Bytes),
      message: body.subarray(base1Bytes),
      rejectCode: '',
    };
  }
  if ((body[22]! & 0x80) === 0 || body.length < base1RejectBytes + base1Bytes) return 'header';
  return {
    kind: 'rejected',
    header: body.subarray(0, base1RejectBytes),
    message: body.subarray(base1RejectBytes + base1Bytes),
    rejectCode: body.toString('hex', 24, 26),
  };
}

const table = {
  /** Two bytes, big endian, not counting themselves. */
  binary2,
  /** The same, counting themselves (American Express). */
  'binary2-inclusive': { ...binary2, lengthExtra: 2 },
  /** Two bytes; the body ends with 03, which is counted (BASE24 over TCP). */
  'binary2-trailer': { ...binary2, trailer: 0x03, lengthExtra: 0 },
  /** Three bytes, big endian. */
  binary3: {
    ...binary2,
    prefixBytes: 3,
    readLength: (bytes: Buffer, at: number) => bytes.readUIntBE(at, 3),
    writeLength: (bytes: Buffer, at: number, length: number) => {
      bytes.writeUIntBE(length, at, 3);
    },
  },
  /** Four bytes, big endian. */
  binary4: {
    ...binary2,
    prefixBytes: 4,
    readLength: (bytes: Buffer, at: number) => bytes.readUInt32BE(at),
    writeLength: (bytes: Buffer, at: number, length: number) => {
      bytes.writeUInt32BE(length, at);
    },
  },
  /** Four ASCII digits. */
  ascii4: {
    ...binary2,
    prefixBytes: 4,
    readLength: (bytes: Buffer, at: number) => digitsAscii(bytes, at, 4, 10),
    writeLength: (bytes: Buffer, at: number, length: number) => {
      bytes.write(String(length).padStart(4, '0'), at, 4, 'latin1');
    },
  },
  /** Four ASCII hexadecimal digits. */
  hex4: {
    ...binary2,
    prefixBytes: 4,
    readLength: (bytes: Buffer, at: number) => digitsAscii(bytes, at, 4, 16),
    writeLength: (bytes: Buffer, at: number, length: number) => {
      bytes.write(length.toString(16).toUpperCase().padStart(4, '0'), at, 4, 'latin1');
    },
  },
  /** Four digits packed in two bytes. */
  bcd2: {
    ...binary2,
    readLength: (bytes: Buffer, at: number) => digitsBcd(bytes, at, 2),
    writeLength: bcdWriter(2),
  },
  /** Eight digits packed in four bytes. */
  bcd4: {
    ...binary2,
    prefixBytes: 4,
    readLength: (bytes: Buffer, at: number) => digitsBcd(bytes, at, 4),
    writeLength: bcdWriter(4),
  },
  /** Visa VML. */
  vml: { ...vml, split: splitVml },
  /** Visa VML with a BASE I header in front of each message. */
  'vml-base1': { ...vml, headerBytes: base1Bytes, split: splitBase1 },
  /** Two bytes, then the five of a NACS TPDU: protocol, destination (2), source (2). */
  tpdu: { ...binary2, headerBytes: 5 },
} as const satisfies Record<string, Omit<Framing, 'name'>>;

/** Name of a framing variant, as in the configuration. */
export type FramingName = keyof typeof table;

/** Every variant by name. */
export const framings: Readonly<Record<FramingName, Framing>> = Object.fromEntries(
  Object.entries(table).map(([name, row]) => [name, { name, ...row }]),
) as unknown as Record<FramingName, Framing>;

/** True if the text names a variant. */
export function isFramingName(text: string): text is FramingName {
  return Object.hasOwn(table, text);
}

/** Bytes that a message takes on the wire. */
export function frameBytes(framing: Framing, messageBytes: number): number {
  return framing.prefixBytes + framing.headerBytes + messageBytes + (framing.trailer < 0 ? 0 : 1);
}

/**
 * Writes a frame into `out` at `at` and returns the position after it. `out` must have `frameBytes` left; `header` must have the variant's
 * length (its BASE I total length is filled in here). Throws RangeError for a message over the variant's limit: the caller checks first.
 */
export function writeFrame(framing: Framing, out: Buffer, at: number, message: Buffer, header: Buffer = none): number {
  if (header.length !== framing.headerBytes) throw new RangeError('the header does not have the length of the framing');
  const bodyBytes = header.length + message.length + (framing.trailer < 0 ? 0 : 1);
  if (bodyBytes > framing.bodyBytesMax) throw new RangeError('the message is over the limit of the framing');
  framing.writeLength(out, at, bodyBytes + framing.lengthExtra);
  let position = at + framing.prefixBytes;
  if (header.length > 0) {
    header.copy(out, position);
    if (framing.name === 'vml-base1') out.writeUInt16BE(bodyBytes, position + 3);
    position += header.length;
  }
  message.copy(out, position);
  position += message.length;
  if (framing.trailer >= 0) out[position++] = framing.trailer;
  return position;
}

/** A TPDU for the answer: destination and source change places. */
export function swapTpdu(header: Buffer): Buffer {
  return Buffer.from([header[0]!, header[3]!, header[4]!, header[1]!, header[2]!]);
}

/** A BASE I header for the answer: destination and source change places; the total length is written with the frame. */
export function swapBase1(header: Buffer): Buffer {
  const swapped = Buffer.from(header);
  header.copy(swapped, 5, 8, 11);
  header.copy(swapped, 8, 5, 8);
  return swapped;
}

/** A BASE I header of our own. Stations are six digits. */
export function base1Header(destination: string, source: string): Buffer {
  const header = Buffer.alloc(base1Bytes);
  header[0] = base1Bytes;
  header[1] = 1;
  header[2] = 2;
  header.write(destination, 5, 3, 'hex');
  header.write(source, 8, 3, 'hex');
  return header;
}

/** A message of no length, with which a silent peer is told that we live. */
export function keepAliveBytes(framing: Framing): Buffer {
  const empty = Buffer.alloc(framing.prefixBytes);
  if (framing.prefixBytes > 0) framing.writeLength(empty, 0, 0);
  return empty;
}
