// The demo merchant: made at every start if it is missing, always with the same id.
import { Fault } from '../../common/errors.ts';
import {
  CreateMerchantRequest,
  FeePlan,
  GetMerchantRequest,
  Merchant,
  MerchantLimits,
  Terminal,
  UpdateMerchantRequest,
} from '../../proto/gen/cardedge/core/v1/merchants.ts';
import { type Connection, unary } from '../connect.ts';

/** What the story and the verbs use by default. */
export const demo = {
  /** A fixed uuid of version 7. */
  merchantId: 'mer_01kdvhmr00e008000000001qhg',
  name: 'Demo Shop',
  ecommerceTerminal: 'ECOM0001',
  cardTerminal: 'TERM0001',
} as const;

/** Makes the merchant unless it is there; one that is there gets the networks of this start. */
export async function ensureDemoMerchant(connection: Connection, others: readonly string[]): Promise<void> {
  const networks = ['simnet', ...others];
  try {
    const found = await unary(
      connection,
      connection.merchants,
      'getMerchant',
      GetMerchantRequest.create({ merchantId: demo.merchantId }),
    );
    if (found.networks.join() !== networks.join()) {
      const merchant = Merchant.create({ merchantId: demo.merchantId, networks });
      const update = UpdateMerchantRequest.create({ merchant, fields: ['networks'] });
      await unary(connection, connection.merchants, 'updateMerchant', update);
    }
    return;
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'NOT_FOUND') throw error;
  }
  const merchant = Merchant.create({
    merchantId: demo.merchantId,
    name: demo.name,
    city: 'Berlin',
    country: 'DE',
    categoryCode: '5732',
    acceptorId: 'CARDEDGE0000001',
    terminals: [
      Terminal.create({ terminalId: demo.ecommerceTerminal, ecommerce: true }),
      Terminal.create({ terminalId: demo.cardTerminal, ecommerce: false }),
    ],
    networks,
    feePlan: FeePlan.create({ basisPoints: 120, fixedMinor: 10n }),
    defaultCaptureMethod: 'AUTOMATIC',
    limits: MerchantLimits.create(),
    currencies: ['EUR', 'USD', 'GBP', 'JPY', 'KWD'],
  });
  await unary(connection, connection.merchants, 'createMerchant', CreateMerchantRequest.create({ merchant }));
}
