// The tables of the payment path in memory, with the keys and checks of the migrations.
import { type Cell, type Row, text } from './cells.ts';

/** An error as PostgreSQL gives it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  /** SQLSTATE. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** A table: rows by primary key, and by what the key begins with. */
export class Table {
  readonly name: string;
  private readonly keyColumns: readonly string[];
  private readonly check: (row: Row) => boolean;
  private readonly rows = new Map<string, Row>();
  private readonly groups = new Map<string, Row[]>();

  constructor(name: string, keyColumns: readonly string[], check: (row: Row) => boolean = () => true) {
    this.name = name;
    this.keyColumns = keyColumns;
    this.check = check;
  }

  keyOf(row: Row): string {
    return this.keyColumns.map((column) => text(row[column])).join('/');
  }

  private groupOf(row: Row): string {
    return text(row[this.keyColumns[0] as string]) + text(row[this.keyColumns[1] as string]);
  }

  get(key: string): Row | undefined {
    return this.rows.get(key);
  }

  /** Rows whose key begins with these two columns, in no order. */
  group(first: Cell, second: Cell): readonly Row[] {
    return this.groups.get(text(first) + text(second)) ?? [];
  }

  all(): IterableIterator<Row> {
    return this.rows.values();
  }

  /** Throws what PostgreSQL would: 23505 for a key that exists, 23514 for a check. */
  mayInsert(rows: readonly Row[]): void {
    const seen = new Set<string>();
    for (const row of rows) {
      const key = this.keyOf(row);
      if (this.rows.has(key) || seen.has(key)) throw new DatabaseError('23505', `duplicate key in ${this.name}`);
      seen.add(key);
      this.mayBe(row);
    }
  }

  mayBe(row: Row): void {
    if (!this.check(row)) throw new DatabaseError('23514', `a row of ${this.name} breaks a check`);
  }

  insert(rows: readonly Row[]): void {
    for (const row of rows) {
      this.rows.set(this.keyOf(row), row);
      const group = this.groupOf(row);
      const others = this.groups.get(group);
      if (others === undefined) this.groups.set(group, [row]);
      else others.push(row);
    }
  }

  replace(row: Row, changes: Readonly<Record<string, Cell>>): Row {
    const changed: Row = { ...row, ...changes };
    this.mayBe(changed);
    this.rows.set(this.keyOf(row), changed);
    const others = this.groups.get(this.groupOf(row)) as Row[];
    others[others.indexOf(row)] = changed;
    return changed;
  }
}

function minor(row: Row, column: string): bigint {
  return row[column] as bigint;
}

function versionHolds(row: Row): boolean {
  const [amount, authorized, captured] = [
    minor(row, 'amount_minor'),
    minor(row, 'authorized_minor'),
    minor(row, 'captured_minor'),
  ];
  const refunded = minor(row, 'refunded_minor');
  return (
    (row['version'] as number) >= 2 &&
    authorized >= 0n &&
    captured >= 0n &&
    refunded >= 0n &&
    refunded <= captured &&
    minor(row, 'disputed_minor') >= 0n &&
    captured + authorized <= amount
  );
}

function journalHolds(row: Row): boolean {
  const accounts = literal(row['accounts']);
  const amounts = literal(row['amounts']);
  const sum = amounts.reduce((total, one) => total + one, 0n);
  return accounts.length === amounts.length && amounts.length >= 2 && amounts.length <= 8 && sum === 0n;
}

/** The numbers of an array literal. */
export function literal(cell: Cell | undefined): bigint[] {
  return String(cell).slice(1, -1).split(',').map(BigInt);
}

/** The tables of the payment path. */
export interface Tables {
  readonly idempotency: Table;
  readonly intent: Table;
  readonly attempt: Table;
  readonly version: Table;
  readonly card: Table;
  readonly outcome: Table;
  readonly journal: Table;
  readonly owed: Table;
  readonly review: Table;
  readonly expiring: Table;
}

/** Empty tables, with the primary keys and checks of the migrations. */
export function makeTables(): Tables {
  const ofIntent = ['merchant_id', 'intent_id'];
  const ofAttempt = [...ofIntent, 'attempt_id'];
  const zeroOrMore = (row: Row): boolean => minor(row, 'amount_minor') >= 0n;
  return {
    idempotency: new Table('idempotency', ['merchant_id', 'key']),
    intent: new Table('intent', ofIntent, zeroOrMore),
    attempt: new Table('attempt', ofAttempt, zeroOrMore),
    version: new Table('intent_version', [...ofIntent, 'version'], versionHolds),
    card: new Table('card', ['merchant_id', 'card_id'], (row) => String(row['last4']).length === 4),
    outcome: new Table('outcome', [...ofAttempt, 'seq'], (row) => (row['seq'] as number) >= 1),
    journal: new Table('journal', ['merchant_id', 'journal_id'], journalHolds),
    owed: new Table('owed', ofAttempt, (row) => [1, 2, 3].includes(row['state'] as number)),
    review: new Table('review_action', [...ofAttempt, 'action_number'], (row) => String(row['operator']).length > 0),
    expiring: new Table('expiring', ofIntent),
  };
}
