// The end of an exchange about totals as the reply of the rpc.
import type { ReconcileReply } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { ExchangeEnd } from './exchange.ts';

/** The reply. `nowUs`: when the exchange ended, microseconds since 1970 UTC. */
export function reconcileReply(end: ExchangeEnd, nowUs: bigint): ReconcileReply {
  const nothing = { result: 'UNSPECIFIED', totals: undefined, responseCode: '', answeredAtUs: 0n } as const;
  if (end.kind === 'not_sent') return { ...nothing, outcome: 'NOT_SENT', reason: end.reason, link: '' };
  if (end.kind === 'unanswered') return { ...nothing, outcome: 'UNKNOWN', reason: end.reason, link: end.link };
  const { read, link } = end;
  if (read.about !== 'totals') return { ...nothing, outcome: 'UNKNOWN', reason: 'INVALID_ANSWER', link };
  const { result, totals, responseCode } = read;
  return { outcome: 'APPROVED', reason: 'UNSPECIFIED', result, totals, responseCode, link, answeredAtUs: nowUs };
}
