// Judges a received message by an expectation. Pure. What is shown is masked: verdicts go into reports.
import { maskPan, redact } from '../../common/redact.ts';
import type { Expectation } from './pack.ts';
import { filled, holds, type Judged } from './rules.ts';

/** One thing that was looked at. */
export interface Check {
  /** `mti`, `time` (it came too soon), `mac` (of the message), or the path of a field. */
  readonly path: string;
  readonly expected: string;
  readonly received: string;
  readonly ok: boolean;
}

/** Everything that was looked at, in the order of the expectation. `earlier` are the messages of the case before this one. */
export function judge(
  expectation: Expectation,
  message: Judged,
  earlier: readonly Judged[],
  timing: { readonly nowMs: number; readonly sinceLastMs: number; readonly seal?: string | undefined },
): Check[] {
  const { mti, afterMs } = expectation;
  const checks: Check[] = [{ path: 'mti', expected: mti, received: message.mti, ok: message.mti === mti }];
  if (afterMs !== undefined) {
    const waited = Math.round(timing.sinceLastMs);
    const ok = timing.sinceLastMs >= afterMs;
    checks.push({ path: 'time', expected: `not before ${afterMs} ms`, received: `after ${waited} ms`, ok });
  }
  const { seal } = timing;
  if (seal !== undefined) checks.push({ path: 'mac', expected: 'right', received: seal, ok: seal === 'right' });
  const messages = [...earlier, message];
  for (const [path, rule] of Object.entries(expectation.fields)) {
    const received = message.get(path);
    checks.push({
      path,
      expected: shown(path, filled(rule, messages)),
      received: received === undefined ? 'absent' : shown(path, received),
      ok: holds(rule, received, { messages, nowMs: timing.nowMs }),
    });
  }
  return checks;
}

/** Values of these fields are never shown. */
const secret = /^(35|45|52|48\.92|48\.43|55\.9F26|55\.57|55\.5A)$/;

function shown(path: string, value: string): string {
  if (value === 'present' || value === 'absent') return value;
  if (secret.test(path)) return '(not shown)';
  if (path === '2' && /^\d+$/.test(value.trimEnd())) return maskPan(value.trimEnd());
  return redact(value);
}
