// card-edge merchant: merchants and the key pairs of their HTTP edge.
import { Command } from 'commander';
import {
  type ApiKey,
  CreateApiKeyRequest,
  FeePlan,
  ListApiKeysRequest,
  ListMerchantsRequest,
  Merchant,
  RevokeApiKeyRequest,
  UpdateMerchantRequest,
} from '../proto/gen/cardedge/core/v1/merchants.ts';
import { type Connection, type ConnectOptions, connect, unary, withConnectOptions } from './connect.ts';
import { Failure } from './failure.ts';
import { line, printJson, table, time, word } from './print.ts';

interface JsonOptions extends ConnectOptions {
  readonly json?: boolean;
}

interface CreateOptions extends JsonOptions {
  readonly label: string;
  readonly replaces?: string;
  readonly overlap: string;
}

interface FeesOptions extends JsonOptions {
  readonly basisPoints?: string;
  readonly fixed?: string;
  readonly reserveBasisPoints?: string;
  readonly reserveDays?: string;
}

interface EndOptions extends JsonOptions {
  readonly overlap: string;
  readonly note: string;
}

const feesHelp = `
A rolling reserve keeps a part of each capture back and gives it back after days, a UTC day's captures together:

  card-edge merchant fees mer_... --reserve-basis-points 1000 --reserve-days 180

keeps back 10 % for 180 days. Other days hold for what is kept back already; --reserve-basis-points 0 gives all back within a day.
"card-edge ledger balances --merchant mer_..." shows it as rolling_reserve.`;

const createHelp = `
The secret is printed once and stored nowhere: what the core keeps can verify it and cannot make it again. To change a key without downtime:

  card-edge merchant keys create mer_... --replaces key_... --overlap 7d

The old key goes on for the overlap, then it ends by itself. Requests are signed as proto/cardedge/core/v1/merchants.proto says (ApiKeySignature).`;

const revokeHelp = `
Without --overlap the key ends at once, at every core. An end can come nearer and never goes back: make a new key instead.`;

/** The verb. */
export function merchantCommand(): Command {
  const command = new Command('merchant').description('merchants and the key pairs of their HTTP edge');
  withConnectOptions(command.command('list'))
    .description('all merchants, by name')
    .option('--json', 'print JSON')
    .action(list);
  withConnectOptions(command.command('show'))
    .description('one merchant: identity, terminals, fees, limits')
    .argument('<merchant>', '"mer_..."')
    .option('--json', 'print JSON')
    .action(show);
  withConnectOptions(command.command('fees'))
    .description('change the fee plan: what is given changes, the rest stays')
    .argument('<merchant>', '"mer_..."')
    .option('--basis-points <n>', 'hundredths of a percent of each capture')
    .option('--fixed <minor>', 'fixed part per capture, minor units')
    .option('--reserve-basis-points <n>', 'part of each capture that is kept back; 0 ends the reserve')
    .option('--reserve-days <n>', 'days after which it is given back')
    .option('--json', 'print JSON')
    .addHelpText('after', feesHelp)
    .action(changeFees);
  const keys = command.command('keys').description('key pairs of the HTTP edge');
  withConnectOptions(keys.command('create'))
    .description('make a key pair; the secret is shown once')
    .argument('<merchant>', '"mer_..."')
    .option('--label <text>', 'what it is for', '')
    .option('--replaces <key>', '"key_..." whose place it takes')
    .option('--overlap <time>', 'how long the replaced key goes on: 90s, 15m, 24h, 7d', '0s')
    .option('--json', 'print JSON')
    .addHelpText('after', createHelp)
    .action(create);
  withConnectOptions(keys.command('list'))
    .description('keys in force, newest first; with --ended all, with their history')
    .argument('<merchant>', '"mer_..."')
    .option('--ended', 'also those that have ended')
    .option('--json', 'print JSON')
    .action(listKeys);
  withConnectOptions(keys.command('revoke'))
    .description('end a key, at once or after an overlap')
    .argument('<merchant>', '"mer_..."')
    .argument('<key>', '"key_..."')
    .option('--overlap <time>', 'how long it goes on: 90s, 15m, 24h, 7d', '0s')
    .option('--note <text>', 'why', '')
    .option('--json', 'print JSON')
    .addHelpText('after', revokeHelp)
    .action(revoke);
  return command;
}

const unitMs: Readonly<Record<string, bigint>> = { s: 1_000n, m: 60_000n, h: 3_600_000n, d: 86_400_000n };

/** A time like 15m as milliseconds. */
function overlapMs(text: string): bigint {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = unitMs[unit];
  if (ms === undefined) throw new Failure(`--overlap must be a number and s, m, h or d, like 7d`, 2);
  return BigInt(count) * ms;
}

async function using(options: ConnectOptions, run: (connection: Connection) => Promise<void>): Promise<void> {
  const connection = connect(options);
  try {
    await run(connection);
  } finally {
    connection.close();
  }
}

