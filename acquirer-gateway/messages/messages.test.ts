// What is put on the wire per purpose, and what an answer says: tables, through the real codec.
import t from 'tap';
import type { OpenedCard } from '../../hsm/port.ts';
import type { Submission } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { loadDialect, type Message, type MessageInput } from '../iso8583/index.ts';
import { answerTo, submissionOf, testPan } from '../testing.ts';
import { emptyReading, readAnswer } from './answer.ts';
import { answerKey, requestKey } from './correlation.ts';
import { profileOf } from './dialects/index.ts';
import { iso87 } from './dialects/iso87.ts';
import { managementAnswer, managementRequest, readManagement } from './management.ts';
import type { BuildContext, Expected, SendablePurpose } from './profile.ts';
import { Builder } from './request.ts';

const dialect = loadDialect('iso87-binary');
const builder = new Builder(iso87);
const card: OpenedCard = { pan: testPan, expiryYymm: '3012' };
const original = {
  mti: '0100',
  stan: '000123',
  transmissionTime: '1121235959',
  rrn: '632523000123',
  authorizationCode: 'A12345',
  networkReference: 'S00000000000123',
  purpose: 'AUTHORIZATION' as const,
};
const pinBlock = Buffer.from('a1a2a3a4a5a6a7a8', 'hex');
const emv = Buffer.from('9f2608a1a2a3a4a5a6a7a89f2701809f360200019a032611229c0100', 'hex');

function context(
  purpose: SendablePurpose,
  changes: Partial<Submission> = {},
  opened: OpenedCard = card,
  pin?: Buffer,
): BuildContext {
  return {
    submission: submissionOf(42, { purpose, ...changes }),
    purpose,
    card: opened,
    pinBlock: pin,
    acquirerId: '00000000001',
    trackSeparator: 'D',
    nowMs: Date.UTC(2026, 10, 22),
  };
}

/** Packs and unpacks: what a peer would see. */
function throughWire(input: MessageInput): Message {
  const packed = dialect.pack(input);
  if (!packed.ok) throw new Error(`${packed.error.code} at ${packed.error.path}: ${packed.error.expected}`);
  const unpacked = dialect.unpack(packed.bytes);
  if (!unpacked.ok) throw new Error(unpacked.error.code);
  return unpacked.message;
}

function built(one: BuildContext): { message: Message; expected: Expected; input: MessageInput } {
  const result = builder.build(one);
  if (!result.ok) throw new Error(`missing ${result.missing}`);
  return { message: throughWire(result.input), expected: result.expected, input: result.input };
}

const always = {
  '2': testPan,
  '4': '000000001234',
  '7': '1122090000',
  '11': '000042',
  '12': '090000',
  '13': '1122',
  '32': '00000000001',
  '37': '632612000042',
  '41': 'TERM0001',
  '42': 'ACCEPTOR0000001',
  '49': '978',
};
const shop = { '18': '5999', '43': 'Test shop              Berlin       DE'.padEnd(40) };

interface RequestRow {
  readonly name: string;
  readonly context: BuildContext;
  readonly mti: string;
  /** Values beyond `always`; an empty text says that the field must not be there. */
  readonly fields: Readonly<Record<string, string>>;
}

