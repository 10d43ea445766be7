// What the control socket can be asked: a table of commands.
import type { Clock } from '../common/clock.ts';
import { certifyCommands } from './certify/commands.ts';
import { ControlError, type ControlHandler, type ControlRequest } from './control.ts';
import { type FaultRules, faultKinds, readFaultRules } from './faults.ts';
import type { IssuedLevel } from './issuer/authentication.ts';
import type { Books, Row } from './issuer/books.ts';
import { type Card, testCards } from './issuer/cards.ts';
import type { CardChecks } from './issuer/checks.ts';
import { referenceOf } from './issuer/issuer.ts';
import { requestKinds } from './issuer/request.ts';
import type { NetworkHost } from './network-host/host.ts';
import { askedNames } from './network-host/manager.ts';
import type { ClearingFile } from './settlement/day.ts';
import { type FileFault, readFileFaults } from './settlement/file-faults.ts';
import { type FileFormat, fileFormats, readFileFormat, wholeFileRecordsMax } from './settlement/formats.ts';

/** Rows in one answer: about 5 MB of JSON. `next` tells where to go on. */
export const rowsPerAnswerMax = 10_000;

export interface CommandParts {
  readonly books: Books;
  readonly host: NetworkHost;
  readonly checks: CardChecks;
  readonly faults: FaultRules;
  readonly clock: Clock;
  readonly cutOver: (faults: readonly FileFault[], format: FileFormat) => Promise<ClearingFile>;
}

/** The handler of the control socket. */
export function controlHandler(parts: CommandParts): ControlHandler {
  const commands: Readonly<Record<string, ControlHandler>> = {
    /** {"command":"cutover","faults":["missing"],"format":"ipm"} -> {"file":path,"records":n}: ends the settlement day; what its file shall get wrong. */
    cutover: async (request) => {
      const fileFaults = readFileFaults(request['faults'] ?? []);
      if (typeof fileFaults === 'string') throw new ControlError(fileFaults);
      const format = readFileFormat(request['format']);
      if (format === undefined) throw new ControlError(`format must be one of ${fileFormats.join(', ')}`);
      if (format !== 'csv' && parts.books.unsettledCount > wholeFileRecordsMax)
        throw new ControlError(`a day of more than ${wholeFileRecordsMax} records is written as csv only`);
      const { path, records } = await parts.cutOver(fileFaults, format);
      return { file: path, records };
    },
    /** {"command":"books","from":1,"limit":10000} -> totals, rows from a place on, and `next` while there are more. */
    books: (request) => booksAnswer(parts, request),
    /** {"command":"cards"} -> the test cards with their CVV2: they exist in this simulator only. */
    cards: async () => ({
      cards: await Promise.all(
        testCards.map(async (card) => ({
          name: card.name,
          pan: card.pan,
          expiry: card.expiryYymm,
          pin: card.pin,
          postalCode: card.postalCode,
          street: card.street,
          cvv2: (await parts.checks.cvv2Of(card)) ?? null,
          authentication: await authenticationOf(parts.checks, card),
          // A card with a limit does not approve for ever: not one for load.
          answers: card.answers ?? limitOf(card),
        })),
      ),
    }),
    /** {"command":"faults","rules":[{"rate":0.01,"kind":"lose-answer"}],"seed":1} -> the rules; an empty list ends them. */
    faults: (request) => {
      const rules = readFaultRules(request['rules']);
      if (typeof rules === 'string') throw new ControlError(rules);
      const seed = request['seed'] ?? 1;
      if (typeof seed !== 'number' || !Number.isInteger(seed)) throw new ControlError('seed must be a whole number');
      parts.faults.set(rules, seed);
      return { rules, seed, kinds: faultKinds };
    },
    ...certifyCommands(parts),
    /** {"command":"send","what":"echo"} -> the network asks something of every signed-on acquirer, with trace numbers of its own. */
    send: async (request) => {
      const what = askedNames.find((name) => name === request['what']);
      if (what === undefined) throw new ControlError(`what must be one of ${askedNames.join(', ')}`);
      const usage = request['usage'] ?? 'P0';
      if (typeof usage !== 'string') throw new ControlError('usage must be an X9.143 key usage, such as P0');
      const { manager } = parts.host;
      const stans = await Promise.all(parts.host.open().map((connection) => manager.ask(connection, what, usage)));
      if (stans.includes(undefined)) throw new ControlError('this network shares no key of that usage');
      return { sent: stans };
    },
    /** {"command":"asked"} -> what the network asked last, and the answers. */
    asked: () => ({ asked: parts.host.manager.asked.map(({ what, stan, code }) => ({ what, stan, code })) }),
    /** {"command":"status"} -> what the host counted since it started. */
    status: () => ({
      ...parts.host.counts,
      links: parts.host.links(),
      standIn: { away: parts.host.standIn.away, owed: parts.host.standIn.owed, told: parts.host.standIn.told },
      verdicts: Object.fromEntries(parts.host.verdicts),
    }),
  };
  return (request) => {
    const command = Object.hasOwn(commands, request.command) ? commands[request.command] : undefined;
    if (command === undefined) throw new ControlError(`command must be one of ${Object.keys(commands).join(', ')}`);
    return command(request);
  };
}

