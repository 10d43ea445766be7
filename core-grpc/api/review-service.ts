// ReviewService: what waits for people, and their decisions.
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { formatId, parseId } from '../../common/ids.ts';
import { textCharsMax } from '../../common/limits.ts';
import type * as proto from '../../proto/gen/cardedge/core/v1/reviews.ts';
import type { ServiceHandlers } from '../../proto/service.ts';
import type { Core } from '../flow/core.ts';
import { attemptMessage, intentOf } from '../flow/replies.ts';
import { type ReviewCommand, resolveAttempt } from '../flow/review.ts';
import { attemptOf, newest } from '../payments/model.ts';
import { listReviews, type ReviewAction, type ReviewAfter, reviewActions } from '../store/reviews.ts';
import { listStrays } from '../store/stray.ts';
import type { AccessTable } from './access.ts';
import { asFault, statusOf } from './faults.ts';
import { badField, makeToken, pageSizeOf, readToken } from './page.ts';
import { callerOf } from './server.ts';
import { Violations } from './violations.ts';

const service = 'ReviewService';

/** Characters of an operator's name. */
const operatorCharsMax = 64;

/** Characters of what a decision rests on: it is shown with the attempt's evidence. */
const evidenceCharsMax = 100;

/** The handlers over a core. */
export function reviewHandlers(core: Core, access: AccessTable): ServiceHandlers<typeof proto.ReviewService> {
  function unary<Request extends { readonly merchantId: string }, Response>(
    method: string,
    run: (request: Request, identity: string) => Promise<Response>,
  ) {
    return (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>): void => {
      const answer = async (): Promise<Response> => {
        const caller = callerOf(access, call);
        caller.check(service, method, call.request.merchantId);
        return run(call.request, caller.identity);
      };
      answer().then(
        (response) => done(null, response),
        (error: unknown) => done(statusOf(asFault(error, core.log))),
      );
    };
  }
  return {
    listReviews: unary('ListReviews', (request) => list(core, request)),
    resolveAttempt: unary('ResolveAttempt', (request, identity) => resolve(core, request, identity)),
    listStrayAnswers: (call, done) => {
      const answer = async (): Promise<proto.ListStrayAnswersResponse> => {
        callerOf(access, call).check(service, 'ListStrayAnswers', '');
        return strays(core, call.request);
      };
      answer().then(
        (response) => done(null, response),
        (error: unknown) => done(statusOf(asFault(error, core.log))),
      );
    },
  };
}

async function list(core: Core, request: proto.ListReviewsRequest): Promise<proto.ListReviewsResponse> {
  const found = new Violations();
  const merchantId = request.merchantId === '' ? undefined : found.id('merchant', 'merchant_id', request.merchantId);
  found.done();
  const count = pageSizeOf(request.pageSize);
  const keys = await listReviews(core.pools.keyed, merchantId, afterOf(request.pageToken), count);
  const reviews: proto.Review[] = [];
  for (const key of keys) {
    const record = await core.loader.load(key);
    const subject = record === undefined ? undefined : attemptOf(record, key.attemptId);
    if (subject === undefined) continue;
    const actions = await reviewActions(core.pools.keyed, key);
    reviews.push({
      attempt: attemptMessage(subject),
      merchantId: formatId('merchant', key.merchantId),
      tries: key.tries,
      sinceUs: key.sinceUs,
      actions: actions.map(actionMessage),
    });
  }
  const last = keys.at(-1);
  const more = keys.length === count && last !== undefined;
  return {
    reviews,
    nextPageToken: more ? makeToken([`${last.sinceUs}`, formatId('attempt', last.attemptId)]) : '',
  };
}

async function strays(core: Core, request: proto.ListStrayAnswersRequest): Promise<proto.ListStrayAnswersResponse> {
  const count = pageSizeOf(request.pageSize);
  const found = new Violations();
  found.check(/^[a-z0-9-]{0,32}$/.test(request.network), 'network', 'must be a name like simnet, or empty');
  found.done();
  const [at = '', id = ''] = request.pageToken === '' ? [] : readToken(request.pageToken, 2, 'page_token');
  const strayId = parseId('stray', id);
  if (request.pageToken !== '' && (strayId === undefined || !/^\d{1,18}$/.test(at)))
    throw badField('page_token', 'is not a token that this service gave');
  const before = strayId === undefined ? undefined : { strayId, atUs: BigInt(at) };
  const answers = await listStrays(core.pools.keyed, request.network, before, count);
  const last = answers.at(-1);
  const more = answers.length === count && last !== undefined;
  return {
    answers: answers.map((one) => ({ ...one, strayId: formatId('stray', one.strayId) })),
    nextPageToken: more ? makeToken([`${last.atUs}`, formatId('stray', last.strayId)]) : '',
  };
}

function afterOf(token: string): ReviewAfter | undefined {
  if (token === '') return undefined;
  const [since = '', id = ''] = readToken(token, 2, 'page_token');
  const attemptId = parseId('attempt', id);
  if (attemptId === undefined || !/^\d{1,18}$/.test(since))
    throw badField('page_token', 'is not a token that this service gave');
  return { sinceUs: BigInt(since), attemptId };
}

async function resolve(
  core: Core,
  request: proto.ResolveAttemptRequest,
  identity: string,
): Promise<proto.ResolveAttemptResponse> {
  const result = await resolveAttempt(core, checkResolve(request, identity));
  return {
    carriedOut: result.carriedOut,
    attempt: attemptMessage(result.subject),
    intent: intentOf(result.record, newest(result.record)),
    actions: result.actions.map(actionMessage),
  };
}

function checkResolve(request: proto.ResolveAttemptRequest, identity: string): ReviewCommand {
  const found = new Violations();
  const { decision, operator, evidenceReference } = request;
  const merchantId = found.id('merchant', 'merchant_id', request.merchantId);
  const intentId = found.id('intent', 'intent_id', request.intentId);
  const attemptId = found.id('attempt', 'attempt_id', request.attemptId);
  const known = decision !== 'UNSPECIFIED' && decision !== 'UNRECOGNIZED';
  found.check(known, 'decision', 'must be RETRY, APPROVED, DECLINED or REVERSED');
  const named = operator.length >= 1 && operator.length <= operatorCharsMax && /^[^\p{Cc},:]+$/u.test(operator);
  found.check(named, 'operator', `must be a name of 1 to ${operatorCharsMax} characters, without comma and colon`);
  found.noPan(operator, 'operator');
  found.check(
    decision === 'RETRY' || evidenceReference.length > 0,
    'evidence_reference',
    'must say what the decision rests on, e.g. the number of the case at the network',
  );
  found.text(evidenceReference, 'evidence_reference', evidenceCharsMax);
  found.text(request.note, 'note', textCharsMax);
  found.done();
  return {
    merchantId,
    intentId,
    attemptId,
    decision: known ? decision : 'RETRY',
    operator,
    evidenceReference,
    note: request.note,
    identity,
  };
}

function actionMessage(action: ReviewAction): proto.ReviewAction {
  return { ...action };
}
