// The audit file of key commands: one JSON line each, hash-chained (SHA-256) and sealed by an HMAC key in the token. Who alters, removes or
// inserts a line breaks the chain; who rewrites the whole chain cannot make the seals. Cutting lines off the end shows against a head noted
// elsewhere (`keys audit verify` prints it).
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import type { HsmRole } from '../port.ts';
import { HsmSetupError } from './pkcs11.ts';

export interface AuditFacts {
  /** Who asked; `device` = it acted by its clock. */
  readonly role: HsmRole | 'device';
  readonly command: string;
  /** Key name or name@version; ceremony id. */
  readonly subject: string;
  /** `ok` or the error code. */
  readonly outcome: string;
  readonly kcv?: string;
  readonly operator?: string;
}

export interface AuditLine extends AuditFacts {
  readonly seq: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Hash of the line before; zeros for the first. */
  readonly previous: string;
  readonly hash: string;
  readonly seal: string;
}

export const AUDIT_START = '0'.repeat(64);

/** Fields in a fixed order: the hash does not depend on a JSON writer. */
function hashOf(line: Omit<AuditLine, 'hash' | 'seal'>): string {
  const fields = [
    line.previous,
    line.seq,
    line.at,
    line.role,
    line.command,
    line.subject,
    line.outcome,
    line.kcv ?? '',
    line.operator ?? '',
  ];
  return createHash('sha256')
    .update(fields.map((field) => JSON.stringify(field)).join('\n'))
    .digest('hex');
}

export type AuditVerdict =
  | { readonly ok: true; readonly lines: number; readonly head: string }
  /** Number of the first line that does not follow from the one before. */
  | { readonly ok: false; readonly line: number };

/** Check a whole audit file's text. With `seal` (the device only) the seals too. */
export function verifyAudit(text: string, seal?: (hash: Buffer) => Buffer): AuditVerdict {
  let head = AUDIT_START;
  const lines = text === '' ? [] : text.replace(/\n$/, '').split('\n');
  for (const [index, json] of lines.entries()) {
    const line = parseLine(json);
    const follows =
      line !== undefined && line.seq === index + 1 && line.previous === head && hashOf(line) === line.hash;
    if (!follows || (seal !== undefined && seal(Buffer.from(line.hash, 'hex')).toString('hex') !== line.seal))
      return { ok: false, line: index + 1 };
    head = line.hash;
  }
  return { ok: true, lines: lines.length, head };
}

function parseLine(json: string): AuditLine | undefined {
  try {
    return JSON.parse(json) as AuditLine;
  } catch {
    return undefined;
  }
}

export class AuditFile {
  private readonly fd: number;
  private readonly seal: (hash: Buffer) => Buffer;
  private readonly nowMs: () => number;
  private seq: number;
  private last: string;

  /** Verifies what is there before adding to it. Throws HsmSetupError when it was altered. */
  constructor(path: string, seal: (hash: Buffer) => Buffer, nowMs: () => number) {
    const text = existsSync(path) ? dropTornLine(path) : '';
    const verdict = verifyAudit(text, seal);
    if (!verdict.ok)
      throw new HsmSetupError(
        `The audit file ${path} was altered at line ${verdict.line}: keep it as evidence and set another auditPath.`,
      );
    this.seq = verdict.lines;
    this.last = verdict.head;
    this.fd = openSync(path, 'a', 0o600);
    this.seal = seal;
    this.nowMs = nowMs;
  }

  get head(): { readonly lines: number; readonly head: string } {
    return { lines: this.seq, head: this.last };
  }

  /** Durable when it returns. */
  append(facts: AuditFacts): void {
    const body = { seq: this.seq + 1, at: new Date(this.nowMs()).toISOString(), ...facts, previous: this.last };
    const hash = hashOf(body);
    const line: AuditLine = { ...body, hash, seal: this.seal(Buffer.from(hash, 'hex')).toString('hex') };
    writeSync(this.fd, `${JSON.stringify(line)}\n`);
    fsyncSync(this.fd);
    this.seq += 1;
    this.last = hash;
  }

  close(): void {
    closeSync(this.fd);
  }
}

/** A line without its end was being written when the machine stopped: its command never answered. */
function dropTornLine(path: string): string {
  const text = readFileSync(path, 'utf8');
  if (text === '' || text.endsWith('\n')) return text;
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  truncateSync(path, Buffer.byteLength(whole));
  return whole;
}
