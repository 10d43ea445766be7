// ISO 20022 bank statements, camt.053.001.02 to .14: what the bank says came and went. Closes payouts and what networks paid.
//
//   Document/BkToCstmrStmt/GrpHdr/MsgId
//                         /Stmt/Acct/Id/IBAN
//                              /Bal (OPBD opening, CLBD closing, ...)
//                              /Ntry/Amt Ccy, CdtDbtInd, Sts, BookgDt, ValDt, NtryDtls/TxDtls/Refs
//
// Check of a statement: opening + credits - debits = closing, over its booked entries, where both balances are there in one currency.
import { bankEntriesMax } from '../../../../common/limits.ts';
import { currencyOf } from '../../../../common/money.ts';
import { Problems } from '../problems.ts';
import { type ClearingRecord, emptySummary, type FileReader } from '../record.ts';
import { XmlReader } from './xml.ts';

/** A balance as it stands in the document. */
export interface Balance {
  type: string;
  amount: string;
  currency: string;
  /** CRDT or DBIT. */
  sign: string;
  date: string;
}

/** One transaction of an entry. */
export interface EntryDetail {
  endToEndId: string;
  accountServicerReference: string;
  transactionId: string;
  remittance: string[];
}

/** One entry: a line of the bank's statement. */
export interface Entry {
  reference: string;
  amount: string;
  currency: string;
  sign: string;
  /** BOOK, PDNG, INFO. */
  status: string;
  reversal: string;
  booked: string;
  valued: string;
  accountServicerReference: string;
  domain: string;
  family: string;
  subFamily: string;
  proprietary: string;
  details: EntryDetail[];
}

/** One statement. */
export interface Statement {
  id: string;
  created: string;
  iban: string;
  otherId: string;
  balances: Balance[];
  entries: Entry[];
}

/** True if a file that starts with these bytes is a camt.053. */
export function isCamt053(head: Buffer): boolean {
  const text = head
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '')
    .trimStart();
  return text.startsWith('<') && text.includes('urn:iso:std:iso:20022:tech:xsd:camt.053.001.');
}

/** Where a text goes: the end of its path below Stmt. First that fits; longer paths first. */
const statementTexts: ReadonlyArray<readonly [string, 'id' | 'created' | 'iban' | 'otherId']> = [
  ['Stmt/Id', 'id'],
  ['Stmt/CreDtTm', 'created'],
  ['Stmt/Acct/Id/IBAN', 'iban'],
  ['Stmt/Acct/Id/Othr/Id', 'otherId'],
];
const balanceTexts: ReadonlyArray<readonly [string, keyof Balance]> = [
  ['Bal/Tp/CdOrPrtry/Cd', 'type'],
  ['Bal/Tp/CdOrPrtry/Prtry', 'type'],
  ['Bal/Amt', 'amount'],
  ['Bal/CdtDbtInd', 'sign'],
  ['Bal/Dt/Dt', 'date'],
  ['Bal/Dt/DtTm', 'date'],
];
const entryTexts: ReadonlyArray<readonly [string, Exclude<keyof Entry, 'details'>]> = [
  ['Ntry/NtryRef', 'reference'],
  ['Ntry/Amt', 'amount'],
  ['Ntry/CdtDbtInd', 'sign'],
  ['Ntry/RvslInd', 'reversal'],
  ['Ntry/Sts', 'status'],
  ['Ntry/Sts/Cd', 'status'],
  ['Ntry/BookgDt/Dt', 'booked'],
  ['Ntry/BookgDt/DtTm', 'booked'],
  ['Ntry/ValDt/Dt', 'valued'],
  ['Ntry/ValDt/DtTm', 'valued'],
  ['Ntry/AcctSvcrRef', 'accountServicerReference'],
  ['Ntry/BkTxCd/Domn/Cd', 'domain'],
  ['Ntry/BkTxCd/Domn/Fmly/Cd', 'family'],
  ['Ntry/BkTxCd/Domn/Fmly/SubFmlyCd', 'subFamily'],
  ['Ntry/BkTxCd/Prtry/Cd', 'proprietary'],
];
const detailTexts: ReadonlyArray<readonly [string, Exclude<keyof EntryDetail, 'remittance'>]> = [
  ['TxDtls/Refs/EndToEndId', 'endToEndId'],
  ['TxDtls/Refs/AcctSvcrRef', 'accountServicerReference'],
  ['TxDtls/Refs/TxId', 'transactionId'],
];

