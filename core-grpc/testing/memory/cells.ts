// Parameters of our statements back to values: the reverse of store/arrays.ts, for the store in memory.
import type { Column, ElementType } from '../../store/arrays.ts';

/** A value in a table. uuid and bytea are bytes, int8 is bigint. */
export type Cell = Buffer | bigint | number | boolean | string | null;

/** A row by column names. */
export type Row = Readonly<Record<string, Cell>>;

/** Bytes before the first element: dimensions, null flag, oid, length, lower bound. */
const headerBytes = 20;

function readElement(type: ElementType, bytes: Buffer, at: number, length: number): Cell {
  switch (type) {
    case 'uuid':
    case 'bytea':
      return Buffer.from(bytes.subarray(at, at + length));
    case 'int8':
      return bytes.readBigInt64BE(at);
    case 'int4':
      return bytes.readInt32BE(at);
    case 'int2':
      return bytes.readInt16BE(at);
    case 'bool':
      return bytes[at] === 1;
    case 'text':
      return bytes.toString('utf8', at, at + length);
  }
}

/** The elements of a one-dimensional array in binary format. */
export function readArray(type: ElementType, bytes: Buffer): Cell[] {
  if (bytes.readInt32BE(0) === 0) return [];
  const count = bytes.readInt32BE(12);
  const cells: Cell[] = [];
  let at = headerBytes;
  for (let i = 0; i < count; i += 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) {
      cells.push(null);
      continue;
    }
    cells.push(readElement(type, bytes, at, length));
    at += length;
  }
  return cells;
}

/** The rows that some columns' parameters hold; takes as many parameters as there are columns. */
export function readRows<T>(columns: ReadonlyArray<Column<T>>, values: readonly unknown[], first = 0): Row[] {
  const arrays = columns.map((column, i) => readArray(column.type, values[first + i] as Buffer));
  const rows: Row[] = [];
  const count = arrays[0]?.length ?? 0;
  for (let n = 0; n < count; n += 1) {
    const row: Record<string, Cell> = {};
    for (let i = 0; i < columns.length; i += 1) {
      row[(columns[i] as Column<T>).name] = (arrays[i] as Cell[])[n] as Cell;
    }
    rows.push(row);
  }
  return rows;
}

/** A uuid or bytes as a key of a map. */
export function text(cell: Cell | undefined): string {
  return Buffer.isBuffer(cell) ? cell.toString('latin1') : String(cell);
}

/** A uuid as PostgreSQL prints it. */
export function uuidText(cell: Cell | undefined): string {
  const hex = (cell as Buffer).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
