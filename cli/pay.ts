// card-edge pay: one payment by hand, with a test card of the simulator.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { parseMoney } from '../common/money.ts';
import { CreateIntentRequest, type PaymentReply, PayRequest } from '../proto/gen/cardedge/core/v1/payments.ts';
import { Money } from '../proto/gen/cardedge/core/v1/types.ts';
import { cardFromBrowser, cardFromTerminal, testCard, testCardNames, testCvv2 } from './card.ts';
import { type Connection, type ConnectOptions, connect, systemInfo, unary, withConnectOptions } from './connect.ts';
import { Failure } from './failure.ts';
import { type SystemInfo, stateFolder } from './info.ts';
import { describeAttempt, describeIntent, line, printJson } from './print.ts';

interface PayOptions extends ConnectOptions {
  readonly card: string;
  readonly token?: string;
  readonly pin?: string;
  readonly chip?: boolean;
  readonly capture: 'automatic' | 'manual';
  readonly merchant?: string;
  readonly idempotencyKey?: string;
  readonly description: string;
  readonly json?: boolean;
}

const examples = `
Examples:
  card-edge pay 12.34 EUR                          e-commerce, captured at once
  card-edge pay 12.34 EUR --capture manual         authorised; capture later
  card-edge pay 20.00 EUR --chip --pin 1234        chip and PIN at a terminal
  card-edge pay 19.01 EUR                          the network books it and never answers (docs/test-cards.md)

The card travels encrypted for the HSM; this program knows test cards only.
Exit code 0: approved. 20: declined. 21: not concluded (pending verification). Others: docs/errors.md.`;

/** Exit code of a payment that was declined or proved not sent. */
const exitDeclined = 20;
/** Exit code of a payment whose outcome is not known yet. */
const exitPending = 21;

/** The verb. */
export function payCommand(): Command {
  return withConnectOptions(new Command('pay'))
    .description('pay with a test card of the simulator')
    .argument('<amount>', 'amount, e.g. 12.34')
    .argument('[currency]', 'ISO 4217 code', 'EUR')
    .addOption(new Option('--card <name>', 'test card').default('visa').choices(testCardNames))
    .option('--token <card>', 'a stored card instead ("card_...", from an earlier payment)')
    .option('--chip', 'at a terminal with a chip, instead of a browser')
    .option('--pin <digits>', 'PIN typed at the terminal (test cards: 1234); means --chip')
    .addOption(new Option('--capture <when>', 'when to capture').default('automatic').choices(['automatic', 'manual']))
    .option('--merchant <id>', 'merchant (default: the demo merchant)')
    .option('--idempotency-key <key>', 'the same key gives the same answer for ever (default: a new one)')
    .option('--description <text>', 'text for people', '')
    .option('--json', 'print JSON')
    .addHelpText('after', examples)
    .action(run);
}

async function run(amount: string, currency: string, options: PayOptions): Promise<void> {
  const minor = parseMoney(amount, currency);
  if (minor === undefined)
    throw new Failure(
      `"${amount} ${currency}" is not an amount: digits, a point and at most the currency's decimals`,
      2,
    );
  const info = systemInfo(options);
  const connection = connect(options);
  try {
    const request = await payRequest(connection, info, minor, currency, options);
    const reply = await unary(connection, connection.payments, 'pay', request);
    process.exitCode = show(reply, options.json === true);
  } finally {
    connection.close();
  }
}

async function payRequest(
  connection: Connection,
  info: SystemInfo,
  minor: bigint,
  currency: string,
  options: PayOptions,
): Promise<PayRequest> {
  const base: Partial<PayRequest> = {
    merchantId: options.merchant ?? info.demo.merchantId,
    idempotencyKey: options.idempotencyKey ?? randomUUID(),
    target: {
      case: 'newIntent',
      value: CreateIntentRequest.create({
        amount: Money.create({ amountMinor: minor, currency }),
        captureMethod: options.capture === 'manual' ? 'MANUAL' : 'AUTOMATIC',
        description: options.description,
      }),
    },
  };
  if (options.token !== undefined) {
    return PayRequest.create({
      ...base,
      card: { source: { case: 'cardToken', value: options.token } },
      entryMode: 'CARD_ON_FILE',
    });
  }
  const card = testCard(options.card);
  if (options.chip === true || options.pin !== undefined) {
    const counterFile = join(stateFolder(options.stateDir), 'pin-pad.counter');
    const payment = { card, amountMinor: minor, currency, ...(options.pin === undefined ? {} : { pin: options.pin }) };
    const terminal = await cardFromTerminal(info, counterFile, payment);
    return PayRequest.create({ ...base, ...terminal, terminalId: info.demo.cardTerminal });
  }
  const cvv2 = await testCvv2(info.simulatorControl, card);
  return PayRequest.create({ ...base, card: await cardFromBrowser(connection, card, cvv2), entryMode: 'ECOMMERCE' });
}

function show(reply: PaymentReply, json: boolean): number {
  if (json) {
    printJson(reply);
  } else {
    if (reply.intent !== undefined) for (const text of describeIntent(reply.intent)) line(text);
    if (reply.attempt !== undefined) for (const text of describeAttempt(reply.attempt)) line(text);
    if (reply.replayed) line('This answer is of the first call with this idempotency key.');
    if (reply.attempt?.status === 'PENDING_VERIFICATION') {
      line(
        'The outcome is not known: neither paid nor failed. A reversal is owed to the network and goes out by itself.',
      );
      line(`Follow it: card-edge intent show ${reply.intent?.intentId ?? ''}`);
    }
  }
  const status = reply.attempt?.status;
  if (status === 'APPROVED') return 0;
  return status === 'DECLINED' || status === 'NOT_SENT' ? exitDeclined : exitPending;
}
