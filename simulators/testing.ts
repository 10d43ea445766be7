// For tests and benches: an acquirer in a few lines, and messages that are right unless the caller says otherwise.
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { loadDialect, type Message, type MessageInput } from '../acquirer-gateway/iso8583/index.ts';
import { FrameReader } from '../acquirer-gateway/link/frame-reader.ts';
import { frameBytes, framings, writeFrame } from '../acquirer-gateway/link/framing.ts';
import type { Card } from './issuer/cards.ts';
import { type CardChecks, type Checked, cannotCheck, type Proofs } from './issuer/checks.ts';
import type { Check } from './issuer/rules.ts';

const framing = framings.binary2;

/** The dialect of the network. */
export const testDialect = loadDialect('iso87-binary');

/** Fields of a message by path; an undefined value takes a field away. */
export type Changes = Readonly<Record<string, string | Uint8Array | undefined>>;

function changed(fields: Record<string, string | Uint8Array>, changes: Changes): MessageInput['fields'] {
  const all: Record<string, string | Uint8Array> = { ...fields };
  for (const [path, value] of Object.entries(changes)) {
    if (value === undefined) delete all[path];
    else all[path] = value;
  }
  return all;
}

/** References that every message carries; the STAN is the test's name for the transaction. */
function references(stan: string): Record<string, string> {
  return {
    '2': '4111111111111111', // published test number
    '3': '000000',
    '4': '000000001000',
    '7': '0102120000',
    '11': stan,
    '12': '120000',
    '13': '0102',
    '32': '00000000001',
    '37': `600200${stan}`,
    '41': 'TERM0001',
    '42': 'ACCEPTOR0000001',
    '49': '978',
  };
}

const point = { '18': '5999', '22': '810', '25': '59', '43': 'Test shop'.padEnd(40) };

/** A 0100 or 0200 of 10.00 EUR, e-commerce. */
export function request(mti: '0100' | '0200', stan: string, changes: Changes = {}): MessageInput {
  return { mti, fields: changed({ ...references(stan), ...point, '14': '3012' }, changes) };
}

/** DE90 of an original sent with `request`. */
export function originalOf(mti: string, stan: string): string {
  return `${mti}${stan}0102120000${'1'.padStart(11, '0')}${'0'.repeat(11)}`;
}

/** A 0220 for a 0100. */
export function capture(stan: string, original: string, changes: Changes = {}): MessageInput {
  const fields = { ...references(stan), ...point, '38': '000000', '90': originalOf('0100', original) };
  return { mti: '0220', fields: changed(fields, changes) };
}

/** A 0420 for a message of `mti` and `original` STAN. */
export function reversal(mti: string, stan: string, original: string, changes: Changes = {}): MessageInput {
  const fields = {
    ...references(stan),
    '37': `600200${original}`,
    '39': '68',
    '90': originalOf(mti, original),
  };
  return { mti: '0420', fields: changed(fields, changes) };
}

/** The same message as a repeat: last digit of the MTI plus one. */
export function repeatOf(message: MessageInput): MessageInput {
  return { ...message, mti: `${message.mti.slice(0, 3)}1` };
}

/** An acquirer's end of a plain connection. */
export class TestAcquirer {
  readonly socket: Socket;
  /** Every answer, in order. */
  readonly received: Message[] = [];
  closed = false;
  private waiting: Array<() => void> = [];

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    const reader = new FrameReader(framing, (frame) => {
      const unpacked = testDialect.unpack(Buffer.from(frame.message), { mode: 'lenient' });
      if (unpacked.ok) this.received.push(unpacked.message);
    });
    socket.on('data', (chunk: Buffer) => {
      reader.feed(chunk);
      this.wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.closed = true;
      this.wake();
    });
  }

  /** Connects, over TLS when given its options, and, unless told otherwise, signs on. */
  static async connect(address: string, signOn = true, tls?: ConnectionOptions): Promise<TestAcquirer> {
    const at = address.lastIndexOf(':');
    const host = address.slice(0, at);
    const port = Number(address.slice(at + 1));
    const socket = tls === undefined ? connect(port, host) : connectTls({ ...tls, host, port });
    await new Promise<void>((resolve, reject) => {
      socket.once(tls === undefined ? 'connect' : 'secureConnect', resolve);
      socket.once('error', reject);
    });
    const acquirer = new TestAcquirer(socket);
    if (signOn) {
      await acquirer.ask({ mti: '0800', fields: { '7': '0102120000', '11': '999999', '70': '001' } });
      acquirer.received.length = 0;
    }
    return acquirer;
  }

  /** Writes messages in one piece. */
  send(...messages: MessageInput[]): void {
    const frames = messages.map((message) => {
      const packed = testDialect.pack(message);
      if (!packed.ok)
        throw new Error(`${packed.error.code} at ${packed.error.path}: expected ${packed.error.expected}`);
      const bytes = Buffer.alloc(frameBytes(framing, packed.bytes.length));
      writeFrame(framing, bytes, 0, packed.bytes);
      return bytes;
    });
    this.socket.write(Buffer.concat(frames));
  }

  /** Sends one message; its next answer. */
  async ask(message: MessageInput): Promise<Message> {
    const before = this.received.length;
    this.send(message);
    await this.until(() => this.received.length > before);
    return this.received[before] as Message;
  }

  /** Waits until something holds; the test's own time-out ends a wait in vain. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.closed) throw new Error('the host closed the connection');
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Waits for the end of the connection. */
  async ended(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  private wake(): void {
    const waiting = this.waiting;
    this.waiting = [];
    for (const one of waiting) one();
  }
}

/** Checks without an HSM: the CVV2 123, a PIN block or cryptogram of zeros, and an authentication value that ends with 7 are right. */
export class FixedChecks implements CardChecks {
  readonly asked: string[] = [];
  available = true;

  async check(card: Card, proofs: Proofs): Promise<Checked> {
    const { pinBlock, cvv2, cryptogram, authentication } = proofs;
    const judge = (what: string, given: boolean, right: boolean): Check => {
      if (!given) return 'absent';
      this.asked.push(`${what} ${card.name}`);
      return right ? 'match' : 'mismatch';
    };
    const checked = {
      pin: judge('pin', pinBlock !== undefined, pinBlock?.every((byte) => byte === 0) === true),
      cvv2: judge('cvv2', cvv2 !== '', cvv2 === '123'),
      chip: judge('chip', cryptogram !== undefined, cryptogram?.arqc.every((byte) => byte === 0) === true),
      authentication: judge('3ds', authentication.value !== undefined, authentication.value?.at(-1) === 7),
    };
    await new Promise((resolve) => setImmediate(resolve));
    if (!this.available) return cannotCheck(proofs);
    return { ...checked, issuerTlv: checked.chip === 'match' ? Buffer.from('9102AABB', 'hex') : undefined };
  }

  cvv2Of(): Promise<string | undefined> {
    return Promise.resolve('123');
  }

  authenticationValueOf(): Promise<Buffer | undefined> {
    return Promise.resolve(Buffer.alloc(20, 7));
  }
}
