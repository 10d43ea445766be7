// The store of the payment path in memory: the statements of store/ by name, each whole or not at all. Same keys, same checks, same
// answers as PostgreSQL; core-grpc/model/mirror.ts runs both side by side and compares every answer.
import type { Column } from '../../store/arrays.ts';
import * as columns from '../../store/tables.ts';
import { type Cell, type Row, readRows, text, uuidText } from './cells.ts';
import { officeStatements } from './office.ts';
import { makeTables, type Table, type Tables } from './tables.ts';

/** What a statement inserted or changed. */
export interface Change {
  readonly table: keyof Tables;
  readonly row: Row;
}

/** A row of an answer, as pg gives it to the code. */
export type Answer = Record<string, unknown>;

/** What a statement does with its parameters. */
export type Statement = (values: readonly unknown[]) => Answer[];

/** A database of one program. */
export class MemoryDatabase {
  readonly tables: Tables = makeTables();
  /** Hears of each statement that changed something, once it is committed. */
  onCommit: (changes: readonly Change[]) => void = () => {};
  private readonly sequences = new Map<string, number>();
  private readonly statements: Readonly<Record<string, Statement>> = {
    open: (values) => this.open(values),
    conclude: (values) => this.conclude(values, false),
    conclude_rare: (values) => this.conclude(values, true),
    find_keys: (values) => this.findKeys(values),
    find_cards: (values) => this.findCards(values),
    load_intents: (values) => this.loadIntents(values),
    load_attempts: (values) => this.loadAttempts(values),
    lease_sequence: ([network, size]) => this.lease(String(network), Number(size)),
    claim_owed: (values) => this.claimOwed(values),
    put_off_owed: (values) => this.putOff(values),
    hasten_owed: (values) => this.hasten(values),
    open_attempts: (values) => this.openAttempts(values),
    find_attempt: (values) => this.findAttempt(values),
    ...officeStatements(this.tables, (changes) => this.onCommit(changes)),
  };

  /** Runs a statement by its name; throws a DatabaseError, and then nothing has changed. */
  run(name: string, values: readonly unknown[]): Answer[] {
    const statement = this.statements[name];
    if (statement === undefined) throw new Error(`the store in memory does not know the statement ${name}: add it`);
    return statement(values);
  }

  private open(values: readonly unknown[]): Answer[] {
    const read = reader(values);
    const keys = read(columns.idempotencyColumns);
    const intents = read(columns.intentColumns);
    const attempts = read(columns.attemptColumns);
    const versions = read(columns.versionColumns);
    const cards = read(columns.cardColumns);
    const fresh = withoutConflicts(this.tables.idempotency, keys);
    const mine = new Set(fresh.map((row) => text(row['intent_id'])));
    const ours = (rows: readonly Row[]): Row[] => rows.filter((row) => mine.has(text(row['intent_id'])));
    this.commit([
      ['idempotency', fresh],
      ['intent', ours(intents)],
      ['attempt', ours(attempts)],
      ['version', ours(versions)],
      ['card', withoutConflicts(this.tables.card, cards)],
    ]);
    return [{ stored: fresh.length }];
  }

  private conclude(values: readonly unknown[], rare: boolean): Answer[] {
    const read = reader(values);
    const outcomes = read(columns.outcomeColumns);
    const versions = read(columns.versionColumns);
    const journals = read(columns.journalColumns);
    const attempts = rare ? read(columns.attemptColumns) : [];
    const owed = rare ? read(columns.owedColumns) : [];
    const ends = rare ? read(columns.owedEndColumns) : [];
    // The update sees what was there before the statement.
    const ended = ends.flatMap((end) => {
      const row = this.tables.owed.get(this.tables.owed.keyOf(end));
      return row === undefined ? [] : [{ row, end }];
    });
    const changed = owed.filter((row) => this.tables.owed.get(this.tables.owed.keyOf(row)) !== undefined);
    for (const row of owed) this.tables.owed.mayBe(row);
    this.commit(
      [
        ['outcome', outcomes],
        ['version', versions],
        ['journal', journals],
        ['attempt', attempts],
        ['owed', owed.filter((row) => !changed.includes(row)).map((row) => ({ ...row, done_at_us: null }))],
      ],
      () => [
        ...changed.map((row) => this.oweAgain(row)),
        ...ended.map(({ row, end }) =>
          this.tables.owed.replace(row, { state: end['state'] as Cell, done_at_us: end['at_us'] as Cell }),
        ),
      ],
    );
    return [];
  }

