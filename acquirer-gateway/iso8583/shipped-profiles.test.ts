import { readdirSync } from 'node:fs';
import t from 'tap';
import { projectPath } from '../../common/root.ts';
import { type Dialect, loadDialect, loadProfile, type Message, type Profile, shippedDialects } from './index.ts';
import type { Condition } from './profile.ts';

// The shipped profiles, judged against the shipped dialects and by the messages of every operation.

const names = readdirSync(projectPath('acquirer-gateway', 'specs', 'profiles'))
  .filter((file) => !file.endsWith('.schema.json'))
  .map((file) => file.slice(0, -'.json'.length));

type Values = Readonly<Record<string, string>>;

/** A message as profiles see one. */
function seen(mti: string, values: Values): Pick<Message, 'mti' | 'get' | 'has' | 'paths'> {
  const all: Values = { mti, ...values };
  return { mti, get: (path) => all[path], has: (path) => path in all, paths: () => Object.keys(all) };
}

function pathsOf(condition: Condition): string[] {
  const inner = [...(condition.all ?? []), ...(condition.any ?? []), ...(condition.not ? [condition.not] : [])];
  return [...(condition.field === undefined ? [] : [condition.field]), ...inner.flatMap(pathsOf)];
}

function named(profile: Profile): Set<string> {
  const out = new Set<string>();
  for (const flow of Object.values(profile.spec.flows)) {
    for (const path of [flow.mandatory, flow.optional, flow.forbidden, flow.echoed].flatMap((list) => list ?? []))
      out.add(path);
    for (const rule of flow.conditional ?? []) for (const path of [rule.field, ...pathsOf(rule.when)]) out.add(path);
    if (flow.when !== undefined) for (const path of pathsOf(flow.when)) out.add(path);
  }
  return out;
}

t.test('every path of a profile exists in its dialects', async (t) => {
  const covered = new Set<string>();
  for (const name of names) {
    const profile = loadProfile(name);
    t.equal(profile.name, name);
    for (const dialect of profile.spec.dialects) {
      covered.add(dialect);
      const plan = loadDialect(dialect).plan;
      t.same(
        [...named(profile)].filter((path) => !plan.byPath.has(path)),
        [],
        `${name} in ${dialect}`,
      );
    }
  }
  t.same(
    shippedDialects().filter((dialect) => !covered.has(dialect)),
    ['mastercard-ipm-like'],
    'clearing records have no conversation',
  );
});

t.test('a message without a mandatory field, or with a forbidden one, is told so', async (t) => {
  for (const name of names) {
    const profile = loadProfile(name);
    for (const [flow, spec] of Object.entries(profile.spec.flows)) {
      const mti = spec.mti[0]!;
      const found = profile.validate(seen(mti, Object.fromEntries((spec.forbidden ?? []).map((path) => [path, '0']))), {
        flow,
      });
      const of = (kind: string): string[] => found.filter((v) => v.kind === kind).map((v) => v.path);
      t.same(of('missing'), spec.mandatory ?? [], `${name} ${flow}`);
      for (const path of spec.forbidden ?? []) t.ok(of('forbidden').includes(path), `${name} ${flow} ${path}`);
    }
  }
});

const of87: Values = {
  2: '4111111111111111',
  3: '000000',
  4: '000000012345',
  7: '1122084901',
  11: '123456',
  12: '084901',
  13: '1122',
  14: '2912',
  18: '5999',
  22: '010',
  25: '59',
  32: '123456',
  37: '432612345678',
  41: 'TERM0001',
  42: 'MERCHANT0000001',
  43: 'SHOP',
  49: '978',
};
const of93: Values = {
  2: '4111111111111111',
  3: '000000',
  4: '000000012345',
  7: '1122084901',
  11: '123456',
  12: '261122084901',
  14: '2912',
  22: '100600600000',
  24: '100',
  26: '5999',
  32: '123456',
  37: '432612345678',
  41: 'TERM0001',
  42: 'MERCHANT0000001',
  43: 'SHOP',
  49: '978',
};
const without = (values: Values, ...paths: string[]): Values =>
  Object.fromEntries(Object.entries(values).filter(([path]) => !paths.includes(path)));
const only = (values: Values, ...paths: string[]): Values =>
  Object.fromEntries(Object.entries(values).filter(([path]) => paths.includes(path)));
