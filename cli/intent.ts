// card-edge intent: reads intents with their attempts and evidence.
import { Command } from 'commander';
import { GetIntentRequest, ListIntentsRequest } from '../proto/gen/cardedge/core/v1/payments.ts';
import { type ConnectOptions, connect, systemInfo, unary, withConnectOptions } from './connect.ts';
import { describeAttempt, describeIntent, line, money, printJson, table, time, word } from './print.ts';

interface IntentOptions extends ConnectOptions {
  readonly merchant?: string;
  readonly limit?: string;
  readonly json?: boolean;
}

/** The verb. */
export function intentCommand(): Command {
  const command = new Command('intent').description('read payment intents');
  withConnectOptions(command.command('show'))
    .description('show one intent, its attempts and the evidence of their statuses')
    .argument('<intent>', 'intent id, "pi_..."')
    .option('--merchant <id>', 'merchant (default: the demo merchant)')
    .option('--json', 'print JSON')
    .action(show);
  withConnectOptions(command.command('list'))
    .description('list intents, newest first')
    .option('--merchant <id>', 'merchant (default: the demo merchant)')
    .option('--limit <n>', 'how many, 1 to 500', '20')
    .option('--json', 'print JSON')
    .action(list);
  return command;
}

async function show(intentId: string, options: IntentOptions): Promise<void> {
  const merchantId = options.merchant ?? systemInfo(options).demo.merchantId;
  const connection = connect(options);
  try {
    const request = GetIntentRequest.create({ merchantId, intentId });
    const reply = await unary(connection, connection.payments, 'getIntent', request);
    if (options.json === true) {
      printJson(reply);
      return;
    }
    if (reply.intent !== undefined) for (const text of describeIntent(reply.intent)) line(text);
    for (const attempt of reply.attempts) for (const text of describeAttempt(attempt)) line(text);
  } finally {
    connection.close();
  }
}

async function list(options: IntentOptions): Promise<void> {
  const merchantId = options.merchant ?? systemInfo(options).demo.merchantId;
  const connection = connect(options);
  try {
    const request = ListIntentsRequest.create({ merchantId, pageSize: Number(options.limit) });
    const { intents } = await unary(connection, connection.payments, 'listIntents', request);
    if (options.json === true) printJson(intents);
    else table(intents.map((one) => [one.intentId, word(one.status), money(one.amount), time(one.createdAtUs)]));
  } finally {
    connection.close();
  }
}