/** Reads a bank statement. It has no lines of payments: `push` gives none, `statements` has what it holds. */
export class Camt053Reader implements FileReader {
  readonly format = 'camt.053';
  readonly summary = emptySummary();
  readonly problems = new Problems();
  readonly statements: Statement[] = [];
  /** Version of the message, e.g. "02". */
  version = '';
  messageId = '';
  created = '';
  private readonly xml: XmlReader;
  private readonly path: string[] = [];
  private balance: Balance | undefined;
  private entry: Entry | undefined;
  private detail: EntryDetail | undefined;
  private entries = 0;

  constructor() {
    this.xml = new XmlReader({
      open: (name, attributes, byte) => this.open(name, attributes, byte),
      close: (name, text, byte) => this.close(name, text, byte),
      wrong: (text, byte) => this.problems.add(0, byte, '', text),
    });
  }

  push(piece: Buffer): readonly ClearingRecord[] {
    this.xml.push(piece);
    return [];
  }

  end(): readonly ClearingRecord[] {
    this.xml.end();
    this.summary.records = this.entries;
    return [];
  }

  private open(name: string, attributes: ReadonlyMap<string, string>, byte: number): void {
    this.path.push(name);
    if (name === 'Document') {
      this.version =
        /camt\.053\.001\.(\d\d)$/.exec([...attributes.values()].find((one) => one.includes(':camt.053.')) ?? '')?.[1] ??
        '';
      if (this.version === '') this.problems.add(0, byte, 'Document', 'is not a camt.053.001');
    } else if (this.at('BkToCstmrStmt/Stmt')) {
      this.statements.push({ id: '', created: '', iban: '', otherId: '', balances: [], entries: [] });
    } else if (this.at('Stmt/Bal')) {
      this.balance = { type: '', amount: '', currency: '', sign: '', date: '' };
    } else if (this.at('Stmt/Ntry')) {
      this.entries += 1;
      this.entry = {
        reference: '',
        amount: '',
        currency: '',
        sign: '',
        status: '',
        reversal: '',
        booked: '',
        valued: '',
        accountServicerReference: '',
        domain: '',
        family: '',
        subFamily: '',
        proprietary: '',
        details: [],
      }; // prettier-ignore
    } else if (this.at('NtryDtls/TxDtls')) {
      this.detail = { endToEndId: '', accountServicerReference: '', transactionId: '', remittance: [] };
    } else if (this.at('Bal/Amt') && this.balance !== undefined) {
      this.balance.currency = attributes.get('Ccy') ?? '';
    } else if (this.at('Ntry/Amt') && this.entry !== undefined) {
      this.entry.currency = attributes.get('Ccy') ?? '';
    }
  }

  private close(name: string, text: string, byte: number): void {
    const statement = this.statements.at(-1);
    if (this.at('GrpHdr/MsgId')) {
      this.messageId = text;
      this.summary.schemeFileId = text;
    } else if (this.at('GrpHdr/CreDtTm')) {
      this.created = text;
    } else if (statement !== undefined) {
      this.closeInStatement(name, text, byte, statement);
    }
    this.path.pop();
  }

