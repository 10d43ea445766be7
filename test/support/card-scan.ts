// Looks for card data where none may be: files of a system and every text and binary column of its database.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { findPans, maskPan } from '../../common/redact.ts';
import { testCards } from '../../simulators/issuer/cards.ts';

/** A place where card data stands. */
export interface Finding {
  /** File, or table and column. */
  readonly where: string;
  /** Masked. */
  readonly what: string;
}

interface Needle {
  readonly bytes: Buffer;
  readonly what: string;
}

/** Card numbers that tests use, in the forms in which bytes may hide them: text, packed digits, base64 at each of its three offsets. */
const needles: readonly Needle[] = testCards.flatMap(({ pan }) => {
  const packed = Buffer.from(pan.length % 2 === 0 ? pan : `0${pan}`, 'hex');
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), Buffer.from(pan)]).toString('base64');
    // The first and last characters depend on the neighbours.
    return text.slice(offset === 0 ? 0 : 4, Math.floor(((offset + pan.length) * 8) / 6) - 1);
  });
  return [
    { bytes: Buffer.from(pan), what: `${maskPan(pan)} as text` },
    { bytes: packed, what: `${maskPan(pan)} as packed digits` },
    ...base64.map((text) => ({ bytes: Buffer.from(text), what: `${maskPan(pan)} in base64` })),
  ];
});

/** What stands in some bytes: test cards in any form, and whatever passes for a card number. */
export function scanBytes(bytes: Buffer): string[] {
  const found = needles.filter((needle) => bytes.includes(needle.bytes)).map((needle) => needle.what);
  const text = bytes.toString('latin1');
  for (const { at, length } of findPans(text)) found.push(maskPan(text.slice(at, at + length)));
  return found;
}

/** All files below a folder. */
export function scanFolder(folder: string): Finding[] {
  const findings: Finding[] = [];
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, String(name));
    if (!statSync(path).isFile()) continue;
    for (const what of scanBytes(readFileSync(path))) findings.push({ where: path, what });
  }
  return findings;
}

/** Every column of every table that can hold text or bytes. */
export async function scanDatabase(
  url: string,
): Promise<{ readonly findings: Finding[]; readonly columns: number; readonly values: number }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows: columns } = await client.query<{ table: string; column: string; type: string }>(
      `select c.table_name as table, c.column_name as column, c.data_type as type
       from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
       where table_schema = 'public' and t.table_type = 'BASE TABLE'
         and c.data_type in ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY', 'bytea', 'xml', 'numeric')`,
    );
    const findings: Finding[] = [];
    let values = 0;
    for (const { table, column, type } of columns) {
      const value = type === 'bytea' ? `"${column}"` : `convert_to("${column}"::text, 'UTF8')`;
      const { rows } = await client.query<{ value: Buffer }>(
        `select ${value} as value from "${table}" where "${column}" is not null`,
      );
      values += rows.length;
      for (const row of rows)
        for (const what of scanBytes(row.value)) findings.push({ where: `${table}.${column}`, what });
    }
    return { findings, columns: columns.length, values };
  } finally {
    await client.end();
  }
}
