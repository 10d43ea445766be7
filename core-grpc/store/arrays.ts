// One-dimensional PostgreSQL arrays in binary format (src/backend/utils/adt/arrayfuncs.c, array_recv): dimensions, null flag, element
// oid, length, lower bound, then per element its length (-1 for null) and bytes. Why our own: pg writes arrays as text, which costs
// Node and PostgreSQL about 3 µs a row more (reference measurement: unnest binary 34, text 41 µs a row at N=64).

/** The element types that the core stores. */
export type ElementType = 'uuid' | 'int8' | 'int4' | 'int2' | 'bool' | 'text' | 'bytea';

/** A value of a column. */
export type ElementValue = Buffer | bigint | number | boolean | string | null | undefined;

/** A column of a table: name, type and where its value comes from. */
export interface Column<Row> {
  readonly name: string;
  readonly type: ElementType;
  /** Set where the array's element type is not the column's type: the cast of the column. */
  readonly cast?: string;
  readonly of: (row: Row) => ElementValue;
}

const oids: Readonly<Record<ElementType, number>> = {
  bool: 16,
  bytea: 17,
  int8: 20,
  int2: 21,
  int4: 23,
  text: 25,
  uuid: 2950,
};
const fixed: Readonly<Record<ElementType, number>> = {
  bool: 1,
  bytea: 0,
  int8: 8,
  int2: 2,
  int4: 4,
  text: 0,
  uuid: 16,
};
const headerBytes = 20;

let scratch = Buffer.allocUnsafeSlow(64 * 1024);
// Buffer's own writeBigInt64BE makes four bigints per value; a DataView makes none.
let view = new DataView(scratch.buffer);

function room(position: number, bytes: number): void {
  if (position + bytes <= scratch.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(scratch.length * 2, position + bytes));
  scratch.copy(larger, 0, 0, position);
  scratch = larger;
  view = new DataView(scratch.buffer);
}

/** The values of one column over all rows, as a parameter in binary format. */
export function encodeColumn<Row>(column: Column<Row>, rows: readonly Row[]): Buffer {
  const size = fixed[column.type];
  let at = headerBytes;
  let nulls = 0;
  for (const row of rows) {
    const value = column.of(row);
    room(at, 4 + (size === 0 ? byteLengthMax(value) : size));
    if (value === null || value === undefined) {
      at = scratch.writeInt32BE(-1, at);
      nulls = 1;
    } else {
      at = writeElement(column, value, at);
    }
  }
  scratch.writeInt32BE(rows.length === 0 ? 0 : 1, 0);
  scratch.writeInt32BE(nulls, 4);
  scratch.writeInt32BE(oids[column.type], 8);
  scratch.writeInt32BE(rows.length, 12);
  scratch.writeInt32BE(1, 16);
  // An empty array has no dimension words.
  return Buffer.from(scratch.subarray(0, rows.length === 0 ? 12 : at));
}

function byteLengthMax(value: ElementValue): number {
  if (typeof value === 'string') return value.length * 3;
  return Buffer.isBuffer(value) ? value.length : 0;
}

function writeElement<Row>(column: Column<Row>, value: Exclude<ElementValue, null | undefined>, at: number): number {
  if (typeof value === 'string') {
    if (column.type !== 'text') throw new TypeError(`column ${column.name} is not text`);
    const bytes = scratch.write(value, at + 4, 'utf8');
    scratch.writeInt32BE(bytes, at);
    return at + 4 + bytes;
  }
  if (typeof value === 'bigint') {
    if (column.type !== 'int8') throw new TypeError(`column ${column.name} is not int8`);
    scratch.writeInt32BE(8, at);
    view.setBigInt64(at + 4, value);
    return at + 12;
  }
  if (typeof value === 'number') {
    if (column.type === 'int4') {
      scratch.writeInt32BE(4, at);
      return scratch.writeInt32BE(value, at + 4);
    }
    if (column.type !== 'int2') throw new TypeError(`column ${column.name} is not a number`);
    scratch.writeInt32BE(2, at);
    return scratch.writeInt16BE(value, at + 4);
  }
  if (typeof value === 'boolean') {
    if (column.type !== 'bool') throw new TypeError(`column ${column.name} is not a boolean`);
    scratch.writeInt32BE(1, at);
    return scratch.writeUInt8(value ? 1 : 0, at + 4);
  }
  if (column.type !== 'bytea' && (column.type !== 'uuid' || value.length !== 16)) {
    throw new TypeError(`column ${column.name} is not bytes of this length`);
  }
  scratch.writeInt32BE(value.length, at);
  value.copy(scratch, at + 4);
  return at + 4 + value.length;
}

/** All columns of some rows, as parameters. */
export function encodeColumns<Row>(columns: ReadonlyArray<Column<Row>>, rows: readonly Row[]): Buffer[] {
  return columns.map((column) => encodeColumn(column, rows));
}

/** `insert into table (...) select ... from unnest(...)` with parameters from `first` on; `filter` is a condition over `t`. */
export function insertRows<Row>(
  table: string,
  columns: ReadonlyArray<Column<Row>>,
  first: number,
  filter = '',
): string {
  const names = columns.map((column) => column.name).join(', ');
  const values = columns.map((column) =>
    column.cast === undefined ? `t.${column.name}` : `t.${column.name}::${column.cast}`,
  );
  return `insert into ${table} (${names}) select ${values.join(', ')} from ${unnest(columns, first)} ${filter}`;
}

/** `unnest($1::uuid[], ...) as t (...)`. */
export function unnest<Row>(columns: ReadonlyArray<Column<Row>>, first: number): string {
  const parameters = columns.map((column, i) => `$${first + i}::${column.type}[]`).join(', ');
  return `unnest(${parameters}) as t (${columns.map((column) => column.name).join(', ')})`;
}
