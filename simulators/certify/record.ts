// From a session that was watched to the skeleton of a pack: what came is what is expected, made general where every run has another value.
// Only masked values are seen here, so that nothing of a card can get into a pack.
import { stringify } from 'yaml';
import type { Pack } from './pack.ts';
import type { ScriptedMessage } from './script.ts';

/** Rules for fields that differ from run to run, by the dialect's name. */
const general: Readonly<Record<string, string>> = {
  stan: 'within 1..999999',
  rrn: '/^[0-9A-Za-z]{12}$/',
  'sent-at': 'now 60',
  'local-time': 'now 60',
  'local-date': 'now 60',
  approval: 'present',
};

/** Fields that tell two messages of one case apart from two of any: repeated on purpose, so an echo of them is worth a rule. */
const echoes = new Set([
  'pan',
  'amount',
  'code',
  'stan',
  'rrn',
  'sent-at',
  'terminal',
  'acceptor',
  'currency',
  'network-reference',
]);

/** A value of which the dialect shows no part: `[cvv, 3 bytes]`. */
const hidden = /^\[.*\]$/;

type Fields = Readonly<Record<string, string>>;

/** The YAML of a pack with one case. `dialect` is the name that the pack's author writes. */
export function skeleton(messages: readonly ScriptedMessage[], dialect: string, names: Pack['names']): string {
  const seen: Fields[] = [];
  const steps: object[] = [];
  for (const message of messages) {
    const fields = Object.fromEntries(message.fields.map(({ path, value }) => [names[path] ?? path, value]));
    const call = callOf(message.mti, fields);
    if (call !== undefined) steps.push(call);
    const rules = Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        name === 'original' ? originalOf(message.original, names) : ruleOf(name, value, seen),
      ]),
    );
    const answer = answerOf(message);
    steps.push({ expect: message.mti, fields: rules, ...(answer === undefined ? {} : { answer }) });
    seen.push(fields);
  }
  const one = { case: 'recorded', about: 'say what this shows', steps };
  const head =
    '# Recorded, masked. The calls are guessed: put in what your side really does, take away what does not matter, and name the case.\n';
  return head + stringify({ pack: 'recorded', dialect, cases: [one] }, { lineWidth: 140 });
}

function ruleOf(name: string, value: string, seen: readonly Fields[]): string {
  if (hidden.test(value)) return 'present';
  if (echoes.has(name)) {
    const from = seen.findIndex((fields) => fields[name] === value);
    if (from >= 0) return `{${from + 1}.${name}}`;
  }
  if (value.includes('*')) return `mask ${value.trimEnd()}`;
  return general[name] ?? value.trimEnd();
}

/** A reference to an original by the parts of the message that it repeats; one to a message that was not watched is only there. */
function originalOf(rule: string | undefined, names: Pack['names']): string {
  return (
    rule?.replace(/\{(\d+)\.(\d+)\}/g, (_, n: string, path: string) => `{${n}.${names[path] ?? path}}`) ?? 'present'
  );
}

/** What our side most likely did; nothing for what follows by itself. */
function callOf(mti: string, fields: Fields): object | undefined {
  const amount = Number(fields['amount'] ?? '0');
  if (mti[3] === '1') return undefined;
  const cvv2 = fields['cvv2'] === undefined ? {} : { cvv2: 'right' };
  switch (mti.slice(1, 3)) {
    case '10':
      return { pay: { amount, capture: 'manual', ...cvv2 } };
    case '20':
      return fields['code']?.startsWith('20') === true ? { refund: { amount } } : { pay: { amount, ...cvv2 } };
    case '22':
      return { capture: { amount } };
    default:
      return undefined;
  }
}

function answerOf(message: ScriptedMessage): object | undefined {
  const [answer] = message.answers;
  if (answer === undefined) return { fault: 'lose-answer' };
  return message.answers.length > 1 ? { fault: 'answer-twice' } : undefined;
}
