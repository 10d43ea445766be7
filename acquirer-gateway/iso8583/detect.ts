import type { Dialect } from './dialect.ts';
import { formatIso8583Error } from './errors.ts';
import type { Message } from './message.ts';

/** How well a dialect fits some bytes. */
export interface Fit {
  readonly dialect: string;
  readonly fit: 'strict' | 'lenient' | 'none';
  /** Why strict mode refuses; empty when it does not. */
  readonly reason: string;
  /** Bytes that strict mode understood before it refused. */
  readonly understood: number;
  readonly message?: Message;
}

/** A message with one or two slips is still of its dialect. */
const warningsOfFit = 2;

/** Tries each dialect: strict fits first, then lenient ones, then those that understood most. */
export function fitDialects(bytes: Buffer, dialects: readonly Dialect[]): Fit[] {
  const order = { strict: 0, lenient: 1, none: 2 };
  return dialects
    .map((dialect) => fitOf(bytes, dialect))
    .sort((a, b) => order[a.fit] - order[b.fit] || b.understood - a.understood);
}

function fitOf(bytes: Buffer, dialect: Dialect): Fit {
  const strict = dialect.unpack(bytes);
  if (strict.ok)
    return { dialect: dialect.name, fit: 'strict', reason: '', understood: bytes.length, message: strict.message };
  const reason = formatIso8583Error(strict.error);
  const lenient = dialect.unpack(bytes, { mode: 'lenient' });
  // Lenient mode reads almost anything: a dialect that fits leaves few warnings, and none about the message type.
  const doubtful =
    !lenient.ok ||
    lenient.message.warnings.length > warningsOfFit ||
    lenient.message.warnings.some((warning) => warning.path === 'mti');
  if (doubtful || !lenient.ok) return { dialect: dialect.name, fit: 'none', reason, understood: strict.error.offset };
  return { dialect: dialect.name, fit: 'lenient', reason, understood: strict.error.offset, message: lenient.message };
}