const requests: readonly RequestRow[] = [
  {
    name: 'e-commerce purchase with CVV2, 3-D Secure and postal code',
    context: context(
      'PURCHASE',
      {
        threeDSecure: { eci: '05', authenticationValue: Buffer.alloc(20, 7), dsTransactionId: '', version: '2.2.0' },
        billingAddress: { postalCode: '10115', line1: '' },
      },
      { ...card, cvv2: '123' },
    ),
    mti: '0200',
    fields: {
      ...shop,
      '3': '000000',
      '14': '3012',
      '22': '810',
      '25': '59',
      '48.92': '123',
      '48.42': '05',
      '48.43': Buffer.alloc(20, 7).toString('base64'),
      '48.82': '10115',
      '35': '',
      '52': '',
      '90': '',
    },
  },
  {
    name: 'card-present authorisation with chip, PIN and track 2',
    context: context(
      'AUTHORIZATION',
      { entryMode: 'CHIP', chip: { emvTlv: emv, cardSequenceNumber: 1 } },
      { ...card, track2: `${testPan}=30122010000000000000` },
      pinBlock,
    ),
    mti: '0100',
    fields: {
      ...shop,
      '3': '000000',
      '22': '051',
      '23': '001',
      '25': '00',
      '35': `${testPan}D30122010000000000000`,
      '52': 'A1A2A3A4A5A6A7A8',
      '53': '2001010100000000',
      '55.9F27': '80',
      '48': '',
    },
  },
  {
    name: 'purchase with cash back',
    context: context('PURCHASE', { cashBackMinor: 500n, entryMode: 'CONTACTLESS' }),
    mti: '0200',
    fields: { '3': '090000', '22': '070', '54': '0040978D000000000500' },
  },
  {
    name: 'refund',
    context: context('REFUND', { entryMode: 'MOTO' }),
    mti: '0200',
    fields: { '3': '200000', '22': '010', '25': '08' },
  },
  {
    name: 'balance',
    context: context('BALANCE', { entryMode: 'MAGNETIC_STRIPE' }),
    mti: '0100',
    fields: { '3': '310000', '22': '900' },
  },
  {
    name: 'account verification',
    context: context('VERIFICATION', { amount: { amountMinor: 0n, currency: 'EUR' } }),
    mti: '0100',
    fields: { '3': '000000', '4': '000000000000' },
  },
  {
    name: 'merchant-initiated, with the reference of the first payment',
    context: context('PURCHASE', {
      entryMode: 'CARD_ON_FILE',
      initiatedBy: 'MERCHANT_RECURRING',
      originalNetworkReference: 'S00000000000009',
    }),
    mti: '0200',
    fields: { '22': '100', '48.63': 'S00000000000009' },
  },
  {
    name: 'increment',
    context: context('INCREMENT', { original }, { ...card, cvv2: '123' }),
    mti: '0100',
    fields: { '25': '00', '38': 'A12345', '48.63': 'S00000000000123', '90': '' },
  },
  {
    name: 'capture advice carries no authentication data',
    context: context(
      'CAPTURE',
      { original },
      { ...card, cvv2: '123', track2: `${testPan}=30122010000000000000` },
      pinBlock,
    ),
    mti: '0220',
    fields: {
      '38': 'A12345',
      '90': `0100000123112123595900000000001${'0'.repeat(11)}`,
      '14': '',
      '35': '',
      '48.92': '',
      '52': '',
      '55': '',
      '48.63': 'S00000000000123',
    },
  },
  { name: 'repeated capture', context: context('CAPTURE', { original, repeat: true }), mti: '0221', fields: {} },
  {
    name: 'reversal of a refund: the processing code is that of the refund',
    context: context('REVERSAL', {
      original: { ...original, mti: '0200', purpose: 'REFUND' },
      reversalReason: 'TIMEOUT',
    }),
    mti: '0420',
    fields: { '3': '200000', '37': '632523000123', '39': '68' },
  },
  {
    name: 'reversal after a time-out',
    context: context('REVERSAL', { original, reversalReason: 'TIMEOUT' }),
    mti: '0420',
    fields: {
      '37': '632523000123',
      '38': 'A12345',
      '39': '68',
      '90': `0100000123112123595900000000001${'0'.repeat(11)}`,
      '95': '',
      '14': '',
      '43': '',
    },
  },
  {
    name: 'repeated partial reversal',
    context: context('REVERSAL', {
      original: { ...original, authorizationCode: '' },
      reversalReason: 'REMAINDER',
      replacementMinor: 400n,
      repeat: true,
    }),
    mti: '0421',
    fields: { '37': '632523000123', '38': '', '39': '17', '95': `000000000400${'0'.repeat(12)}D00000000D00000000` },
  },
];

t.test('fields per purpose', async (t) => {
  for (const row of requests) {
    const { message, input } = built(row.context);
    t.equal(message.mti, row.mti, row.name);
    for (const [path, value] of Object.entries({ ...always, ...row.fields })) {
      t.equal(message.get(path) ?? '', value, `${row.name}: ${path}`);
    }
    t.equal(requestKey(iso87, input), `${row.mti.slice(0, 2)}1122090000000042TERM0001`, 'correlation key');
  }
  for (const [currency, numeric] of [
    ['JPY', '392'],
    ['AUD', '036'],
  ]) {
    t.equal(
      built(context('PURCHASE', { amount: { amountMinor: 1n, currency: currency as string } })).message.get('49'),
      numeric,
    );
  }
});

