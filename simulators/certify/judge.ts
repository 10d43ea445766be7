// Judges a received message by an expectation. Pure. What is shown is masked: verdicts go into reports.
import type { Message } from '../../acquirer-gateway/iso8583/index.ts';
import { maskPan } from '../../common/redact.ts';
import { type Expectation, patternOf } from './pack.ts';

/** One thing that is not as expected. */
export interface Finding {
  /** `mti`, or the path of a field. */
  readonly path: string;
  readonly expected: string;
  readonly received: string;
}

/** A message as a judge sees it. */
export type Judged = Pick<Message, 'mti' | 'get' | 'has'>;

/** What is not as expected; empty when all is. `earlier` are the messages of the case before this one. */
export function judge(expectation: Expectation, message: Judged, earlier: readonly Judged[]): Finding[] {
  const findings: Finding[] = [];
  if (message.mti !== expectation.mti) findings.push({ path: 'mti', expected: expectation.mti, received: message.mti });
  const all = [...earlier, message];
  for (const [path, rule] of Object.entries(expectation.fields)) {
    const received = message.get(path);
    if (!holds(rule, received, all)) {
      findings.push({
        path,
        expected: shown(path, filled(rule, all)),
        received: received === undefined ? 'absent' : shown(path, received),
      });
    }
  }
  return findings;
}

function holds(rule: string, received: string | undefined, all: readonly Judged[]): boolean {
  if (rule === 'absent') return received === undefined;
  if (received === undefined) return false;
  if (rule === 'present') return true;
  const wanted = filled(rule, all);
  const pattern = wanted.startsWith('/') ? patternOf(wanted) : undefined;
  // Fixed-length text carries its padding; a person who writes a pack does not.
  return pattern === undefined ? received.trimEnd() === wanted.trimEnd() : pattern.test(received);
}

/** `{1.11}` becomes DE11 of the first message of the case; a field that is not there becomes nothing, which no field is. */
function filled(rule: string, all: readonly Judged[]): string {
  return rule.replace(
    /\{(\d+)\.(\w+(?:\.\w+)?)\}/g,
    (_, n: string, path: string) => all[Number(n) - 1]?.get(path) ?? '',
  );
}

/** Values of these fields are never shown. */
const secret = new Set(['35', '45', '52', '48.92', '48.43', '55.9F26']);

function shown(path: string, value: string): string {
  if (value === 'present' || value === 'absent') return value;
  if (secret.has(path)) return '(not shown)';
  return path === '2' ? maskPan(value.trimEnd()) : value;
}