const sums = (paths: string[]): Values => Object.fromEntries(paths.map((path) => [path, '0']));
const totals = sums(['74', '75', '76', '77', '86', '87', '88', '89', '97']);

/** Flow, message type and values of messages that conform. */
type Case = readonly [flow: string, mti: string, values: Values];

function cases87(profile: string): Case[] {
  const answer = without(of87, '14', '18', '22', '25', '43');
  const later = without(of87, '14', '22', '25', '18', '43');
  const management: Values = only(of87, '7', '11');
  const completion = profile === 'iso87' ? 'financial-advice' : 'completion-advice';
  return [
    ['authorization', '0100', of87],
    ['authorization', '0100', { ...without(of87, '14'), 22: '051', 23: '001', 52: '00', 53: '00', 55: '9F26' }],
    ['pre-authorization', '0100', { ...of87, 25: '06' }],
    ['incremental-authorization', '0100', { ...without(of87, '14'), 38: 'A12345' }],
    ['balance-inquiry', '0100', { ...of87, 3: '310000' }],
    ['account-verification', '0100', { ...of87, 4: '000000000000' }],
    ['account-verification', '0100', { ...of87, 3: '330000' }],
    ['refund-authorization', '0100', { ...without(of87, '14'), 3: '200000' }],
    ['financial', '0200', of87],
    ['financial', '0200', { ...of87, 3: '090000', 54: '0040978D000000001000' }],
    ['refund', '0200', { ...without(of87, '14'), 3: '200000', 38: 'A12345' }],
    ['authorization-response', '0110', { ...answer, 38: 'A12345', 39: '00' }],
    ['authorization-response', '0110', { ...answer, 39: '05' }],
    ['partial-authorization-response', '0110', { ...answer, 38: 'A12345', 39: '10' }],
    ['account-verification-response', '0110', { ...answer, 39: '85' }],
    [
      'balance-inquiry-response',
      '0110',
      { ...without(answer, '4', '49'), 3: '310000', 39: '00', 54: '0002978C000000001000' },
    ],
    ['financial-response', '0210', { ...answer, 38: 'A12345', 39: '00' }],
    ['refund-response', '0210', { ...answer, 3: '200000', 39: '00' }],
    [completion, '0220', { ...of87, ...(profile === 'iso87' ? { 39: '00' } : {}), 38: 'A12345', 90: '0'.repeat(42) }],
    [`${completion}-response`, '0230', { ...answer, 39: '00' }],
    ['reversal', '0400', { ...of87, 90: '0'.repeat(42) }],
    ['reversal-response', '0410', { ...answer, 39: '00' }],
    ['reversal-advice', '0421', { ...(profile === 'iso87' ? of87 : later), 39: '68', 90: '0'.repeat(42) }],
    ['reversal-advice-response', '0430', { ...answer, 39: '25' }],
    ['status-inquiry', '0600', { ...only(of87, '7', '11', '32', '41', '42'), 90: '0'.repeat(42) }],
    ['administrative', '0600', management],
    ['administrative-response', '0610', { ...management, 39: '00' }],
    ['administrative-advice', '0620', management],
    [
      'reconciliation',
      '0500',
      { ...management, ...(profile === 'visa-like' ? without(totals, '97') : totals), 15: '1122', 50: '978' },
    ],
    ['reconciliation-response', '0530', { ...management, 39: '00', 66: '1' }],
    ['sign-on', '0800', { ...management, 70: '001' }],
    ['sign-off', '0800', { ...management, 70: '002' }],
    ['key-exchange', '0800', { ...management, 48: '00', 70: '161' }],
    ['cut-over', '0800', { ...management, 70: '201' }],
    ['echo', '0800', { ...management, 70: '301' }],
    ['network-management-response', '0810', { ...management, 39: '00', 70: '301' }],
  ];
}

