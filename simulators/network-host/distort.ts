// Answers that are wrong on purpose in what they say: faults of contents, not of delivery.
import type { FieldValue, MessageInput } from '../../acquirer-gateway/iso8583/index.ts';
import type { Fault } from '../faults.ts';

/** The answer as a fault of its contents wants it. */
export function distorted(answer: MessageInput, fault: Fault | undefined): MessageInput {
  if (fault?.kind === 'wrong-stan') return withWrongStan(answer);
  return fault?.kind === 'clock-skew' ? withSkewedClock(answer) : answer;
}

/** The same answer an hour ahead: DE7 (MMDDhhmmss), and DE12 where it has a date (1993). */
function withSkewedClock({ mti, fields }: MessageInput): MessageInput {
  const ahead = (value: FieldValue | undefined): FieldValue | undefined => {
    if (typeof value !== 'string' || value.length < 10) return value;
    const hour = String((Number(value.slice(-6, -4)) + 1) % 24).padStart(2, '0');
    return value.slice(0, -6) + hour + value.slice(-4);
  };
  const skewed = { ...fields };
  for (const path of ['7', '12']) {
    const value = ahead(fields[path]);
    if (value !== undefined) skewed[path] = value;
  }
  return { mti, fields: skewed };
}

/** The same answer with another STAN. */
function withWrongStan({ mti, fields }: MessageInput): MessageInput {
  const wrong = String((Number(fields['11']) % 999_999) + 1).padStart(6, '0');
  return { mti, fields: { ...fields, '11': wrong } };
}

/** Faults after which the acquirer has no answer to read. */
export const unanswered: ReadonlySet<string> = new Set([
  'lose-answer',
  'drop',
  'reset',
  'half-open',
  'crash',
  'corrupt',
]);

/** A pause that others overtake, far below any time-out. */
export const shortMs = 20;
