// Loads that are killed at random points of their course and done again leave what one load leaves, to the last column of every table.
// CARD_EDGE_KILLS (make kill-loads N=50) says how many kills must hit a running load, CARD_EDGE_SEED chooses the dice.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t from 'tap';
import { withDatabase } from '../../../cli/up/postgres.ts';
import { seeded } from '../../../test/support/load.ts';
import { settlementDatabase } from '../testing-store.ts';
import { beforeTheDay, contents, eventfulDay, loadHere } from './testing/day.ts';
import { type Course, MortalServer, type Point, runLoader, type Victim } from './testing/victims.ts';

const kills = Number(process.env['CARD_EDGE_KILLS'] ?? 8);
const seed = Number(process.env['CARD_EDGE_SEED'] ?? Math.floor(Math.random() * 1e9));
/** Lines that simply match: a load of a second or two where many kills are asked for. */
const plain = kills > 8 ? 5_000 : 1_500;
/** Processes die here and never the machine: what they wrote is there, and recovery does not wait for the disk. */
const settings = { fsync: 'off' };
/** A commit is over sooner than a parent can strike: it is struck at up to so many milliseconds, before, in and after it. */
const commitMs = 4;

const victims: readonly Victim[] = ['loader', 'session', 'server', 'backend'];
const phases = ['staging', 'matching', 'writing', 'commit'] as const;
type Phase = (typeof phases)[number];

/** Which part of a load each statement is. */
function phasesOf({ statements }: Course): Phase[] {
  const at = (start: string): number => statements.findIndex(({ sql }) => sql.startsWith(start));
  const [lock, write] = [at('set local lock_timeout'), at('insert into clearing_record')];
  return statements.map(({ sql }, i) =>
    sql === 'commit' ? 'commit' : i < lock ? 'staging' : i < write ? 'matching' : 'writing',
  );
}

/** A point of the phase: all its moments are equally likely. */
function pointIn(course: Course, phase: Phase, random: () => number): Point {
  if (phase === 'commit') return { statement: course.statements.length - 1, afterMs: random() * commitMs };
  const spans = phasesOf(course).flatMap((one, i) => {
    const from = course.statements[i]?.atMs ?? 0;
    return one === phase ? [{ statement: i, ms: (course.statements[i + 1]?.atMs ?? course.durationMs) - from }] : [];
  });
  let left = random() * spans.reduce((sum, { ms }) => sum + ms, 0);
  for (const { statement, ms } of spans) {
    if (left <= ms) return { statement, afterMs: left };
    left -= ms;
  }
  return { statement: spans.at(-1)?.statement ?? 0, afterMs: 0 };
}

t.test(`${kills} kills of a load, seed ${seed}`, { timeout: kills > 8 ? 0 : 240_000 }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'card-edge-kill-loads-'));
  const server = await MortalServer.start(dir, settings);
  t.teardown(async () => {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const day = eventfulDay(plain);
  const path = join(dir, 'day.csv');
  writeFileSync(path, day.file);
  await server.ask('create database before');
  const store = await settlementDatabase(withDatabase(server.url, 'before'));
  await beforeTheDay(store, day);
  store.clock.advance(1_000);
  const empty = await contents(store.pool);
  await store.pool.end();

  /** A database as it was before the day. */
  const fresh = async (name: string): Promise<string> => {
    await server.ask(`create database ${name} template before`);
    return withDatabase(server.url, name);
  };
  const inDatabase = async <T>(url: string, run: (pool: pg.Pool) => Promise<T>): Promise<T> => {
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    try {
      return await run(pool);
    } finally {
      await pool.end();
    }
  };
  const loader = { path, nowMs: store.clock.nowMs() };
  const onceUrl = await fresh('once');
  const course = await runLoader({ ...loader, url: onceUrl }, undefined, async () => {});
  t.match(course.done, { state: 'LOADED', matched: plain + 80, exceptions: 60 });
  const once = await inDatabase(onceUrl, contents);
  t.not(once['clearing_record'], empty['clearing_record'], 'the comparison sees lines');
  t.not(once['dispute'], empty['dispute'], 'and disputes');

  const random = seeded(seed);
  const hits: string[] = [];
  let missed = 0;
  let missedNow = 0;
  let survived = 0;
  for (let tries = 0; hits.length < kills && tries < 3 * kills + 20; tries += 1) {
    // By turns, so that each victim meets each phase. After a miss it is the next phase's turn: a session cannot be ended in a commit.
    const turn = hits.length;
    const whom = victims[turn % victims.length] ?? 'loader';
    const when = phases[(turn + Math.floor(turn / phases.length) + missedNow) % phases.length] ?? 'staging';
    const url = await fresh('killed');
    let backend = 0;
    // What went out before the kill: the load itself goes on to a rollback, if it can.
    let struck: Course = { statements: [], durationMs: 0, done: undefined };
    const killed = await runLoader({ ...loader, url }, pointIn(course, when, random), async (process, pid, sofar) => {
      backend = pid;
      struck = sofar;
      await server.kill(whom, process, pid);
    });
    if (backend !== 0) await server.settled(whom, backend);
    const hit = phasesOf(course)[struck.statements.length - 1] ?? 'commit';
    const where = `${whom} killed at ${hit}, statement ${struck.statements.length} of ${course.statements.length}`;
    if (killed.done === undefined && backend !== 0) {
      await inDatabase(url, async (pool) => {
        const left = await contents(pool);
        const whole = left['clearing_record'] !== empty['clearing_record'];
        if (whole) survived += 1;
        t.same(left, whole ? once : empty, `${where}: all or nothing`);
        const again = await loadHere(pool, store.clock, day.file);
        t.match(again, { state: whole ? 'ALREADY_LOADED' : 'LOADED' }, `${where}: loaded again`);
        t.same(await contents(pool), once, `${where}: as if loaded once`);
      });
      hits.push(`${whom} ${hit}`);
      missedNow = 0;
    } else {
      missed += 1;
      missedNow += 1;
    }
    await server.ask('drop database killed with (force)');
  }
  t.equal(hits.length, kills, 'so many kills hit a load that ran');
  const counted = [...new Set(hits)].sort().map((hit) => `${hit} ${hits.filter((one) => one === hit).length}`);
  t.comment(
    `a load: ${Math.round(course.durationMs)} ms, ${course.statements.length} statements, ${plain} plain lines`,
  );
  t.comment(`${hits.length} hits, ${missed} misses, ${survived} had committed: ${counted.join(', ')}`);
});
