import { CompactEncrypt, importJWK } from 'jose';

export interface CardJweInput {
  /** Public half of the card encryption key, as the command publicKey returns it. */
  readonly publicJwk: { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string };
  /** Key name@version. */
  readonly kid: string;
  readonly pan: string;
  /** YYMM. */
  readonly exp: string;
  readonly cvv2?: string;
}

/** A card as the browser frame and test clients encipher it: compact JWE, ECDH-ES with A256GCM. */
export async function makeCardJwe({ publicJwk, kid, pan, exp, cvv2 }: CardJweInput): Promise<string> {
  const { kty, crv, x, y } = publicJwk;
  const payload = JSON.stringify(cvv2 === undefined ? { pan, exp } : { pan, exp, cvv2 });
  const key = await importJWK({ kty, crv, x, y }, 'ECDH-ES');
  return new CompactEncrypt(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid })
    .encrypt(key);
}