  /** `on conflict do update`: the time of its making stays. */
  private oweAgain(row: Row): Row {
    const before = this.tables.owed.get(this.tables.owed.keyOf(row)) as Row;
    const { created_at_us: _made, amount_minor: _amount, network: _network, ...changes } = row;
    return this.tables.owed.replace(before, { ...changes, done_at_us: null });
  }

  private commit(inserts: ReadonlyArray<readonly [keyof Tables, readonly Row[]]>, then: () => Row[] = () => []): void {
    for (const [name, rows] of inserts) this.tables[name].mayInsert(rows);
    for (const [name, rows] of inserts) this.tables[name].insert(rows);
    const changes: Change[] = inserts.flatMap(([table, rows]) => rows.map((row) => ({ table, row })));
    for (const row of then()) changes.push({ table: 'owed', row });
    this.onCommit(changes);
  }

  private findKeys(values: readonly unknown[]): Answer[] {
    return readRows(columns.idempotencyColumns.slice(0, 2), values).flatMap((key) => {
      const row = this.tables.idempotency.get(this.tables.idempotency.keyOf(key));
      return row === undefined ? [] : [printed(row)];
    });
  }

  private findCards(values: readonly unknown[]): Answer[] {
    const keys = readRows(columns.cardColumns.slice(0, 2), values);
    return keys.flatMap((key) => {
      const row = this.tables.card.get(this.tables.card.keyOf(key));
      return row === undefined ? [] : [row];
    });
  }

  private loadIntents(values: readonly unknown[]): Answer[] {
    const answers: Answer[] = [];
    for (const key of this.wanted(values)) {
      const intent = this.tables.intent.get(this.tables.intent.keyOf(key));
      if (intent === undefined) continue;
      const versions = [...this.versionsOf(key)].sort((a, b) => (a['version'] as number) - (b['version'] as number));
      if (versions.length === 0) answers.push(joined(intent, [{ row: noVersion, prefix: 'v_' }]));
      for (const row of versions) answers.push(joined(intent, [{ row, prefix: 'v_' }]));
    }
    return answers;
  }

  private versionsOf(key: Row): readonly Row[] {
    return this.tables.version.group(key['merchant_id'] as Cell, key['intent_id'] as Cell);
  }

  private loadAttempts(values: readonly unknown[]): Answer[] {
    const answers: Answer[] = [];
    for (const key of this.wanted(values)) {
      const group = [key['merchant_id'] as Cell, key['intent_id'] as Cell] as const;
      const attempts = [...this.tables.attempt.group(...group)].sort(by('attempt_id'));
      const outcomes = this.tables.outcome.group(...group);
      for (const attempt of attempts) {
        const mine = outcomes.filter((row) => same(row['attempt_id'], attempt['attempt_id']));
        mine.sort((a, b) => (a['seq'] as number) - (b['seq'] as number));
        const card = this.tables.card.get(this.tables.card.keyOf(attempt));
        const owed = this.tables.owed.get(this.tables.owed.keyOf(attempt));
        const sides = [
          { row: card ?? noCard, prefix: 'c_' },
          { row: owed ?? noOwed, prefix: 'w_' },
        ];
        for (const row of mine.length === 0 ? [noOutcome] : mine) {
          answers.push(joined(attempt, [...sides, { row, prefix: 'o_' }]));
        }
      }
    }
    return answers;
  }

  private wanted(values: readonly unknown[]): Row[] {
    return readRows(columns.intentColumns.slice(0, 2), values).sort(by('intent_id')).sort(by('merchant_id'));
  }

  private lease(network: string, size: number): Answer[] {
    const first = this.sequences.get(network) ?? 0;
    this.sequences.set(network, first + size);
    return [{ first: String(first) }];
  }

  private claimOwed([instanceId, nowUs, leaseUs, triesMax, claimMax]: readonly unknown[]): Answer[] {
    const due = [...this.tables.owed.all()].filter(
      (row) => row['state'] === 1 && (row['due_at_us'] as bigint) <= (nowUs as bigint),
    );
    due.sort((a, b) => Number((a['due_at_us'] as bigint) - (b['due_at_us'] as bigint)));
    return due.slice(0, Number(claimMax)).map((row) => {
      const tries = row['tries'] as number;
      const exhausted = tries >= Number(triesMax);
      this.changeOwed(row, {
        claimed_by: Number(instanceId),
        due_at_us: (nowUs as bigint) + BigInt(leaseUs as number),
        tries: exhausted ? tries : tries + 1,
      });
      return { ...attemptKey(row), exhausted };
    });
  }