/** What the issuer gives out after 3-D Secure, by level, base64; null when its HSM cannot say. */
async function authenticationOf(checks: CardChecks, card: Card): Promise<Record<IssuedLevel, string> | null> {
  const [authenticated, attempted] = await Promise.all([
    checks.authenticationValueOf(card, 'authenticated'),
    checks.authenticationValueOf(card, 'attempted'),
  ]);
  if (authenticated === undefined || attempted === undefined) return null;
  return { authenticated: authenticated.toString('base64'), attempted: attempted.toString('base64') };
}

/** DE39 that a card's limits come to, or null. */
function limitOf({ debitsPerDayMax, debitMinorMax, balanceMinor }: Card): string | null {
  return debitsPerDayMax !== undefined
    ? '65'
    : debitMinorMax !== undefined
      ? '61'
      : balanceMinor !== undefined
        ? '51'
        : null;
}

function booksAnswer(parts: CommandParts, request: ControlRequest): object {
  const from = wholeNumber(request['from'] ?? 1, 'from');
  const limit = Math.min(wholeNumber(request['limit'] ?? rowsPerAnswerMax, 'limit'), rowsPerAnswerMax);
  const rows: object[] = [];
  let next: number | null = null;
  for (const row of parts.books.rows(from)) {
    if (rows.length === limit) {
      next = row.seq;
      break;
    }
    rows.push(shown(row));
  }
  return { totals: totals(parts), rows, next };
}

function wholeNumber(given: unknown, name: string): number {
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 0)
    throw new ControlError(`${name} must be a whole number`);
  return given;
}

function shown(row: Row): object {
  const { entry, ...standing } = row;
  const { fingerprint: _fingerprint, ...facts } = entry;
  return { ...facts, ...standing, networkReference: referenceOf(row.seq), approved: entry.approvedMinor > 0n };
}

/** Sums over the rows in memory and over all accounts. */
function totals(parts: CommandParts): object {
  const kinds: Record<string, { booked: number; approved: number; standingMinor: bigint }> = {};
  for (const kind of requestKinds) kinds[kind] = { booked: 0, approved: 0, standingMinor: 0n };
  for (const row of parts.books.rows()) {
    const kind = kinds[row.entry.kind];
    if (kind === undefined) continue;
    kind.booked += 1;
    if (row.entry.approvedMinor > 0n) kind.approved += 1;
    kind.standingMinor += row.entry.kind === 'authorization' ? row.heldMinor : row.postedMinor;
  }
  const accounts: Record<string, { heldMinor: bigint; postedMinor: bigint }> = {};
  for (const [name, { heldMinor, postedMinor }] of parts.books.allAccounts())
    accounts[name] = { heldMinor, postedMinor };
  return {
    entries: parts.books.count,
    files: parts.books.files,
    unsettled: parts.books.unsettledCount,
    kinds,
    accounts,
    messages: parts.host.counts,
  };
}
