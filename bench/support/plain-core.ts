// A core that costs next to nothing: ready submissions with new numbers in them, over HTTP/2 without a gRPC library, and outcomes read in place. What it
// does not spend is not mistaken for the gateway's. Its bytes are those of the generated client.
import { readFileSync } from 'node:fs';
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { submissionOf } from '../../acquirer-gateway/testing.ts';
import { GatewayService, Submission, SubmitBatch } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { Pki } from '../../simulators/pki.ts';

/** gRPC over HTTP/2: a byte for compression, four for the length. */
const prefixBytes = 5;
/** So that the client's reading is never what is waited for. */
const windowBytes = 4 * 2 ** 20;

const marks = { attempt: 'at_000000000000', time: '1122777777', stan: '888888', rrn: '632612666666' } as const;

/** A submission with marks where its numbers go, and where they are. */
function template(): { bytes: Buffer; attempt: number; time: number; stan: number; rrn: number } {
  const base = submissionOf(0, { attemptId: marks.attempt });
  const wire = base.wire as NonNullable<typeof base.wire>;
  base.wire = { ...wire, transmissionTime: marks.time, stan: marks.stan, rrn: marks.rrn };
  const bytes = SubmitBatch.encode({ submissions: [Submission.create(base)] });
  const at = (mark: string, behind: number): number => bytes.indexOf(mark) + behind;
  return {
    bytes,
    attempt: at(marks.attempt, 3),
    time: at(marks.time, 4),
    stan: at(marks.stan, 0),
    rrn: at(marks.rrn, 6),
  };
}

function writeDigits(bytes: Buffer, at: number, width: number, value: number): void {
  let rest = value;
  for (let i = at + width - 1; i >= at; i -= 1) {
    bytes[i] = 0x30 + (rest % 10);
    rest = Math.trunc(rest / 10);
  }
}

/** hhmmss that changes with every round of DE11, so that no key comes twice in a day of 86,400 rounds. */
function timeOf(round: number): number {
  return (Math.trunc(round / 3600) % 24) * 10_000 + (Math.trunc(round / 60) % 60) * 100 + (round % 60);
}

/** Told of what comes back. */
export interface CoreSink {
  /** The outcome of submission `number`: class and reason as they are numbered on the wire, and when its chunk was read. */
  outcome(number: number, outcome: number, reason: number, nowMs: number): void;
  /** All outcomes of a chunk were told. */
  read(): void;
  late(): void;
  /** The stream is gone. */
  closed(): void;
}

/** One Submit stream. */
export class PlainCore {
  private readonly session: ClientHttp2Session;
  private readonly stream: ClientHttp2Stream;
  private readonly sink: CoreSink;
  private readonly ready = template();
  private rest: Buffer = Buffer.alloc(0);
  private nowMs = 0;

  constructor(pki: Pki, address: string, sink: CoreSink) {
    this.sink = sink;
    const { ca, certificates } = pki.services;
    const { key, cert } = certificates.core;
    this.session = connect(`https://${address}`, {
      ca: readFileSync(ca),
      key: readFileSync(key),
      cert: readFileSync(cert),
      servername: 'localhost',
      settings: { enablePush: false, initialWindowSize: windowBytes },
    });
    this.session.on('connect', () => this.session.setLocalWindowSize(windowBytes));
    this.session.on('error', () => sink.closed());
    this.stream = this.session.request({
      ':method': 'POST',
      ':path': GatewayService.submit.path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    this.stream.on('data', (chunk: Buffer) => this.read(chunk));
    this.stream.on('error', () => sink.closed());
    this.stream.on('close', () => sink.closed());
  }

  /** Sends submissions `first` to `first + count - 1` as one batch. */
  submit(first: number, count: number): void {
    const { bytes, attempt, time, stan, rrn } = this.ready;
    const out = Buffer.allocUnsafe(prefixBytes + count * bytes.length);
    out[0] = 0;
    out.writeUInt32BE(count * bytes.length, 1);
    for (let i = 0, at = prefixBytes; i < count; i += 1, at += bytes.length) {
      const number = first + i;
      bytes.copy(out, at);
      writeDigits(out, at + attempt, 12, number);
      writeDigits(out, at + time, 6, timeOf(Math.trunc(number / 1_000_000)));
      writeDigits(out, at + stan, 6, number % 1_000_000);
      writeDigits(out, at + rrn, 6, number % 1_000_000);
    }
    this.stream.write(out);
  }

  close(): void {
    this.stream.destroy();
    this.session.destroy();
  }

  private read(chunk: Buffer): void {
    this.nowMs = performance.now();
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (bytes.length - at >= prefixBytes) {
      const end = at + prefixBytes + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      this.batch(bytes, at + prefixBytes, end);
      at = end;
    }
    this.rest = bytes.subarray(at);
    this.sink.read();
  }

  /** OutcomeBatch: outcomes = 1, late_answers = 2, both with a length. */
  private batch(bytes: Buffer, from: number, end: number): void {
    const cursor = new Cursor(bytes, from);
    while (cursor.at < end) {
      const tag = cursor.varint();
      const next = cursor.varint() + cursor.at;
      if (tag === 0x0a) this.outcome(cursor, next);
      else this.sink.late();
      cursor.at = next;
    }
  }

  /** Outcome: attempt_id = 1, submission_number = 2, outcome = 3, reason = 4, each once and in this order as the generated encoder writes them. */
  private outcome(cursor: Cursor, end: number): void {
    let number = 0;
    let outcome = 0;
    let reason = 0;
    while (cursor.at < end) {
      const tag = cursor.varint();
      if (tag === 0x0a) {
        const behind = cursor.varint() + cursor.at;
        number = cursor.digits(3, behind);
      } else if (tag === 0x18) outcome = cursor.varint();
      else if (tag === 0x20) reason = cursor.varint();
      else if (tag === 0x10) cursor.varint();
      else break;
    }
    this.sink.outcome(number, outcome, reason, this.nowMs);
  }
}

class Cursor {
  at: number;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.bytes[this.at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  }

  /** The number behind so many characters; goes to `end`. */
  digits(skip: number, end: number): number {
    let value = 0;
    for (let i = this.at + skip; i < end; i += 1) value = value * 10 + (this.bytes[i] as number) - 0x30;
    this.at = end;
    return value;
  }
}
