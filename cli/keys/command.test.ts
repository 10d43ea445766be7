// The keys verb against a device: what an operator types and sees.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { startSoftDevices } from '../../hsm/testing/soft-device.ts';
import { keysCommand } from './command.ts';
import { linePrompt } from './prompt.ts';

const hsm = await startSoftDevices();
t.teardown(() => hsm.stop());
const adminSocket = join(hsm.dir, 'admin.sock');
const issuerSocket = join(hsm.dir, 'issuer-admin.sock');

/** Run the verb; `answers` are the lines typed at a ceremony. */
async function keys(
  args: readonly string[],
  answers: readonly string[] = [],
  socket = adminSocket,
): Promise<{ printed: string; asked: string }> {
  const printed: string[] = [];
  const screen = new PassThrough();
  let asked = '';
  screen.on('data', (chunk: Buffer) => {
    asked += chunk.toString('utf8');
  });
  const input = new PassThrough();
  input.end(answers.map((line) => `${line}\n`).join(''));
  const command = keysCommand({ print: (text) => printed.push(text), prompt: () => linePrompt(input, screen) });
  const quiet = (one: typeof command): void => {
    one.exitOverride().configureOutput({ writeErr: () => undefined });
    for (const sub of one.commands) quiet(sub);
  };
  quiet(command);
  const withSocket = args[0] === 'audit' && args[1] === 'verify' ? args : [...args, '--socket', socket];
  await command.parseAsync([...withSocket], { from: 'user' });
  return { printed: printed.join('\n'), asked };
}

t.test('generate, list, rotate, retire, destroy', async (t) => {
  t.match(
    (await keys(['generate', 'zpk-net', '--usage', 'P0', '--algorithm', 'TDES2'])).printed,
    /zpk-net@1 +P0 +TDES2 +B +[0-9A-F]{6} +active/,
  );
  t.match((await keys(['rotate', 'zpk-net', '--overlap-hours', '2'])).printed, /zpk-net@2 .* active/);
  t.match((await keys(['list', 'zpk-net'])).printed, /zpk-net@1 .* retiring .*\n.*zpk-net@2 .* active/);
  const rows = (await keys(['list', '--json'])).printed
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; state: string });
  t.match(rows, [{ name: 'zpk-net', state: 'retiring' }, { state: 'active' }]);
  t.match((await keys(['kcv', 'zpk-net'])).printed, /^[0-9A-F]{6}$/);
  await t.rejects(keys(['destroy', 'zpk-net@2', '--yes']), { message: /is active: retire it first/, exitCode: 7 });
  await t.rejects(keys(['destroy', 'zpk-net@1']), { message: /--yes/ }, 'not without saying so');
  t.match((await keys(['destroy', 'zpk-net@1', '--yes'])).printed, /destroyed/);
  t.match(
    (await keys(['generate', 'zpk-net', '--usage', 'P0', '--algorithm', 'TDES2', '--pending'])).printed,
    /@3 .* pending/,
  );
  t.match((await keys(['activate', 'zpk-net@3'])).printed, /@3 .* active/);
  t.match((await keys(['retire', 'zpk-net@3'])).printed, /@3 .* retiring/);
  const scheduled = [
    'generate',
    'zpk-net',
    '--usage',
    'P0',
    '--algorithm',
    'TDES2',
    '--activate-at',
    '2999-01-31T04:00Z',
  ];
  t.match((await keys(scheduled)).printed, /@4 .* pending .* 2999-01-31 04:00/);
  t.match((await keys(['list', 'zpk-net'])).printed, /ACTIVE FROM.*\n(.*\n)*zpk-net@4 .* pending .* 2999-01-31 04:00/);
  await t.rejects(keys([...scheduled, '--pending']), { message: /cannot be used with/ });
  await t.rejects(keys([...scheduled.slice(0, -1), '2999-01-31 04:00']), { message: /with its zone/ });
  await t.rejects(keys(['rotate', 'nothing']), { message: /no active version/, exitCode: 4 });
  await t.rejects(keys(['list', '--socket', '/nowhere.sock'], [], '/nowhere.sock'), {
    message: /no HSM device answers/,
    exitCode: 8,
  });
});

const A = '0123456789ABCDEF FEDCBA9876543210';
const B = '1111111111111111 2222222222222222';