t.test('what cannot be built names its field', async (t) => {
  const wire = submissionOf(42).wire;
  const rows: ReadonlyArray<readonly [string, BuildContext]> = [
    ['4', context('PURCHASE', { amount: undefined })],
    ['4', context('PURCHASE', { amount: { amountMinor: 10n ** 12n, currency: 'EUR' } })],
    ['49', context('PURCHASE', { amount: { amountMinor: 1n, currency: 'XXX' } })],
    ['7', context('PURCHASE', { wire: wire === undefined ? undefined : { ...wire, transmissionTime: '' } })],
    [
      '41',
      context('PURCHASE', { wire: wire === undefined ? undefined : { ...wire, terminalId: 'TOO LONG FOR DE41' } }),
    ],
    ['22', context('PURCHASE', { entryMode: 'UNRECOGNIZED' })],
    ['90', context('CAPTURE')],
    ['90', context('REVERSAL', { original: { ...original, stan: '' }, reversalReason: 'TIMEOUT' })],
    ['39', context('REVERSAL', { original })],
    ['48', context('INCREMENT', { original: { ...original, networkReference: '' } })],
    ['mti', context('PURCHASE', { repeat: true })],
  ];
  for (const [missing, one] of rows) t.same(builder.build(one), { ok: false, missing }, `${one.purpose} ${missing}`);
});

interface AnswerRow {
  readonly name: string;
  readonly purpose: SendablePurpose;
  readonly changes: Readonly<Record<string, string | undefined>>;
  /** Class, reason, and what else must hold. */
  readonly says: readonly [string, string, object?];
}

const declines: ReadonlyArray<readonly [string, string]> = [
  ['01', 'REFER_TO_ISSUER'],
  ['05', 'DO_NOT_HONOR'],
  ['12', 'INVALID_REQUEST'],
  ['14', 'INVALID_CARD'],
  ['25', 'ORIGINAL_NOT_FOUND'],
  ['30', 'INVALID_REQUEST'],
  ['41', 'LOST_OR_STOLEN'],
  ['43', 'LOST_OR_STOLEN'],
  ['51', 'INSUFFICIENT_FUNDS'],
  ['54', 'EXPIRED_CARD'],
  ['55', 'INCORRECT_PIN'],
  ['57', 'NOT_PERMITTED'],
  ['59', 'SUSPECTED_FRAUD'],
  ['61', 'INSUFFICIENT_FUNDS'],
  ['75', 'PIN_TRIES_EXCEEDED'],
  ['91', 'ISSUER_UNAVAILABLE'],
  ['96', 'ISSUER_UNAVAILABLE'],
  ['N7', 'INCORRECT_CVV2'],
  ['99', 'OTHER_DECLINE'],
  ['ZZ', 'OTHER_DECLINE'],
];

