// card-edge review: what the core could not resolve by itself, and the decisions of people about it.
import { userInfo } from 'node:os';
import { Command, Option } from 'commander';
import {
  ListReviewsRequest,
  ListStrayAnswersRequest,
  ResolveAttemptRequest,
  type Review,
  type ReviewAction,
  type ReviewDecision,
  type StrayAnswer,
} from '../proto/gen/cardedge/core/v1/reviews.ts';
import { type Connection, type ConnectOptions, connect, unary, withConnectOptions } from './connect.ts';
import { Failure } from './failure.ts';
import { describeAttempt, describeIntent, line, money, printJson, table, time, word } from './print.ts';

interface ListOptions extends ConnectOptions {
  readonly merchant?: string;
  readonly json?: boolean;
}

interface ResolveOptions extends ConnectOptions {
  readonly evidence: string;
  readonly operator?: string;
  readonly note: string;
  readonly json?: boolean;
}

const decisions = {
  retry: 'RETRY',
  approved: 'APPROVED',
  declined: 'DECLINED',
  reversed: 'REVERSED',
} as const satisfies Readonly<Record<string, ReviewDecision>>;

const listHelp = `
An attempt is here when its reversal or repeat went unanswered through every try, or when the network contradicts itself.
Exit code 0: nothing waits; 1: something does.`;

const resolveHelp = `
Decisions:
  retry      send the owed reversal or repeat again (one person)
  approved   the network has it and it stands: the money is booked
  declined   it never had an effect
  reversed   it had an effect and the network has taken it back

About money two people decide: the first call proposes, the same call with another --operator carries it out. Both are kept for ever.

  card-edge review resolve at_... approved --evidence "network case 4711" --operator anna
  card-edge review resolve at_... approved --evidence "network case 4711" --operator bert

Exit code 0: carried out; 21: a second person must confirm.`;

const straysHelp = `
A network answered something that nobody here had asked: the gateway did not know the request any more, and neither the attempt's name nor STAN, RRN and
time led to one. Nothing is dropped: search the references with "card-edge intent show", compare with the settlement file of the day, ask the network.`;

/** Exit code of a decision that waits for the second person: as for an outcome that is not known yet. */
const exitProposed = 21;

/** The verb. */
export function reviewCommand(): Command {
  const command = new Command('review').description('decide what the core could not resolve by itself');
  withConnectOptions(command.command('list'))
    .description('attempts that wait for a decision, oldest first')
    .option('--merchant <id>', 'one merchant')
    .option('--json', 'print JSON')
    .addHelpText('after', listHelp)
    .action(list);
  withConnectOptions(command.command('resolve'))
    .description('decide about an attempt')
    .argument('<attempt>', '"at_..."')
    .argument('<decision>', Object.keys(decisions).join(' | '))
    .option('--evidence <text>', 'what the decision rests on, e.g. the case at the network', '')
    .addOption(new Option('--operator <name>', 'who decides (default: the login name)').env('CARD_EDGE_OPERATOR'))
    .option('--note <text>', 'why', '')
    .option('--json', 'print JSON')
    .addHelpText('after', resolveHelp)
    .action(resolve);
  withConnectOptions(command.command('strays'))
    .description('answers of networks that belong to no attempt, newest first')
    .option('--network <name>', 'one network', '')
    .option('--limit <n>', 'how many at most', '50')
    .option('--json', 'print JSON')
    .addHelpText('after', straysHelp)
    .action(strays);
  return command;
}

