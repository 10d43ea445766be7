// Answers that name no attempt: found by the references that the wire carries, or kept as they are.
import type pg from 'pg';
import type { LateAnswer } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import { storeFault, uuidBytes } from './pool.ts';
import type { AttemptKey } from './tables.ts';

/** Half of the time window in which an attempt is looked for around a moment. */
const windowUs = 60_000_000n;

/** Without a transmission time: how far back an answer can come. */
const answerAgeUsMax = 3_600_000_000n;

interface KeyRow {
  readonly merchant_id: string;
  readonly intent_id: string;
  readonly attempt_id: string;
}

/** An attempt by its identifier alone: the time in it (UUID version 7) bounds the scan. */
export async function findAttempt(pool: pg.Pool, attemptId: Buffer): Promise<AttemptKey | undefined> {
  const madeAtUs = BigInt(attemptId.readUIntBE(0, 6)) * 1000n;
  const found = await pool.query<KeyRow>({
    name: 'find_attempt',
    text: `select merchant_id, intent_id, attempt_id from attempt
           where created_at_us between $2::bigint and $3::bigint and attempt_id = $1::uuid limit 1`,
    values: [attemptId.toString('hex'), madeAtUs - windowUs, madeAtUs + windowUs],
  });
  return keyOf(found.rows[0]);
}

/** Whose answer it is, and whether to the attempt itself or to the message that is owed for it. */
export interface Placed {
  readonly key: AttemptKey;
  readonly owed: boolean;
}

/** The attempt, or the owed message, with these references on the wire; undefined: there is none, or no single one. */
export async function findByReferences(pool: pg.Pool, answer: LateAnswer, nowUs: bigint): Promise<Placed | undefined> {
  const { network, stan, rrn } = answer;
  if (network === '' || stan === '' || rrn === '') return undefined;
  const atUs = momentOf(answer.transmissionTime, nowUs);
  const fromUs = atUs === undefined ? nowUs - answerAgeUsMax : atUs - windowUs;
  const toUs = atUs === undefined ? nowUs : atUs + windowUs;
  const found = await pool
    .query<KeyRow & { owed: boolean }>({
      name: 'find_by_references',
      text: `select merchant_id, intent_id, attempt_id, false as owed from attempt
             where created_at_us between $4::bigint and $5::bigint and network = $1 and rtrim(rrn) = rtrim($2) and stan = $3
             union all
             select merchant_id, intent_id, attempt_id, true from owed
             where state = 1 and kind <> 2 and network = $1 and rtrim(rrn) = rtrim($2) and stan = $3
             limit 2`,
      values: [network, rrn, stan, fromUs, toUs],
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  const row = found.rows[0];
  const key = keyOf(row);
  return key === undefined || row === undefined || found.rows.length > 1 ? undefined : { key, owed: row.owed };
}

/** DE7 (MMDDhhmmss, UTC) as a moment: in the year that brings it nearest to now. */
export function momentOf(transmissionTime: string, nowUs: bigint): bigint | undefined {
  const parts = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(transmissionTime)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [month = 1, day = 1, hour = 0, minute = 0, second = 0] = parts;
  const nowMs = Number(nowUs / 1000n);
  const year = new Date(nowMs).getUTCFullYear();
  const moments = [year - 1, year, year + 1].map((one) => Date.UTC(one, month - 1, day, hour, minute, second));
  const nearest = moments.reduce((best, one) => (Math.abs(one - nowMs) < Math.abs(best - nowMs) ? one : best));
  return BigInt(nearest) * 1000n;
}

/** Keeps an answer that could not be placed. */
export async function keepStray(pool: pg.Pool, strayId: Buffer, answer: LateAnswer, atUs: bigint): Promise<void> {
  const { outcome } = answer;
  await pool.query({
    name: 'keep_stray',
    text: `insert into stray_answer (stray_id, attempt_id, network, mti, response_code, authorization_code, network_reference, link, at_us,
             stan, rrn, transmission_time, terminal_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    values: [
      strayId.toString('hex'),
      answer.attemptId,
      answer.network,
      answer.mti,
      outcome?.responseCode ?? '',
      outcome?.authorizationCode ?? '',
      outcome?.networkReference ?? '',
      outcome?.link ?? '',
      atUs,
      answer.stan,
      answer.rrn,
      answer.transmissionTime,
      answer.terminalId,
    ],
  });
}

/** A stray answer as kept. */
export interface StrayAnswer {
  readonly strayId: Buffer;
  readonly attemptId: string;
  readonly network: string;
  readonly mti: string;
  readonly responseCode: string;
  readonly authorizationCode: string;
  readonly networkReference: string;
  readonly stan: string;
  readonly rrn: string;
  readonly transmissionTime: string;
  readonly terminalId: string;
  readonly link: string;
  readonly atUs: bigint;
}

/** Stray answers, newest first, of one network or all, from before a moment and id on. */
export async function listStrays(
  pool: pg.Pool,
  network: string,
  before: Pick<StrayAnswer, 'strayId' | 'atUs'> | undefined,
  count: number,
): Promise<StrayAnswer[]> {
  const found = await pool
    .query<Record<string, string>>({
      name: 'list_strays',
      text: `select * from stray_answer where ($1 = '' or network = $1)
               and ($2::bigint is null or (at_us, stray_id) < ($2::bigint, $3::uuid)) order by at_us desc, stray_id desc limit $4`,
      values: [network, before?.atUs ?? null, before?.strayId.toString('hex') ?? null, count],
    })
    .catch((error: unknown) => {
      throw storeFault(error);
    });
  return found.rows.map((row) => ({
    strayId: uuidBytes(row['stray_id'] as string),
    attemptId: row['attempt_id'] ?? '',
    network: row['network'] ?? '',
    mti: row['mti'] ?? '',
    responseCode: row['response_code'] ?? '',
    authorizationCode: row['authorization_code'] ?? '',
    networkReference: row['network_reference'] ?? '',
    stan: row['stan'] ?? '',
    rrn: row['rrn'] ?? '',
    transmissionTime: row['transmission_time'] ?? '',
    terminalId: row['terminal_id'] ?? '',
    link: row['link'] ?? '',
    atUs: BigInt(row['at_us'] ?? 0),
  }));
}

function keyOf(row: KeyRow | undefined): AttemptKey | undefined {
  if (row === undefined) return undefined;
  return {
    merchantId: uuidBytes(row.merchant_id),
    intentId: uuidBytes(row.intent_id),
    attemptId: uuidBytes(row.attempt_id),
  };
}
