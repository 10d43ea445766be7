import { readFileSync } from 'node:fs';
import t from 'tap';
import { projectPath } from '../../common/root.ts';
import { compileProfile, loadDialect, loadProfile, type Message, type MessageInput, SpecError } from './index.ts';
import { profileSchema } from './profile-schema.ts';

const dialect = loadDialect('iso87-binary');
const profile = loadProfile('iso87');

const request: MessageInput = {
  mti: '0100',
  fields: {
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
    43: 'SHOP'.padEnd(40),
    49: '978',
  },
};

function message(input: MessageInput): Message {
  const packed = dialect.pack(input);
  if (!packed.ok) throw new Error(packed.error.path);
  const unpacked = dialect.unpack(packed.bytes);
  if (!unpacked.ok) throw new Error(unpacked.error.path);
  return unpacked.message;
}

function without(input: MessageInput, ...paths: string[]): MessageInput {
  return {
    mti: input.mti,
    fields: Object.fromEntries(Object.entries(input.fields).filter(([key]) => !paths.includes(key))),
  };
}

function also(input: MessageInput, fields: MessageInput['fields'], mti = input.mti): MessageInput {
  return { mti, fields: { ...input.fields, ...fields } };
}

const found = (input: MessageInput, options = {}): string[] =>
  profile
    .validate(message(input), options)
    .map((v) => `${v.kind} ${v.path}`)
    .sort();

t.test('violations are reported all at once', async (t) => {
  t.same(found(request), []);
  t.equal(profile.flowOf(message(request)), 'authorization');
  t.same(found(without(request, '4', '41')), ['missing 4', 'missing 41']);
  t.same(found(also(request, { 39: '00' })), ['forbidden 39']);
  t.same(found(without(request, '2')), ['condition 2']);
  t.same(found(also(without(request, '14'), {})), ['condition 14'], 'a manual entry carries its expiry date');
  t.same(
    found(also(request, { 52: '0011223344556677' })),
    ['condition 52', 'condition 53'],
    'a PIN only where the entry mode says so',
  );
  t.same(found(also(request, { 22: '051' })), ['condition 52', 'condition 55']);
  t.same(found(also(request, { 100: '1' })), ['forbidden 100'], 'the flow is closed');
});

t.test('responses are compared with their request', async (t) => {
  const sent = message(request);
  const answer = also(without(request, '14', '18', '22', '25', '43'), { 38: 'A12345', 39: '00' }, '0110');
  t.same(found(answer, { request: sent }), []);
  t.same(found(also(answer, { 11: '654321' }), { request: sent }), ['echo 11']);
  t.same(found(without(answer, '38'), { request: sent }), ['condition 38'], 'an approval has a code');
  t.same(found(also(without(answer, '38'), { 39: '51' }), { request: sent }), [], 'a decline needs none');
});

t.test('network management, and messages of no flow', async (t) => {
  t.same(found({ mti: '0800', fields: { 7: '1122084901', 11: '000001', 70: '301' } }), []);
  t.same(found({ mti: '0800', fields: { 7: '1122084901', 11: '000001', 70: '999' } }), ['value 70']);
  t.same(found({ mti: '0300', fields: { 11: '000001' } }), ['flow mti']);
  t.same(found(request, { flow: 'reversal' }).includes('flow mti'), true);
});

t.test('violations hold no values', async (t) => {
  const text = JSON.stringify(
    profile.validate(message(also(request, { 35: '4111111111111111D2912', 48: [['01', '123']] }, '0420'))),
  );
  t.notMatch(text, /4111111111111111|123"/);
});

t.test('a faulty profile reports its faults', async (t) => {
  const spec = {
    profileVersion: 1,
    name: 'faulty',
    dialects: [],
    flows: {
      a: {
        mti: ['0100'],
        mandatory: ['2'],
        forbidden: ['2'],
        when: { present: true },
        conditional: [{ field: '3', when: { field: '4', matches: '(' } }],
      },
    },
  };
  try {
    compileProfile(spec);
    t.fail('compiled');
  } catch (error) {
    if (!(error instanceof SpecError)) throw error;
    t.same(
      error.faults.map((fault) => fault.pointer),
      ['/flows/a/forbidden/0', '/flows/a/when', '/flows/a/conditional/0/when/matches'],
    );
  }
  t.throws(() => compileProfile({ ...spec, colour: 1 }), SpecError);
});

t.test('the schema file for editors is the one that compileProfile uses', async (t) => {
  const file = projectPath('acquirer-gateway', 'specs', 'profiles', 'profile.schema.json');
  t.same(JSON.parse(readFileSync(file, 'utf8')), JSON.parse(JSON.stringify(profileSchema)));
});