/** All that waits, page by page. */
async function* reviews(connection: Connection, merchantId: string): AsyncGenerator<Review> {
  let pageToken = '';
  do {
    const request = ListReviewsRequest.create({ merchantId, pageSize: 500, pageToken });
    const page = await unary(connection, connection.reviews, 'listReviews', request);
    yield* page.reviews;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
}

async function list(options: ListOptions): Promise<void> {
  const connection = connect(options);
  try {
    const found: Review[] = [];
    for await (const one of reviews(connection, options.merchant ?? '')) found.push(one);
    if (options.json === true) printJson(found);
    else if (found.length === 0) line('nothing waits for a decision');
    else table([['ATTEMPT', 'KIND', 'AMOUNT', 'SINCE', 'TRIES', 'DECISIONS'], ...found.map(row)]);
    if (found.length > 0) process.exitCode = 1;
  } finally {
    connection.close();
  }
}

interface StraysOptions extends ConnectOptions {
  readonly network: string;
  readonly limit: string;
  readonly json?: boolean;
}

async function strays(options: StraysOptions): Promise<void> {
  const limit = Number(options.limit);
  if (!/^\d{1,6}$/.test(options.limit) || limit === 0) throw new Failure('--limit must be a number above zero', 2);
  const connection = connect(options);
  try {
    const found: StrayAnswer[] = [];
    let pageToken = '';
    do {
      const pageSize = Math.min(500, limit - found.length);
      const request = ListStrayAnswersRequest.create({ network: options.network, pageSize, pageToken });
      const page = await unary(connection, connection.reviews, 'listStrayAnswers', request);
      found.push(...page.answers);
      pageToken = page.nextPageToken;
    } while (pageToken !== '' && found.length < limit);
    if (options.json === true) printJson(found);
    else if (found.length === 0) line('no stray answers');
    else
      table([
        ['WHEN', 'NETWORK', 'MTI', 'ANSWER', 'STAN', 'RRN', 'SENT (DE7)', 'TERMINAL', 'LINK', 'NAMED'],
        ...found.map((one) => [
          time(one.atUs),
          one.network,
          one.mti,
          one.responseCode,
          one.stan,
          one.rrn,
          one.transmissionTime,
          one.terminalId,
          one.link,
          one.attemptId,
        ]),
      ]);
  } finally {
    connection.close();
  }
}

function row(review: Review): string[] {
  const { attempt } = review;
  return [
    attempt?.attemptId ?? '',
    word(attempt?.kind ?? 'UNSPECIFIED'),
    money(attempt?.amount),
    time(review.sinceUs),
    `${review.tries}`,
    review.actions.map((one) => `${word(one.decision)} by ${one.operator}`).join(', '),
  ];
}

async function resolve(attemptId: string, decision: string, options: ResolveOptions): Promise<void> {
  if (!Object.hasOwn(decisions, decision))
    throw new Failure(`the decision must be one of ${Object.keys(decisions).join(', ')}`, 2);
  const connection = connect(options);
  try {
    const review = await find(connection, attemptId);
    const request = ResolveAttemptRequest.create({
      merchantId: review.merchantId,
      intentId: review.attempt?.intentId ?? '',
      attemptId,
      decision: decisions[decision as keyof typeof decisions],
      operator: options.operator ?? userInfo().username,
      evidenceReference: options.evidence,
      note: options.note,
    });
    const answer = await unary(connection, connection.reviews, 'resolveAttempt', request);
    if (options.json === true) {
      printJson(answer);
    } else {
      if (answer.intent !== undefined) for (const text of describeIntent(answer.intent)) line(text);
      if (answer.attempt !== undefined) for (const text of describeAttempt(answer.attempt)) line(text);
      for (const action of answer.actions) line(describeAction(action));
      line(answer.carriedOut ? 'carried out' : 'proposed: another operator must confirm it with the same command');
    }
    if (!answer.carriedOut) process.exitCode = exitProposed;
  } finally {
    connection.close();
  }
}

async function find(connection: Connection, attemptId: string): Promise<Review> {
  for await (const one of reviews(connection, '')) if (one.attempt?.attemptId === attemptId) return one;
  throw new Failure(`${attemptId} does not wait for a decision: "card-edge review list" shows what does`, 4);
}

function describeAction(action: ReviewAction): string {
  const evidence = action.evidenceReference === '' ? '' : ` on "${action.evidenceReference}"`;
  return `  ${time(action.atUs)} ${action.operator}: ${word(action.decision)}${evidence}${action.note === '' ? '' : ` (${action.note})`}`;
}