  private changeOwed(row: Row, changes: Readonly<Record<string, Cell>>): void {
    this.onCommit([{ table: 'owed', row: this.tables.owed.replace(row, changes) }]);
  }

  private owedBy(values: readonly unknown[]): Row | undefined {
    const key = values.slice(0, 3).map((hex) => Buffer.from(String(hex), 'hex').toString('latin1'));
    const row = this.tables.owed.get(key.join('/'));
    return row?.['state'] === 1 ? row : undefined;
  }

  private putOff(values: readonly unknown[]): Answer[] {
    const row = this.owedBy(values);
    if (row !== undefined) {
      const tries = (row['tries'] as number) - Number(values[4]);
      this.changeOwed(row, { due_at_us: values[3] as bigint, tries });
    }
    return [];
  }

  private hasten(values: readonly unknown[]): Answer[] {
    const row = this.owedBy(values);
    const [nowUs, aheadUs] = [values[3] as bigint, BigInt(values[4] as number)];
    if (row !== undefined && (row['due_at_us'] as bigint) > nowUs + aheadUs) this.changeOwed(row, { due_at_us: nowUs });
    return [];
  }

  private openAttempts([sinceUs, instanceId, limit]: readonly unknown[]): Answer[] {
    const found: Answer[] = [];
    for (const row of this.tables.attempt.all()) {
      if ((row['created_at_us'] as bigint) < (sinceUs as bigint) || row['instance_id'] !== instanceId) continue;
      if (this.tables.outcome.get(this.tables.outcome.keyOf({ ...row, seq: 1 })) === undefined) {
        found.push(attemptKey(row));
      }
    }
    return found.slice(0, Number(limit));
  }

  private findAttempt([attemptId, fromUs, toUs]: readonly unknown[]): Answer[] {
    for (const row of this.tables.attempt.all()) {
      const madeUs = row['created_at_us'] as bigint;
      if (madeUs < (fromUs as bigint) || madeUs > (toUs as bigint)) continue;
      if ((row['attempt_id'] as Buffer).toString('hex') === attemptId) {
        return [attemptKey(row)];
      }
    }
    return [];
  }
}

/** Reads the parameters of one table after another. */
function reader(values: readonly unknown[]): <T>(of: ReadonlyArray<Column<T>>) => Row[] {
  let at = 0;
  return (of) => {
    const rows = readRows(of, values, at);
    at += of.length;
    return rows;
  };
}

/** `on conflict do nothing`: of two rows with one key the first counts. */
function withoutConflicts(table: Table, rows: readonly Row[]): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const key = table.keyOf(row);
    if (table.get(key) !== undefined || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function nulls<T>(of: ReadonlyArray<Column<T>>): Row {
  return Object.fromEntries(of.map((column) => [column.name, null]));
}

const noVersion = nulls(columns.versionColumns);
const noCard = nulls(columns.cardColumns);
const noOutcome = nulls(columns.outcomeColumns);
const noOwed = nulls(columns.owedColumns);

/** A row and those joined to it: each column under its prefix, and under its own name where that is free. */
function joined(row: Row, others: ReadonlyArray<{ readonly row: Row; readonly prefix: string }>): Answer {
  const answer: Answer = { ...row };
  for (const other of others) {
    for (const name of Object.keys(other.row)) {
      answer[other.prefix + name] = other.row[name];
      if (!(name in answer)) answer[name] = other.row[name];
    }
  }
  return answer;
}

/** As pg gives a row without parsers of our own: text for uuid and int8. */
function printed(row: Row): Answer {
  const answer: Answer = {};
  for (const [name, cell] of Object.entries(row)) {
    const uuid = Buffer.isBuffer(cell) && name.endsWith('_id');
    answer[name] = uuid ? uuidText(cell) : typeof cell === 'bigint' ? String(cell) : cell;
  }
  return answer;
}

function attemptKey(row: Row): Answer {
  return {
    merchant_id: uuidText(row['merchant_id']),
    intent_id: uuidText(row['intent_id']),
    attempt_id: uuidText(row['attempt_id']),
  };
}

function by(column: string): (a: Row, b: Row) => number {
  return (a, b) => Buffer.compare(a[column] as Buffer, b[column] as Buffer);
}

function same(a: Cell | undefined, b: Cell | undefined): boolean {
  return Buffer.isBuffer(a) && Buffer.isBuffer(b) && a.equals(b);
}
