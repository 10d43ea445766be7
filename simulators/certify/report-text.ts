// Results of a pack for a terminal: one line per case, and for a failed one everything that differs, with the message side by side.
import type { Pack } from './pack.ts';
import { type CaseResult, fieldName } from './run.ts';
import type { ScriptedMessage } from './script.ts';

/** Widest column of values. */
const valueCharsMax = 44;

/** Lines for one case. */
export function textReport(result: CaseResult, names: Pack['names'] = {}): string {
  const { failures, messages, leftOut } = result;
  if (leftOut !== undefined) return `left  ${result.name.padEnd(32)} ${leftOut}\n`;
  const head = `${failures.length === 0 ? 'pass' : 'FAIL'}  ${result.name.padEnd(32)} ${result.about}\n`;
  if (failures.length === 0) return head;
  const wire = messages.map((message) => message.mti).join(' ');
  const failed = new Set(failures.map((failure) => failure.message));
  return [
    head,
    ...failures.map((failure) => `        ${failure.text}\n`),
    `        on the wire: ${wire === '' ? 'nothing' : wire}\n`,
    ...messages
      .filter((message) => message.expectation !== undefined && failed.has(message.expectation))
      .map((message) => sideBySide(message, names)),
  ].join('');
}

/** What was expected beside what came, field by field; `!` marks what differs. */
export function sideBySide(message: ScriptedMessage, names: Pack['names']): string {
  const rows = message.checks.map(
    (check) => [fieldName(check.path, names), check.expected, check.received, check.ok] as const,
  );
  const judged = new Set(message.checks.map((check) => check.path));
  const others = message.fields
    .filter((field) => !judged.has(field.path))
    .map((field) => [fieldName(field.path, names), '', field.value, true] as const);
  const all = [...rows, ...others];
  const width = Math.max(10, ...all.map(([name]) => name.length));
  const column = Math.min(valueCharsMax, Math.max(8, ...all.map(([, expected]) => expected.length)));
  const line = (mark: string, name: string, expected: string, received: string): string =>
    `      ${mark} ${name.padEnd(width)}  ${cut(expected).padEnd(column)}  ${cut(received)}`.trimEnd();
  return [
    '',
    line(' ', `message ${(message.expectation ?? 0) + 1}`, 'expected', 'received (masked)'),
    ...all.map(([name, expected, received, ok]) => line(ok ? ' ' : '!', name, expected, received)),
    '',
    '',
  ].join('\n');
}

function cut(text: string): string {
  return text.length <= valueCharsMax ? text : `${text.slice(0, valueCharsMax - 1)}…`;
}