t.test('a ceremony: components hidden, check values shown, approved by a third person', async (t) => {
  const transcript = join(hsm.dir, 'transcript.txt');
  const args = ['ceremony', 'kbpk', '--usage', 'K1', '--algorithm', 'TDES2', '--transcript', transcript];
  const { printed, asked } = await keys(args, ['Alice', A, '08D7B4', 'Bob', 'not hex', B, '', 'Carol', 'yes']);
  t.match(printed, /kbpk@1 +K1 +TDES2 .* active +components/);
  const text = readFileSync(transcript, 'utf8');
  t.equal(statSync(transcript).mode & 0o777, 0o600);
  t.match(text, /Component 1 from Alice: check value 08D7B4/);
  t.match(text, /Approved by Carol/);
  t.notMatch(text + asked + printed, /0123456789ABCDEF|1111111111111111/i, 'no component is shown or written');
  await t.rejects(keys(args, []), /EEXIST|exist/, 'a transcript is never overwritten');
});

t.test('a ceremony refused: same person twice, wrong check value, no approval', async (t) => {
  const args = ['ceremony', 'kbpk2', '--usage', 'K1', '--algorithm', 'TDES2'];
  await t.rejects(keys(args, ['Alice', A, '', 'alice', B, '']), { message: /gave a component already/, exitCode: 3 });
  await t.rejects(keys(args, ['Alice', A, 'FFFFFF', A, 'FFFFFF', A, 'FFFFFF']), {
    message: /check value differs/,
    exitCode: 7,
  });
  await t.rejects(keys(args, ['Alice', A, '', 'Bob', B, '', 'Bob']), {
    message: /approver gave a component/,
    exitCode: 3,
  });
  await t.rejects(keys(args, ['Alice', A, '', 'Bob', B, '', 'Carol', 'no']), {
    message: /did not approve/,
    exitCode: 7,
  });
  t.match((await keys(['list', 'kbpk2'])).printed, /kbpk2@1 .* destroyed/);
});

t.test('export at one party, import at the other; a cryptogram needs its check value', async (t) => {
  const answers = ['Alice', A, '', 'Bob', B, '', 'Carol', 'yes'];
  await keys(['ceremony', 'kbpk', '--usage', 'K1', '--algorithm', 'TDES2'], answers, issuerSocket);
  const exported = (
    await keys(
      ['export', 'zpk-x', '--kbpk', 'kbpk', '--usage', 'P0', '--algorithm', 'TDES2', '--block-version', 'B'],
      [],
      issuerSocket,
    )
  ).printed;
  const block = exported.split('\n').at(-1) ?? '';
  const kcv = /zpk-x@1 +P0 +TDES2 +B +([0-9A-F]{6})/.exec(exported)?.[1] ?? '';
  const file = join(hsm.dir, 'block.txt');
  writeFileSync(file, `${block}\n`);
  t.match(
    (await keys(['import', 'zpk-x', '--kbpk', 'kbpk', '--file', file, '--kcv', kcv])).printed,
    new RegExp(`zpk-x@1 .* ${kcv} +active +key-block`),
  );
  await t.rejects(keys(['import', 'zpk-y', '--kbpk', 'kbpk', '--block', block.replace('P0', 'D0')]), {
    message: /authentication_failed/,
  });
  await t.rejects(keys(['import', 'zpk-y']), { message: /Give --kbpk/, exitCode: 2 });
  await t.rejects(keys(['import', 'zpk-y', '--zmk', 'zmk', '--cryptogram', '00']), {
    message: /--usage and --kcv/,
    exitCode: 2,
  });
});

t.test('the audit file is verified, and an edit is found', async (t) => {
  const path = join(hsm.dir, 'acquirer.json.audit.jsonl');
  const head = (await keys(['audit', 'head'])).printed.split(' ')[1] ?? '';
  t.match((await keys(['audit', 'verify', path, '--head', head, '--socket', adminSocket])).printed, /lines, unbroken/);
  const text = readFileSync(path, 'utf8');
  const edited = join(hsm.dir, 'edited.jsonl');
  writeFileSync(edited, text.replace('"zpk-net@1"', '"zpk-net@9"'));
  await t.rejects(keys(['audit', 'verify', edited]), { message: /line 1 does not follow/, exitCode: 7 });
  writeFileSync(edited, text.split('\n').slice(0, 3).join('\n'));
  await t.rejects(keys(['audit', 'verify', edited, '--head', head]), { message: /cut off/, exitCode: 7 });
  await t.rejects(keys(['audit', 'verify', edited, '--socket', adminSocket]), { message: /cut off/, exitCode: 7 });
  t.notMatch(text, /0123456789abcdef|1111111111111111/i, 'no component in the audit file');
});
