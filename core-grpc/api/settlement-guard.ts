// SettlementService checks no caller itself: every rpc of it passes here. Its rpcs concern all merchants, unless they name one.
import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import type { SettlementService } from '../../proto/gen/cardedge/core/v1/settlement.ts';
import type { ServiceHandlers } from '../../proto/service.ts';
import type { Core } from '../flow/core.ts';
import type { AccessTable } from './access.ts';
import { asFault, statusOf } from './faults.ts';
import { callerOf, type IdentifiedCall } from './server.ts';

type Handlers = ServiceHandlers<typeof SettlementService>;
type Handler = (
  call: IdentifiedCall & Partial<ServerUnaryCall<unknown, unknown>>,
  done: sendUnaryData<unknown>,
) => void;

/** The handlers with access control in front. */
export function guardSettlement(core: Core, access: AccessTable, handlers: Handlers): Handlers {
  const guarded = Object.entries(handlers).map(([name, handler]) => {
    const run = handler as unknown as Handler;
    const method = (name[0] as string).toUpperCase() + name.slice(1);
    const checked: Handler = (call, done) => {
      try {
        callerOf(access, call).check('SettlementService', method, merchantOf(call.request));
      } catch (error) {
        done(statusOf(asFault(error, core.log)));
        return;
      }
      run(call, done);
    };
    return [name, checked];
  });
  return Object.fromEntries(guarded) as Handlers;
}

function merchantOf(request: unknown): string {
  const given = typeof request === 'object' && request !== null && 'merchantId' in request ? request.merchantId : '';
  return typeof given === 'string' ? given : '';
}
