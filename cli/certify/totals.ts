// Totals of a case: what the core would ask or tell of a settlement day, with figures of the case's choice or those that the network said before.
import { randomInt } from 'node:crypto';
import { ReconcileRequest, ReconcileTotals } from '../../proto/gen/cardedge/gateway/v1/gateway.ts';
import type { CallStep } from '../../simulators/certify/pack.ts';
import type { Shown } from '../../simulators/certify/status.ts';
import { type Connection, unary } from '../connect.ts';

/** Longest wait for the gateway's answer, ms: above the network's time-out. */
const callMsMax = 30_000;

/** Totals of today, to one network. */
export class DayTotals {
  private readonly connection: Connection;
  private readonly network: string;
  private said: ReconcileTotals | undefined;

  /** `connection` must be one that the gateway takes submissions from. */
  constructor(connection: Connection, network: string) {
    this.connection = connection;
    this.network = network;
  }

  /** Sends them; shows whether the network answered (`attempt`) and what it found (`totals`). */
  async send(given: CallStep['arguments']): Promise<Shown> {
    const { connection, network } = this;
    const now = new Date().toISOString();
    const own = ReconcileTotals.create({
      debitsCount: BigInt(given['debits'] ?? '0'),
      debitsMinor: BigInt(given['amount'] ?? '0'),
    });
    if (given['as'] === 'answered' && this.said === undefined)
      throw new Error('the network has not said its totals: ask for them before you repeat them');
    const request = ReconcileRequest.create({
      network,
      advice: given['tell'] === 'true',
      // It only has to differ from those of other messages of this second.
      stan: String(randomInt(1, 1_000_000)).padStart(6, '0'),
      transmissionTime: now.slice(5, 19).replaceAll(/\D/g, ''),
      settlementDate: now.slice(5, 10).replace('-', ''),
      currency: given['currency'] ?? 'EUR',
      totals: given['as'] === 'answered' ? this.said : own,
    });
    const reply = await unary(connection, connection.gateway(), 'reconcile', request, callMsMax);
    this.said = reply.totals ?? this.said;
    return { attempt: reply.outcome, totals: reply.result };
  }
}