const answers: readonly AnswerRow[] = [
  ...declines.map(([code, reason]) => ({
    name: `DE39 ${code}`,
    purpose: 'PURCHASE' as const,
    changes: { '39': code, '38': undefined },
    says: ['DECLINED', reason, { responseCode: code, authorizationCode: '' }] as const,
  })),
  {
    name: 'approved',
    purpose: 'PURCHASE',
    changes: { '44': 'ZN' },
    says: [
      'APPROVED',
      'UNSPECIFIED',
      {
        authorizationCode: 'A12345',
        networkReference: 'S00000000000042',
        avsResult: 'Z',
        cvv2Result: 'N',
        approvedMinor: undefined,
      },
    ],
  },
  {
    name: 'no CVV2 result',
    purpose: 'PURCHASE',
    changes: { '44': 'Z ' },
    says: ['APPROVED', 'UNSPECIFIED', { avsResult: 'Z', cvv2Result: '' }],
  },
  {
    name: 'partial approval',
    purpose: 'PURCHASE',
    changes: { '39': '10', '4': '000000000617' },
    says: ['APPROVED', 'UNSPECIFIED', { approvedMinor: 617n }],
  },
  {
    name: '85 for a verification',
    purpose: 'VERIFICATION',
    changes: { '39': '85' },
    says: ['APPROVED', 'UNSPECIFIED'],
  },
  {
    name: '85 for a purchase is no approval',
    purpose: 'PURCHASE',
    changes: { '39': '85' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  {
    name: 'partial approval of a refund',
    purpose: 'REFUND',
    changes: { '39': '10', '4': '000000000617' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  {
    name: 'less without saying so',
    purpose: 'PURCHASE',
    changes: { '4': '000000000617' },
    says: ['UNKNOWN', 'INVALID_ANSWER', { responseCode: '00' }],
  },
  {
    name: 'more than asked',
    purpose: 'PURCHASE',
    changes: { '39': '10', '4': '000000009999' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  {
    name: 'partial approval of nothing',
    purpose: 'PURCHASE',
    changes: { '39': '10', '4': '000000000000' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  {
    name: 'approval without an amount',
    purpose: 'PURCHASE',
    changes: { '4': undefined },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  {
    name: 'approval without a reference',
    purpose: 'PURCHASE',
    changes: { '37': undefined },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  {
    name: 'decline without an amount',
    purpose: 'PURCHASE',
    changes: { '39': '05', '4': undefined },
    says: ['DECLINED', 'DO_NOT_HONOR'],
  },
  {
    name: 'another reference',
    purpose: 'PURCHASE',
    changes: { '37': '632612000043' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  {
    name: 'a decline of another reference',
    purpose: 'PURCHASE',
    changes: { '39': '05', '37': '632612000043' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  { name: 'another terminal', purpose: 'PURCHASE', changes: { '41': 'TERM0002' }, says: ['UNKNOWN', 'INVALID_ANSWER'] },
  {
    name: 'another acceptor',
    purpose: 'PURCHASE',
    changes: { '42': 'ACCEPTOR0000002' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  { name: 'another currency', purpose: 'PURCHASE', changes: { '49': '840' }, says: ['UNKNOWN', 'INVALID_ANSWER'] },
  {
    name: 'another processing code',
    purpose: 'PURCHASE',
    changes: { '3': '200000' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  { name: 'no response code', purpose: 'PURCHASE', changes: { '39': undefined }, says: ['UNKNOWN', 'INVALID_ANSWER'] },
  {
    name: 'the network does not know',
    purpose: 'PURCHASE',
    changes: { '39': '68' },
    says: ['UNKNOWN', 'TIMEOUT', { responseCode: '68' }],
  },
  {
    name: 'a duplicate, says the network',
    purpose: 'PURCHASE',
    changes: { '39': '94' },
    says: ['UNKNOWN', 'INVALID_ANSWER'],
  },
  {
    name: 'a duplicate reversal is acknowledged',
    purpose: 'REVERSAL',
    changes: { '39': '94' },
    says: ['APPROVED', 'UNSPECIFIED', { responseCode: '94' }],
  },
  {
    name: 'nothing to reverse is acknowledged',
    purpose: 'REVERSAL',
    changes: { '39': '25' },
    says: ['APPROVED', 'UNSPECIFIED', { responseCode: '25' }],
  },
  {
    name: 'a reversal with a bad format',
    purpose: 'REVERSAL',
    changes: { '39': '30' },
    says: ['DECLINED', 'INVALID_REQUEST'],
  },
  {
    name: 'a short acknowledgement',
    purpose: 'REVERSAL',
    changes: { '4': undefined, '37': undefined, '49': undefined },
    says: ['APPROVED', 'UNSPECIFIED'],
  },
  {
    name: 'a capture without its original',
    purpose: 'CAPTURE',
    changes: { '39': '25' },
    says: ['DECLINED', 'ORIGINAL_NOT_FOUND'],
  },
  {
    name: 'available balance before ledger balance',
    purpose: 'BALANCE',
    changes: { '54': '0001978C0000000050000002978D000000000700' },
    says: ['APPROVED', 'UNSPECIFIED', { balanceMinor: -700n }],
  },
  {
    name: 'ledger balance alone',
    purpose: 'BALANCE',
    changes: { '54': '0001978C000000005000' },
    says: ['APPROVED', 'UNSPECIFIED', { balanceMinor: 5000n }],
  },
  {
    name: 'a balance that is none',
    purpose: 'BALANCE',
    changes: { '54': '0001978CXXXXXXXXXXXX' },
    says: ['APPROVED', 'UNSPECIFIED', { balanceMinor: undefined }],
  },
  {
    name: 'a purchase answered with additional amounts',
    purpose: 'PURCHASE',
    changes: { '54': '0002978C000000000700' },
    says: ['APPROVED', 'UNSPECIFIED', { balanceMinor: undefined }],
  },
];

t.test('what answers say', async (t) => {
  for (const { name, purpose, changes, says } of answers) {
    const one = built(
      context(purpose, { original, reversalReason: purpose === 'REVERSAL' ? 'TIMEOUT' : 'UNSPECIFIED' }),
    );
    const answer = throughWire(answerTo(one.message, changes));
    const reading = readAnswer(iso87, one.expected, answer);
    t.match(reading, { outcome: says[0], reason: says[1], ...says[2] }, `${purpose}: ${name}`);
    if (!('37' in changes) && !('41' in changes))
      t.equal(answerKey(iso87, answer), requestKey(iso87, one.input), `${name}: same key`);
  }
});

t.test('an answer of another kind is no answer', async (t) => {
  const one = built(context('PURCHASE'));
  const answer = answerTo(one.message);
  for (const mti of ['0110', '0230', '0212']) {
    const reading = readAnswer(iso87, one.expected, throughWire({ ...answer, mti }));
    t.equal(reading.outcome, mti === '0212' ? 'APPROVED' : 'UNKNOWN', mti);
  }
  t.equal(answerKey(iso87, one.message), undefined, 'a request is no answer');
  t.same(emptyReading('UNKNOWN', 'TIMEOUT').issuerEmvTlv.length, 0);
});

t.test('issuer chip data is a copy: the message is wiped after reading', async (t) => {
  const one = built(context('PURCHASE', { entryMode: 'CHIP', chip: { emvTlv: emv, cardSequenceNumber: undefined } }));
  const answer = throughWire({
    ...answerTo(one.message),
    fields: { ...answerTo(one.message).fields, '55': Buffer.from('910a0102030405060708303072020102', 'hex') },
  });
  const reading = readAnswer(iso87, one.expected, answer);
  answer.raw.fill(0);
  t.equal(reading.issuerEmvTlv.toString('hex'), '910a0102030405060708303072020102');
});

t.test('link management', async (t) => {
  for (const [kind, de70] of [
    ['sign_on', '001'],
    ['sign_off', '002'],
    ['echo', '301'],
  ] as const) {
    const { key, input } = managementRequest(iso87.management, kind, '000007', '1122090000', Date.UTC(2026, 10, 22));
    const request = throughWire(input);
    t.equal(request.get('70'), de70);
    t.same(readManagement(iso87.management, throughWire(answerTo(request))), {
      kind: 'answer',
      key,
      accepted: true,
      code: '00',
      keyText: '',
    });
    t.match(readManagement(iso87.management, throughWire(answerTo(request, { '39': '91' }))), {
      accepted: false,
      code: '91',
    });
    const read = readManagement(iso87.management, request);
    t.same(read, { kind: 'request', what: kind, keyText: '' });
    t.match(managementAnswer(iso87.management, request, '00'), {
      mti: '0810',
      fields: { '7': '1122090000', '11': '000007', '39': '00', '70': de70 },
    });
  }
  for (const [de70, what] of [
    ['201', 'cut_over'],
    ['161', 'key_change'],
    ['777', 'other'],
  ] as const) {
    const request = throughWire({ mti: '0800', fields: { '7': '1122090000', '11': '000007', '70': de70 } });
    t.match(readManagement(iso87.management, request), { kind: 'request', what });
  }
  t.equal(readManagement(iso87.management, built(context('PURCHASE')).message), undefined);
  t.equal(profileOf('iso87-binary'), iso87);
  t.equal(profileOf('iso93-ascii')?.name, 'iso93');
  t.equal(profileOf('iso2003-binary'), undefined);
});
