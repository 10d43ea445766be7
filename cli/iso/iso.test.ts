import t from 'tap';
import { isoCommand } from './index.ts';
import type { IsoIo } from './io.ts';

const pan = '4111111111111111';

interface Run {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Runs one command line with files and standard input of its own. */
async function run(args: readonly string[], files: Readonly<Record<string, string | Buffer>> = {}): Promise<Run> {
  let out = '';
  let err = '';
  let code = 0;
  const read = (path: string): Buffer => {
    const content = files[path];
    if (content === undefined) throw new Error('no such file');
    return Buffer.from(content);
  };
  const io: IsoIo = {
    stdin: () => read('-'),
    readFile: read,
    out: (text) => {
      out += text.toString('latin1');
    },
    err: (text) => {
      err += text;
    },
    exit: (status) => {
      code = status;
    },
  };
  await isoCommand(io).parseAsync(args, { from: 'user' });
  return { out, err, code };
}

const request = { mti: '0800', fields: { 7: '1122084901', 11: '000001', 70: '301' } };
const card = { mti: '0100', fields: { 2: pan, 3: '000000', '55.5A': pan, '48.92': '123', '48.99': `note ${pan}` } };

async function hexOf(message: object, spec = 'iso87-binary'): Promise<string> {
  const { out, code } = await run(['encode', '--spec', spec], { '-': JSON.stringify(message) });
  if (code !== 0) throw new Error('not encoded');
  return out.trim();
}

t.test('encode and decode, as hexadecimal, file, binary and pipe', async (t) => {
  const hex = await hexOf(request);
  t.equal(hex, '0800822000000000000004000000000000001122084901000001' + '0301');
  const binary = await run(['encode', '--spec', 'iso87-binary', '--output', 'binary', 'm.json'], {
    'm.json': JSON.stringify(request),
  });
  t.equal(Buffer.from(binary.out, 'latin1').toString('hex').toUpperCase(), hex);
  for (const [args, files] of [
    [[hex], {}],
    [['-'], { '-': `${hex.slice(0, 10)}\n${hex.slice(10)}\n` }],
    [['m.bin'], { 'm.bin': Buffer.from(hex, 'hex') }],
    [['--skip', '2', 'm.bin'], { 'm.bin': Buffer.from(`001A${hex}`, 'hex') }],
  ] as const) {
    const { out, code } = await run(['decode', '--spec', 'iso87-binary', ...args], files);
    t.equal(code, 0);
    t.match(out, /70 +Network management information code +301 {2}\(echo\)/);
  }
});

t.test('nothing printed holds card data', async (t) => {
  const hex = await hexOf(card);
  for (const output of ['text', 'json', 'hexdump']) {
    const { out, code } = await run(['decode', '--spec', 'iso87-binary', '--output', output, '--offsets', hex]);
    t.equal(code, 0);
    t.notMatch(out.replace(/\s/g, ''), new RegExp(pan), output);
    t.notMatch(out, /31 32 33|"123"/, output);
  }
  const json = await run(['decode', '--spec', 'iso87-binary', '--output', 'json', hex]);
  t.match(JSON.parse(json.out), {
    dialect: 'iso87-binary',
    mti: '0100',
    elements: [{ path: 'mti' }, { path: '2', value: '411111******1111', offset: 11 }],
  });
});

t.test('auto says which dialects fit, and why the others do not', async (t) => {
  const hex = await hexOf(
    { mti: '1804', fields: { 7: '1122084901', 11: '000001', 12: '261122084901', 24: '831' } },
    'iso93-ascii',
  );
  const { out, err, code } = await run(['decode', hex]);
  t.equal(code, 0);
  t.match(err, /iso93-ascii +fits\n/);
  t.match(err, /iso87-binary +does not fit: mti at mti, byte 0: expected an allowed message type/);
  t.match(out, /831 {2}\(echo\)/);
  const none = await run(['decode', 'FFFF']);
  t.equal(none.code, 1);
  t.match(none.err, /no shipped dialect fits/);
});

t.test('diff prints what differs, masked', async (t) => {
  const left = await hexOf(card);
  const right = await hexOf({ mti: '0100', fields: { ...card.fields, 2: '5555555555554444', 4: '000000000100' } });
  const { out, code } = await run(['diff', '--spec', 'iso87-binary', left, right]);
  t.equal(code, 1);
  t.same(out.trim().split('\n').sort(), ['+ 2 555555******4444', '+ 4 000000000100', '- 2 411111******1111']);
  t.equal((await run(['diff', '--spec', 'iso87-binary', left, left])).code, 0);
});

t.test('validate judges by a profile', async (t) => {
  const hex = await hexOf(request);
  t.match(await run(['validate', '--spec', 'iso87-binary', hex]), { code: 0, err: /iso87, flow echo: conforms/ });
  const answer = await hexOf({ mti: '0810', fields: { 7: '1122084901', 11: '000002', 70: '301' } });
  const judged = await run(['validate', '--spec', 'iso87-binary', '--request', hex, answer]);
  t.equal(judged.code, 1);
  t.same(judged.out.trim().split('\n'), [
    '39: missing, expected present',
    '11: echo, expected the value of the request',
  ]);
  t.equal((await run(['validate', '--spec', 'iso87-binary', '--profile', 'nowhere', hex])).code, 3);
  t.match(
    await run([
      'validate',
      '--spec',
      'mastercard-ipm-like',
      await hexOf({ mti: '1644', fields: { 24: '697', 71: '00000001' } }, 'mastercard-ipm-like'),
    ]),
    {
      code: 2,
      err: /no profile is shipped for mastercard-ipm-like/,
    },
  );
});

t.test('specifications: list, check, import', async (t) => {
  t.match(await run(['spec', 'list']), { code: 0, out: /visa-like/ });
  const good = await run(['spec', 'import', 'moov', 'm.json', '--name', 'mine'], {
    'm.json': JSON.stringify({
      fields: {
        0: { enc: 'BCD' },
        1: { enc: 'Binary', length: 8 },
        2: { type: 'String', length: 19, enc: 'ASCII', prefix: 'ASCII.LL' },
        3: { enc: 'X', prefix: 'Y' },
      },
    }),
  });
  t.equal(good.code, 0);
  t.match(good.err, /3: enc X: /);
  t.match(await run(['spec', 'check', 's.json'], { 's.json': good.out }), {
    code: 0,
    out: /mine imported: good, 1 fields/,
  });
  const bad = await run(['spec', 'check', 's.json'], {
    's.json': good.out.replace('"maxLength": 19', '"maxLength": 190'),
  });
  t.match(bad, { code: 3, err: '/fields/2/prefix/size: cannot write 190\n' });
  t.match(await run(['spec', 'import', 'jpos', 'p.xml'], { 'p.xml': '<a/>' }), { code: 3, err: /isopackager/ });
});

t.test('wrong input ends with its exit code', async (t) => {
  t.equal((await run(['decode', 'missing.bin'])).code, 2);
  t.equal((await run(['decode', '--output', 'colour', '--spec', 'iso87-binary', await hexOf(request)])).code, 2);
  t.equal((await run(['encode', '--spec', 'iso87-binary'], { '-': '{' })).code, 2);
  t.equal((await run(['encode', '--spec', 'iso87-binary'], { '-': '[]' })).code, 2);
  const refused = await run(['encode', '--spec', 'iso87-binary'], {
    '-': JSON.stringify({ mti: '0100', fields: { 2: 'ABC' } }),
  });
  t.match(refused, { code: 1, err: 'character at 2, byte 11: expected digits\n' });
  t.equal((await run(['encode', '--spec', 'nowhere.json'], { '-': JSON.stringify(request) })).code, 3);
});
