// What issue and docs promise of the shipped packs: every kind of case, in every dialect, judged by what makes it that kind.
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { projectPath } from '../../common/root.ts';
import { folderOf, packPath } from './expand.ts';
import type { CallStep, Case, ExpectStep, Pack, Step } from './pack.ts';
import { readPack } from './read-pack.ts';

const packNames = readdirSync(projectPath('simulators', 'certify', 'packs'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.slice(0, -5));

function shippedPack(name: string): Pack {
  const path = packPath(name);
  return readPack(readFileSync(path, 'utf8'), folderOf(path));
}

const calls = (one: Case): CallStep[] => one.steps.filter((step) => step.step === 'call');
const expects = (one: Case): ExpectStep[] => one.steps.filter((step) => step.step === 'expect');
const called =
  (name: string, given: Readonly<Record<string, string>> = {}) =>
  (one: Case): boolean =>
    calls(one).some(
      (step) => step.call === name && Object.entries(given).every(([key, value]) => step.arguments[key] === value),
    );
const faulty = (one: Case, fault: string): boolean => expects(one).some((step) => step.answer?.fault === fault);
const shows = (one: Case, wanted: Readonly<Record<string, string>>): boolean =>
  one.steps.some(
    (step) =>
      step.step === 'status' &&
      Object.entries(wanted).every(([key, value]) => step.wanted[key as keyof typeof step.wanted] === value),
  );
const does = (one: Case, step: 'link' | 'network', action: string): boolean =>
  one.steps.some((each: Step) => each.step === step && each.action === action);
const mtis = (one: Case): string =>
  expects(one)
    .map((step) => step.mti)
    .join(' ');
const reversal = /^.4/;

/** Each kind by what a case of it must do: the list of docs/certification.md. */
const kinds: Readonly<Record<string, (one: Case) => boolean>> = {
  purchase: (one) => called('pay')(one) && shows(one, { attempt: 'APPROVED', intent: 'SUCCEEDED' }),
  'pre-authorisation and completion': (one) => called('pay', { capture: 'manual' })(one) && called('capture')(one),
  'partial completion': (one) =>
    calls(one).some((step) => step.call === 'capture' && step.arguments['amount'] !== undefined),
  incremental: (one) => called('increment')(one) && expects(one).length > 1,
  refund: called('refund'),
  void: (one) => called('cancel')(one) && expects(one).some((step) => reversal.test(step.mti)),
  PIN: called('pay', { entry: 'chip', pin: 'wrong' }),
  'PIN retry': (one) => called('pay', { pin: 'wrong' })(one) && calls(one).length > 1,
  'PIN tries used up': (one) => calls(one).filter((step) => step.arguments['pin'] === 'wrong').length >= 3,
  'chip, approved online': (one) => called('pay', { entry: 'chip' })(one) && shows(one, { attempt: 'APPROVED' }),
  'chip, declined online': (one) => called('pay', { entry: 'chip' })(one) && shows(one, { attempt: 'DECLINED' }),
  contactless: called('pay', { entry: 'contactless' }),
  'magnetic stripe': called('pay', { entry: 'magnetic' }),
  '3-D Secure, authenticated': called('pay', { eci: '05' }),
  '3-D Secure, attempted': called('pay', { eci: '06' }),
  'recurring with the original reference': called('pay', { initiated: 'recurring', reference: 'first' }),
  'address, match': (one) => shows(one, { address: 'Z' }),
  'address, mismatch': (one) => shows(one, { address: 'N' }),
  'CVV2, right': called('pay', { cvv2: 'right' }),
  'CVV2, wrong': called('pay', { cvv2: 'wrong' }),
  'partial approval, kept': (one) => called('pay', { partial: 'accept' })(one) && faulty(one, 'half'),
  'partial approval, given back': (one) => faulty(one, 'half') && expects(one).some((step) => reversal.test(step.mti)),
  'cash back': (one) => calls(one).some((step) => step.arguments['cashBack'] !== undefined),
  'time-out reversal': (one) =>
    faulty(one, 'lose-answer') && expects(one).some((step) => reversal.test(step.mti) && step.afterMs !== undefined),
  'repeat reversal': (one) => expects(one).some((step) => /^.4.1/.test(step.mti)),
  'repeat advice': (one) => expects(one).some((step) => /^.2.1/.test(step.mti)),
  'late answer': (one) => faulty(one, 'late-answer'),
  'duplicate answer': (one) => faulty(one, 'answer-twice'),
  'decline codes': (one) => expects(one).some((step) => step.answer?.de39 !== undefined),
  'sign-off and sign-on': (one) => does(one, 'link', 'disconnect') && does(one, 'link', 'connect'),
  'echo, ours': (one) => does(one, 'link', 'echo'),
  "echo, the network's": (one) => does(one, 'network', 'echo'),
  'key exchange, delivered': (one) => does(one, 'network', 'key-exchange'),
  'key exchange, asked for': (one) => does(one, 'link', 'key-exchange'),
  'cut-over': (one) => does(one, 'network', 'cut-over'),
  totals: (one) => called('totals')(one) && /^.5/.test(mtis(one).split(' ').at(-1) ?? ''),
  'link loss mid-flow': (one) => faulty(one, 'reset') && expects(one).some((step) => reversal.test(step.mti)),
  'MAC, right': (one) => one.needs?.includes('mac') === true && shows(one, { attempt: 'APPROVED' }),
  'MAC, wrong from the host': (one) => faulty(one, 'wrong-mac') && shows(one, { attempt: 'REVERSED' }),
  'MAC, missing from the host': (one) => faulty(one, 'no-mac') && shows(one, { attempt: 'REVERSED' }),
  'stand-in, advised later': (one) => does(one, 'network', 'issuer-away') && does(one, 'network', 'issuer-back'),
};

/** Kinds that are a list: so many at least. */
const atLeast: Readonly<Record<string, number>> = { 'decline codes': 12, totals: 4, refund: 5 };

t.test('every kind of case in every shipped pack', (t) => {
  t.same(packNames, ['amex-like', 'iso87', 'iso93', 'mastercard-like', 'visa-like']);
  for (const name of packNames) {
    const pack = shippedPack(name);
    for (const [kind, is] of Object.entries(kinds)) {
      const found = pack.cases.filter(is).length;
      t.ok(found >= (atLeast[kind] ?? 1), `${name}: ${kind} (${found})`);
    }
  }
  t.end();
});

t.test('a case that needs what a network has or has not says so', (t) => {
  for (const name of packNames)
    for (const one of shippedPack(name).cases)
      if (
        expects(one).some((step) => step.answer?.fault?.endsWith('-mac') === true) ||
        does(one, 'network', 'mac-key-exchange')
      )
        t.ok(one.needs?.includes('mac'), `${name}: ${one.name}`);
  t.end();
});
