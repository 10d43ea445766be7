// Watching changes: what was committed is read in order of versions, so a change is sent once it can be read by anybody.
// One intent: exact, by version. A merchant: by time with an overlap for commits that become visible late; each change of an intent is sent
// in order and once per watch; after a resume the overlap may come again (at least once; the version tells).
import { setTimeout as wait } from 'node:timers/promises';
import { Fault } from '../../common/errors.ts';
import type { WatchRequest, WatchResponse } from '../../proto/gen/cardedge/core/v1/payments.ts';
import { type Core, nowUsOf } from '../flow/core.ts';
import { attemptMessage, intentOf } from '../flow/replies.ts';
import { attemptOf, type IntentRecord, newest } from '../payments/model.ts';
import { type Change, changesSince } from '../store/list.ts';
import { intentText } from '../store/load.ts';
import { checkGetIntent } from './check.ts';
import { badField, makeToken, readToken } from './page.ts';
import { Violations } from './violations.ts';

/** How often the store is asked. */
const pollMs = 200;

/** How late a commit may become visible after the time that it carries. */
const overlapUs = 5_000_000n;

/** Changes read at once. */
const changesMax = 1_000;

/** Watches of one instance: each asks the store five times a second. */
export const watchesMax = 1_000;

/** The changes as they come, until `ended` says so. */
export async function* watch(core: Core, request: WatchRequest, ended: AbortSignal): AsyncGenerator<WatchResponse> {
  if (request.intentId !== '') yield* watchIntent(core, request, ended);
  else yield* watchMerchant(core, request, ended);
}

async function* watchIntent(core: Core, request: WatchRequest, ended: AbortSignal): AsyncGenerator<WatchResponse> {
  const key = checkGetIntent(request);
  const first = await core.loader.load(key);
  if (first === undefined) throw new Fault('NOT_FOUND', 'There is no such intent.');
  let version = request.resumeToken === '' ? newest(first).version : Number(numberOf(request.resumeToken, 'v'));
  for (let record: IntentRecord | undefined = first; !ended.aborted; record = await core.loader.load(key)) {
    for (const response of record === undefined ? [] : changesAfter(record, version, (n) => makeToken(['v', `${n}`]))) {
      yield response;
      version = Number(response.intent?.version);
    }
    await pause(ended);
  }
}

async function* watchMerchant(core: Core, request: WatchRequest, ended: AbortSignal): AsyncGenerator<WatchResponse> {
  const found = new Violations();
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  found.done();
  let sinceUs = request.resumeToken === '' ? nowUsOf(core) : numberOf(request.resumeToken, 't');
  const startUs = request.resumeToken === '' ? sinceUs : sinceUs - overlapUs;
  // What was sent of the overlap, by intent: the newest version and when it was made.
  const sent = new Map<string, { version: number; atUs: bigint }>();
  while (!ended.aborted) {
    const fromUs = sinceUs - overlapUs > startUs ? sinceUs - overlapUs : startUs;
    for (let page = await read(undefined); page.length > 0 && !ended.aborted; ) {
      const fresh = page.filter((change) => (sent.get(intentText(change))?.version ?? 0) < change.version);
      const records = await Promise.all(fresh.map((change) => core.loader.load(change)));
      for (const [i, change] of fresh.entries()) {
        const record = records[i];
        const name = intentText(change);
        const known = sent.get(name)?.version ?? change.version - 1;
        if (record === undefined || known >= change.version) continue;
        for (const response of changesAfter(record, known, () => makeToken(['t', `${change.atUs}`]))) yield response;
        sent.set(name, { version: newest(record).version, atUs: change.atUs });
      }
      const last = page.at(-1);
      if (last !== undefined && last.atUs > sinceUs) sinceUs = last.atUs;
      page = page.length < changesMax ? [] : await read(last);
    }
    for (const [name, one] of sent) if (one.atUs < sinceUs - 2n * overlapUs) sent.delete(name);
    await pause(ended);

    async function read(after: Change | undefined): Promise<Change[]> {
      return changesSince(core.pools.keyed, merchantId, fromUs, after, changesMax);
    }
  }
}

/** The number in a resume token: a version of an intent (v) or a time (t). */
function numberOf(token: string, kind: 'v' | 't'): bigint {
  const [given, text = ''] = readToken(token, 2, 'resume_token');
  if (given !== kind || !/^\d{1,18}$/.test(text)) throw badField('resume_token', 'is not a token of this watch');
  return BigInt(text);
}

function changesAfter(record: IntentRecord, version: number, token: (version: number) => string): WatchResponse[] {
  return record.versions
    .filter((state) => state.version > version)
    .map((state) => {
      const subject = attemptOf(record, state.attemptId);
      const count = subject?.outcomes.filter((one) => one.version <= state.version).length ?? 0;
      return {
        intent: intentOf(record, state),
        attempt: subject === undefined ? undefined : attemptMessage(subject, count),
        resumeToken: token(state.version),
      };
    });
}

async function pause(ended: AbortSignal): Promise<void> {
  await wait(pollMs, undefined, { signal: ended }).catch(() => {});
}