  private closeInStatement(name: string, text: string, byte: number, statement: Statement): void {
    const { balance, entry, detail } = this;
    if (name === 'Bal' && balance !== undefined) {
      this.checkAmount(balance, byte, 'Bal');
      statement.balances.push(balance);
      this.balance = undefined;
    } else if (name === 'Ntry' && entry !== undefined) {
      this.checkAmount(entry, byte, 'Ntry');
      this.count(entry);
      if (this.entries === bankEntriesMax + 1)
        this.problems.add(
          this.entries,
          byte,
          'Ntry',
          `more than ${bankEntriesMax} entries in one file: ask the bank to split it`,
        );
      if (this.entries <= bankEntriesMax) statement.entries.push(entry);
      this.entry = undefined;
    } else if (name === 'TxDtls' && detail !== undefined && entry !== undefined) {
      entry.details.push(detail);
      this.detail = undefined;
    } else if (name === 'Stmt') {
      const problem = unbalanced(statement);
      if (problem !== undefined) this.problems.add(this.entries, byte, 'Bal', problem);
    } else if (text !== '') {
      this.keep(text, statement);
    }
  }

  /** Puts a text where the tables say. */
  private keep(text: string, statement: Statement): void {
    const { balance, entry, detail } = this;
    if (detail !== undefined) {
      for (const [path, key] of detailTexts) if (this.at(path)) detail[key] = text;
      if (this.at('RmtInf/Ustrd')) detail.remittance.push(text);
    } else if (entry !== undefined) {
      for (const [path, key] of entryTexts) if (this.at(path)) entry[key] = text;
    } else if (balance !== undefined) {
      for (const [path, key] of balanceTexts) if (this.at(path)) balance[key] = text;
    } else {
      for (const [path, key] of statementTexts) if (this.at(path)) statement[key] = text;
    }
  }

  private checkAmount(
    of: { readonly amount: string; readonly currency: string; readonly sign: string },
    byte: number,
    field: string,
  ): void {
    if (minorOf(of.amount, of.currency) === undefined) {
      this.problems.add(
        this.entries,
        byte,
        `${field}/Amt`,
        "must be an amount of a currency we know, with no more than the currency's decimals",
      );
    }
    if (of.sign !== 'CRDT' && of.sign !== 'DBIT')
      this.problems.add(this.entries, byte, `${field}/CdtDbtInd`, 'must be CRDT or DBIT');
  }

  private count(entry: Entry): void {
    const minor = minorOf(entry.amount, entry.currency);
    if (minor === undefined || entry.status !== 'BOOK') return;
    this.summary.net.set(
      entry.currency,
      (this.summary.net.get(entry.currency) ?? 0n) + (entry.sign === 'CRDT' ? minor : -minor),
    );
  }

  /** True if the path ends so. */
  private at(path: string): boolean {
    const names = path.split('/');
    const from = this.path.length - names.length;
    return from >= 0 && names.every((name, i) => this.path[from + i] === name);
  }
}

/** Minor units of a decimal text; zeros beyond the currency's decimals are allowed (banks write 18.150 EUR). */
export function minorOf(amount: string, currency: string): bigint | undefined {
  const exponent = currencyOf(currency)?.exponent;
  const match = /^(\d{1,18})(?:\.(\d{0,17}))?$/.exec(amount);
  if (exponent === undefined || match === null) return undefined;
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  if (fraction.length > exponent) return undefined;
  return BigInt((match[1] ?? '') + fraction.padEnd(exponent, '0'));
}

/** What does not add up in a statement, or undefined. */
export function unbalanced(statement: Statement): string | undefined {
  const of = (type: string): Balance | undefined => statement.balances.find((one) => one.type === type);
  const [opening, closing] = [of('OPBD') ?? of('PRCD'), of('CLBD')];
  if (opening === undefined || closing === undefined || opening.currency !== closing.currency) return undefined;
  const signed = (one: { amount: string; currency: string; sign: string }): bigint => {
    const minor = minorOf(one.amount, one.currency) ?? 0n;
    return one.sign === 'DBIT' ? -minor : minor;
  };
  let sum = signed(opening);
  for (const entry of statement.entries)
    if (entry.status === 'BOOK' && entry.currency === opening.currency) sum += signed(entry);
  const end = signed(closing);
  return sum === end
    ? undefined
    : `opening and entries give ${sum}, closing says ${end} (minor units of ${closing.currency})`;
}
