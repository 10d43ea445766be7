// The HSM client as the core's port for cards: its errors become the contract's.
import { Fault } from '../common/errors.ts';
import type { HsmClient } from '../hsm/client.ts';
import type { HsmError } from '../hsm/port.ts';
import type { CardHsm } from './flow/cards.ts';

/** Name of the card encryption key. */
const cardKeyRef = 'card-jwe';

// Faults of what the merchant's system sent; all others are faults of the HSM or its set-up.
const cardErrors: ReadonlySet<HsmError['code']> = new Set<HsmError['code']>([
  'invalid_request',
  'invalid_card',
  'authentication_failed',
  'key_not_found',
  'key_state',
  'key_usage',
]);

function fault(error: HsmError): Fault {
  return cardErrors.has(error.code)
    ? new Fault('INVALID_CARD', 'The card data could not be read or is not a card.')
    : new Fault('HSM_UNAVAILABLE', 'The HSM could not be reached.', {
        retryAfterMs: 500,
        cause: new Error(error.code),
      });
}

/** The port over a client of the role `core`. Calls of a tick share a frame. */
export function cardHsm(client: HsmClient): CardHsm {
  return {
    seal: async (merchantId, card) => {
      const result = await client.single.sealCard({ merchantId, card });
      if (!result.ok) throw fault(result.error);
      const { vault, fingerprint, bin, last4, expiryYymm, sealed } = result;
      return sealed === undefined
        ? { vault, fingerprint, bin, last4, expiryYymm }
        : { vault, fingerprint, bin, last4, expiryYymm, sealed };
    },
    cardKey: async () => {
      const result = await client.single.publicKey({ keyRef: cardKeyRef });
      if (!result.ok) throw fault(result.error);
      return JSON.stringify(result.jwk);
    },
  };
}

/** Fingerprints of clear card numbers as `seal` makes them, for clearing lines. Throws HSM_UNAVAILABLE. */
export function fingerprintPans(client: HsmClient): (pans: readonly string[]) => Promise<Buffer[]> {
  return async (pans) =>
    Promise.all(
      pans.map(async (pan) => {
        const result = await client.single.fingerprint({ pan });
        if (!result.ok) throw fault(result.error);
        return result.fingerprint;
      }),
    );
}
