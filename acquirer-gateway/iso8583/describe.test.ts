import t from 'tap';
import {
  type Dialect,
  hexdumpMessage,
  loadDialect,
  type Message,
  type MessageInput,
  messageToJson,
  scrubPans,
} from './index.ts';
import { bytesHoldPan, looksLikePan } from './mask.ts';

const pan = '4111111111111111';

function message(dialect: Dialect, input: MessageInput): Message {
  const packed = dialect.pack(input);
  if (!packed.ok) throw new Error(JSON.stringify(packed.error));
  const unpacked = dialect.unpack(packed.bytes);
  if (!unpacked.ok) throw new Error(JSON.stringify(unpacked.error));
  return unpacked.message;
}

const binary = loadDialect('iso87-binary');
const sample = message(binary, {
  mti: '0110',
  fields: {
    2: pan,
    22: '051',
    35: `${pan}D2912`,
    39: '51',
    48: [
      ['92', '123'],
      ['77', `card ${pan}`],
    ],
    49: '978',
    52: '1122334455667788',
    55: [
      ['5A', `${pan}`],
      ['57', `${pan}D2912201000000000F`],
      ['95', '8080048000'],
      ['9F27', '80'],
      ['9F34', '420300'],
      ['DF01', `${pan}`],
    ],
  },
});

t.test('the human view is aligned, named, decoded and masked', async (t) => {
  const lines = binary.describe(sample, { offsets: true }).split('\n');
  t.match(lines[0], /^mti +0\+2 +Message type indicator +0110 {2}\(authorization response\)$/);
  t.match(lines[1], /^2 +11\+8 +Primary account number +411111\*{6}1111$/);
  t.match(lines[2], /051 {2}\(chip\)$/);
  t.match(lines[3], /\[track, 11 bytes\]$/);
  t.match(lines[4], /51 {2}\(insufficient funds\)$/);
  t.match(lines[5], /^48 +\d+\+\d+ +Additional data, private$/, 'a composite shows its subfields, not itself');
  t.match(lines[6], /^ {2}48\.92 .*\[cvv, 3 bytes\]$/);
  t.match(lines[7], /^ {2}48\.77 .*unknown element +card 411111\*{6}1111$/);
  t.match(lines[8], /\(EUR\)$/);
  t.match(lines[9], /\[pin, 8 bytes\]$/);
  t.match(lines[11], /^ {2}55\.5A .*411111\*{6}1111$/);
  t.match(lines[12], /\[track, \d+ bytes\]$/);
  t.match(
    lines[13],
    /8080048000 {2}\(offline data authentication not performed; application versions differ; online PIN entered; over floor limit\)$/,
  );
  t.match(lines[14], /\(ARQC, online requested\)$/);
  t.match(lines[15], /\(online PIN, unknown\)$/);
  t.match(lines[16], /^ {2}55\.DF01 .*\[hidden, 8 bytes: looks like a card number\]$/);
  const column = lines.map((line) => line.search(/\S+ +\S/)).length;
  t.equal(column, lines.length);
});

t.test('JSON holds the same, with offsets', async (t) => {
  const json = messageToJson(sample);
  t.equal(json.mti, '0110');
  t.same(
    json.elements.find((row) => row.path === '55.9F27'),
    {
      path: '55.9F27',
      name: 'Cryptogram information data',
      depth: 1,
      value: '80',
      meaning: 'ARQC, online requested',
      sensitivity: 'none',
      offset: sample.locate('55.9F27')!.offset,
      length: 1,
    },
  );
  t.notMatch(JSON.stringify(json), new RegExp(pan));
});

t.test('the hexdump ends its lines at the elements, and hides what may not be seen', async (t) => {
  const lines = hexdumpMessage(sample).split('\n');
  t.match(lines[0], /^0000 {2}01 10 .* mti Message type indicator$/);
  t.match(lines[1], /^0002 {2}40 00 04 00 22 01 92 00 .* bitmap$/);
  t.match(lines[2], /^000A {2}16 .* 2 length$/);
  t.match(lines[3], /^000B {2}\*\*( \*\*){7} +\*{8} +2 Primary account number$/);
  t.match(
    lines.find((line) => line.endsWith('39 Response code')),
    /35 31 +51 /,
  );
  t.notMatch(lines.join('').replace(/[\s-]/g, ''), /4111111111111111|34313131/);
  const bytes = lines.reduce((sum, line) => sum + line.slice(6, 53).trim().split(/ +/).length, 0);
  t.equal(bytes, sample.raw.length, 'every byte is printed once');
});

t.test('EBCDIC text is printed as text', async (t) => {
  const visa = loadDialect('visa-like');
  const found = message(visa, { mti: '0100', fields: { 41: 'TERM0001', 62: { 1: 'Y' } } });
  t.match(hexdumpMessage(found), /E3 C5 D9 D4 F0 F0 F0 F1 +TERM0001 +41 /);
  t.match(visa.describe(found), /62\.1 +Authorization characteristics indicator +Y/);
});

t.test('numbers that look like cards are found in any dress', async (t) => {
  for (const [text, masked] of [
    [pan, '411111******1111'],
    [`x${pan}y`, 'x411111******1111y'],
    [`99${pan}`, '99411111******1111'],
    ['4111 1111 1111 1111', '4111 11** **** 1111'],
    ['4111-1111-1111-1111', '4111-11**-****-1111'],
    ['1122084901123', '1122084901123'],
    ['4111111111111112', '4111111111111112'],
  ] as const) {
    t.equal(scrubPans(text), masked, text);
  }
  t.ok(looksLikePan('378282246310005'));
  t.notOk(looksLikePan('0000000000000000'));
  t.ok(bytesHoldPan(Buffer.from(pan, 'hex')));
  t.ok(bytesHoldPan(Buffer.from(pan, 'latin1')));
  t.ok(bytesHoldPan(Buffer.from([...pan].map((d) => 0xf0 + Number(d)))));
  t.notOk(bytesHoldPan(Buffer.from('AABBCCDDEEFF0011', 'hex')));
});