function list(options: JsonOptions): Promise<void> {
  return using(options, async (connection) => {
    const found: Merchant[] = [];
    let pageToken = '';
    do {
      const request = ListMerchantsRequest.create({ pageSize: 500, pageToken });
      const page = await unary(connection, connection.merchants, 'listMerchants', request);
      found.push(...page.merchants);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    if (options.json === true) return printJson(found);
    table([
      ['MERCHANT', 'NAME', 'CITY', 'STATUS', 'CURRENCIES', 'FEES'],
      ...found.map((one) => [
        one.merchantId,
        one.name,
        `${one.city} ${one.country}`,
        word(one.status),
        one.currencies.join(' '),
        fees(one),
      ]),
    ]);
  });
}

function fees(merchant: Merchant): string {
  const plan = merchant.feePlan;
  if (plan === undefined) return '-';
  const fees = `${plan.basisPoints / 100} % + ${plan.fixedMinor}`;
  return plan.reserveBasisPoints === 0
    ? fees
    : `${fees}, reserve ${plan.reserveBasisPoints / 100} % for ${plan.reserveDays} days`;
}

function show(merchantId: string, options: JsonOptions): Promise<void> {
  return using(options, async (connection) => {
    describeMerchant(await unary(connection, connection.merchants, 'getMerchant', { merchantId }), options);
  });
}

function describeMerchant(merchant: Merchant, options: JsonOptions): void {
  if (options.json === true) {
    printJson(merchant);
    return;
  }
  const limits = merchant.limits;
  table([
    ['merchant', merchant.merchantId],
    ['name', merchant.name],
    ['place', `${merchant.city} ${merchant.country}`],
    ['category', merchant.categoryCode],
    ['acceptor', merchant.acceptorId],
    ['status', word(merchant.status)],
    ['terminals', merchant.terminals.map((one) => one.terminalId).join(' ')],
    ['networks', merchant.networks.join(' ')],
    ['currencies', merchant.currencies.join(' ')],
    ['fees', fees(merchant)],
    ['capture', word(merchant.defaultCaptureMethod)],
    ['limits', `intent ${limits?.intentMinorMax ?? 0n}, day ${limits?.dailyMinorMax ?? 0n} minor units (0: none)`],
    ['since', time(merchant.createdAtUs)],
  ]);
}

function changeFees(merchantId: string, options: FeesOptions): Promise<void> {
  return using(options, async (connection) => {
    const { feePlan } = await unary(connection, connection.merchants, 'getMerchant', { merchantId });
    const plan = FeePlan.create({
      ...feePlan,
      ...given('basisPoints', options.basisPoints),
      ...given('reserveBasisPoints', options.reserveBasisPoints),
      ...given('reserveDays', options.reserveBasisPoints === '0' ? '0' : options.reserveDays),
    });
    if (options.fixed !== undefined) plan.fixedMinor = BigInt(numberOf(options.fixed));
    const request = UpdateMerchantRequest.create({
      merchant: Merchant.create({ merchantId, feePlan: plan }),
      fields: ['fee_plan'],
    });
    describeMerchant(await unary(connection, connection.merchants, 'updateMerchant', request), options);
  });
}

function given<Name extends string>(name: Name, text: string | undefined): Partial<Record<Name, number>> {
  return text === undefined ? {} : ({ [name]: numberOf(text) } as Record<Name, number>);
}

function numberOf(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new Failure('numbers are digits only, like 150', 2);
  return Number(text);
}

function create(merchantId: string, options: CreateOptions): Promise<void> {
  return using(options, async (connection) => {
    const request = CreateApiKeyRequest.create({
      merchantId,
      label: options.label,
      replacesKeyId: options.replaces ?? '',
      overlapMs: overlapMs(options.overlap),
    });
    const made = await unary(connection, connection.merchants, 'createApiKey', request);
    if (options.json === true) return printJson(made);
    line(`key     ${made.key?.keyId ?? ''}`);
    // Not through the redactor: this is the one place where the secret is shown.
    process.stdout.write(`secret  ${made.secret}\n`);
    line('Keep the secret now: it is shown this once.');
    if (options.replaces !== undefined) line(`${options.replaces} ends after ${options.overlap}`);
  });
}

function listKeys(merchantId: string, options: JsonOptions & { readonly ended?: boolean }): Promise<void> {
  return using(options, async (connection) => {
    const found: ApiKey[] = [];
    let pageToken = '';
    do {
      const request = ListApiKeysRequest.create({
        merchantId,
        ended: options.ended ?? false,
        pageSize: 500,
        pageToken,
      });
      const page = await unary(connection, connection.merchants, 'listApiKeys', request);
      found.push(...page.keys);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    if (options.json === true) return printJson(found);
    if (found.length === 0) return line('no keys');
    for (const key of found) describeKey(key);
  });
}

function describeKey(key: ApiKey): void {
  const end = key.expiresAtUs === 0n ? 'no end set' : `ends ${time(key.expiresAtUs)}`;
  line(`${key.keyId}  ${key.label === '' ? '-' : key.label}  ${end}`);
  for (const event of key.events) {
    const note = event.note === '' ? '' : ` (${event.note})`;
    line(`  ${time(event.atUs)} ${word(event.action)} by ${event.identity}${note}`);
  }
}

function revoke(merchantId: string, keyId: string, options: EndOptions): Promise<void> {
  return using(options, async (connection) => {
    const request = RevokeApiKeyRequest.create({
      merchantId,
      keyId,
      overlapMs: overlapMs(options.overlap),
      note: options.note,
    });
    const key = await unary(connection, connection.merchants, 'revokeApiKey', request);
    if (options.json === true) return printJson(key);
    describeKey(key);
  });
}