function cases93(profile: string): Case[] {
  const v = profile === 'iso2003' ? '2' : '1';
  const long = v === '2' ? '0' : '';
  const code = (text: string): string => (v === '2' ? `${text.slice(0, 1)}0${text.slice(1)}` : text);
  const zeros = v === '2' ? '0'.repeat(16) : '0'.repeat(12);
  const answer = without(of93, '14', '22', '24', '26', '43');
  const later = without(of93, '14', '22', '26', '43');
  const management: Values = only(of93, '7', '11');
  return [
    ['authorization', `${v}100`, of93],
    ['authorization', `${v}100`, { ...without(of93, '14'), 22: '510151514110', 52: '00', 53: '00', 55: '9F26' }],
    ['pre-authorization', `${v}100`, { ...of93, 24: '101' }],
    ['replacement-authorization', `${v}100`, { ...of93, 24: '102' }],
    ['incremental-authorization', `${v}100`, { ...without(of93, '14'), 24: '106', 38: 'A12345' }],
    ['inquiry', `${v}100`, { ...of93, 24: '108' }],
    ['balance-inquiry', `${v}100`, { ...of93, 3: '310000' }],
    ['account-verification', `${v}100`, { ...of93, 4: zeros }],
    ['refund-authorization', `${v}100`, { ...without(of93, '14'), 3: '200000' }],
    ['financial', `${v}200`, { ...of93, 24: '200' }],
    ['refund', `${v}200`, { ...without(of93, '14'), 3: '200000', 24: '200' }],
    ['authorization-response', `${v}110`, { ...answer, 38: 'A12345', 39: `${long}000` }],
    ['authorization-response', `${v}110`, { ...answer, 39: code('116') }],
    ['partial-authorization-response', `${v}110`, { ...answer, 38: 'A12345', 39: `${long}002` }],
    ['account-verification-response', `${v}110`, { ...answer, 4: zeros, 39: `${long}000` }],
    [
      'balance-inquiry-response',
      `${v}110`,
      { ...without(answer, '4', '49'), 3: '310000', 39: `${long}000`, 54: '0002978C000000001000' },
    ],
    ['financial-response', `${v}210`, { ...answer, 38: 'A12345', 39: `${long}000` }],
    ['refund-response', `${v}210`, { ...answer, 3: '200000', 39: `${long}000` }],
    ['completion-advice', `${v}220`, { ...later, 24: '201', 38: 'A12345' }],
    ['completion-advice', `${v}221`, { ...later, 24: '202', 56: '1100123456' }],
    ['completion-advice-response', `${v}230`, { ...answer, 39: `${long}000` }],
    ['reversal', `${v}420`, { ...later, 24: '400', 25: '4021', 56: '1100123456' }],
    ['reversal', `${v}421`, { ...later, 24: '401', 25: '4000', 30: '000000012345000000000000', 56: '1100123456' }],
    ['reversal-response', `${v}430`, { ...answer, 39: code('400') }],
    ['status-inquiry', `${v}604`, { ...only(of93, '11', '12', '41', '42'), 24: '600', 56: '1100123456' }],
    ['administrative-response', `${v}614`, { ...management, 39: `${long}000` }],
    ['administrative-advice', `${v}644`, { ...management, 24: '650' }],
    ['reconciliation', `${v}520`, { ...management, ...totals, 24: '500', 28: '261122' }],
    ['reconciliation-response', `${v}530`, { ...management, 39: code('500') }],
    ['sign-on', `${v}804`, { ...management, 24: '801' }],
    ['sign-off', `${v}804`, { ...management, 24: '802' }],
    ['key-exchange', `${v}804`, { ...management, 24: '811' }],
    ['cut-over', `${v}804`, { ...management, 24: '821' }],
    ['echo', `${v}804`, { ...management, 24: '831' }],
    ['network-management-response', `${v}814`, { ...management, 24: '831', 39: code('800') }],
  ];
}

function casesOf(name: string, dialect: Dialect): Case[] {
  return dialect.spec.mti.allow?.[0] === '0' || name === 'postilion-like' ? cases87(name) : cases93(name);
}

t.test('the messages of every operation find their flow and conform', async (t) => {
  for (const name of names) {
    const profile = loadProfile(name);
    for (const [flow, mti, values] of casesOf(name, loadDialect(profile.spec.dialects[0]!))) {
      const message = seen(mti, values);
      t.equal(profile.flowOf(message), flow, `${name} ${mti} ${flow}`);
      t.same(profile.validate(message), [], `${name} ${mti} ${flow}`);
    }
  }
});

t.test('an answer that approves less may name another amount', async (t) => {
  const profile = loadProfile('iso87');
  const request = seen('0100', of87);
  const answer = { ...without(of87, '14', '18', '22', '25', '43'), 4: '000000010000', 38: 'A12345' };
  t.same(profile.validate(seen('0110', { ...answer, 39: '10' }), { request }), []);
  t.same(
    profile.validate(seen('0110', { ...answer, 39: '00' }), { request }).map((v) => `${v.kind} ${v.path}`),
    ['echo 4'],
  );
});
