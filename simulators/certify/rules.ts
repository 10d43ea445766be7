// What a field must hold: a small language of one line a field. Pure.
import type { Message } from '../../acquirer-gateway/iso8583/index.ts';

/** A message as a judge sees it. */
export type Judged = Pick<Message, 'mti' | 'get' | 'has'>;

/** What a rule may look at. */
export interface RuleContext {
  /** The messages of the case up to and with this one. */
  readonly messages: readonly Judged[];
  /** Milliseconds since 1970 UTC. */
  readonly nowMs: number;
}

/** The words that begin a rule, with what follows them; anything else is a value. */
export const ruleHelp = {
  present: 'the field is there',
  absent: 'the field is not there',
  '/pattern/': 'a regular expression',
  'mask 411111******1111': 'as written, * for any one character',
  'computed {1.4} - 100': 'a sum and difference of numbers, as a number',
  'within 1..999999': 'a number from, to, both inclusive',
  'now 300': 'a time (MMDDhhmmss, YYMMDDhhmmss, hhmmss, MMDD), UTC, at most so many seconds from now',
  '{1.11}': 'in any of them: DE11 of the first message of the case',
} as const;

/** How far a time may be off when a rule says only `now`, seconds. */
const nowSeconds = 300;

const reference = /\{(\d+)\.(\d+(?:\.\w+)*)\}/g;

/** What is wrong with a rule as written, or undefined. */
export function ruleFault(rule: string): string | undefined {
  if (rule.startsWith('/') && patternOf(rule) === undefined) return 'is not a pattern';
  const word = /^(mask|computed|within|now)\b/.exec(rule)?.[1];
  const sample = rule.replace(reference, '1');
  if (word === 'computed' && !/^computed\s+\d+(\s*[+-]\s*\d+)*$/.test(sample)) return 'is not a sum of numbers';
  if (word === 'within' && !/^within\s+\d+\.\.\d+$/.test(sample)) return 'must be "within FROM..TO"';
  if (word === 'now' && !/^now(\s+\d+)?$/.test(rule)) return 'must be "now" or "now SECONDS"';
  return undefined;
}

/** True if a value is what the rule wants. `received` is undefined when the field is not there. */
export function holds(rule: string, received: string | undefined, context: RuleContext): boolean {
  if (rule === 'absent') return received === undefined;
  if (received === undefined) return false;
  if (rule === 'present') return true;
  const wanted = filled(rule, context.messages);
  if (wanted.startsWith('/')) return patternOf(wanted)?.test(received) ?? false;
  const [, word, rest = ''] = /^(mask|computed|within|now)\b\s*(.*)$/.exec(wanted) ?? [];
  if (word === 'mask') return masked(rest, received.trimEnd());
  if (word === 'computed') return numberOf(received) === sum(rest);
  if (word === 'within') return inRange(rest, received);
  if (word === 'now') return nearNow(received, context.nowMs, rest === '' ? nowSeconds : Number(rest));
  // Fixed-length text carries its padding; a person who writes a pack does not.
  return received.trimEnd() === wanted.trimEnd();
}

/** `{1.11}` becomes DE11 of the first message of the case; a field that is not there becomes nothing, which no field is. */
export function filled(rule: string, messages: readonly Judged[]): string {
  return rule.replace(reference, (_, n: string, path: string) => messages[Number(n) - 1]?.get(path)?.trimEnd() ?? '');
}

/** The pattern of `/.../`, or undefined. */
function patternOf(text: string): RegExp | undefined {
  if (text.length < 2 || !text.endsWith('/')) return undefined;
  try {
    return new RegExp(text.slice(1, -1));
  } catch {
    return undefined;
  }
}

function masked(mask: string, received: string): boolean {
  if (mask.length !== received.length) return false;
  for (let i = 0; i < mask.length; i += 1) if (mask[i] !== '*' && mask[i] !== received[i]) return false;
  return true;
}

function numberOf(text: string): bigint | undefined {
  return /^\d+$/.test(text) ? BigInt(text) : undefined;
}

function sum(expression: string): bigint | undefined {
  let total = 0n;
  for (const [, sign, digits = ''] of expression.matchAll(/([+-]?)\s*(\d+)/g))
    total += sign === '-' ? -BigInt(digits) : BigInt(digits);
  return expression.trim() === '' ? undefined : total;
}

function inRange(range: string, received: string): boolean {
  const [from = '', to = ''] = range.split('..');
  const value = numberOf(received);
  const [low, high] = [numberOf(from), numberOf(to)];
  return value !== undefined && low !== undefined && high !== undefined && value >= low && value <= high;
}

const day = 86_400_000;

/** Times without a year or a date are taken in the one that makes them nearest. */
function nearNow(received: string, nowMs: number, seconds: number): boolean {
  const now = new Date(nowMs).toISOString().replace(/[-:T]/g, ''); // YYYYMMDDhhmmss
  const full = (text: string): number => {
    const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
    return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s));
  };
  const candidates: number[] = [];
  if (!/^\d+$/.test(received)) return false;
  if (received.length === 12) candidates.push(full(now.slice(0, 2) + received));
  if (received.length === 10)
    for (const year of [-1, 0, 1]) candidates.push(full(String(Number(now.slice(0, 4)) + year) + received));
  if (received.length === 6) {
    const today = full(now.slice(0, 8) + received);
    candidates.push(today - day, today, today + day);
  }
  if (received.length === 4) return [-1, 0, 1].some((n) => mmdd(nowMs + n * seconds * 1000) === received);
  return candidates.some((at) => Math.abs(at - nowMs) <= seconds * 1000);
}

function mmdd(ms: number): string {
  return new Date(ms).toISOString().slice(5, 10).replace('-', '');
}
