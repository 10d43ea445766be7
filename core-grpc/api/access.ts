// Who may call what: identities are those of client certificates, the table is a file of the operator's.
import { readFileSync } from 'node:fs';
import type { PeerCertificate } from 'node:tls';
import { Fault } from '../../common/errors.ts';

/** What an identity may do. */
export interface Grant {
  /** Names of rpcs ("Pay"), of services with all their rpcs ("PaymentService/*"), or "*". */
  readonly methods: readonly string[] | '*';
  /** Merchants ("mer_..."), or "*". */
  readonly merchants: readonly string[] | '*';
}

/** The table: identity -> grant. */
export type AccessTable = ReadonlyMap<string, Grant>;

/** Reads the table; throws with every fault of it. */
export function readAccess(path: string): AccessTable {
  return parseAccess(JSON.parse(readFileSync(path, 'utf8')));
}

/** Checks the table's content. */
export function parseAccess(content: unknown): AccessTable {
  const faults: string[] = [];
  const table = new Map<string, Grant>();
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new Error('the access table must be an object');
  for (const [identity, grant] of Object.entries(content)) {
    const given: { methods?: unknown; merchants?: unknown } = typeof grant === 'object' && grant !== null ? grant : {};
    const { methods, merchants } = given;
    if (!isNames(methods)) faults.push(`${identity}: methods must be "*" or a list of names`);
    if (!isNames(merchants)) faults.push(`${identity}: merchants must be "*" or a list of merchant ids`);
    if (isNames(methods) && isNames(merchants)) table.set(identity, { methods, merchants });
  }
  if (faults.length > 0) throw new Error(`the access table has faults:\n${faults.join('\n')}`);
  return table;
}

function isNames(value: unknown): value is readonly string[] | '*' {
  return value === '*' || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
}

/** The identities that a certificate names: URI and DNS alternative names, then the common name. */
export function identitiesOf(certificate: Pick<PeerCertificate, 'subject' | 'subjectaltname'> | undefined): string[] {
  if (certificate === undefined) return [];
  const names = (certificate.subjectaltname ?? '')
    .split(', ')
    .map((one) => /^(?:URI|DNS):(.+)$/.exec(one)?.[1])
    .filter((one) => one !== undefined);
  const common: unknown = certificate.subject?.CN;
  return typeof common === 'string' ? [...names, common] : names;
}

/** What one connection may do. */
export class Caller {
  /** The identity that the table knows, or the certificate's first; '' without a certificate. */
  readonly identity: string;
  private readonly grant: Grant | undefined;
  private readonly allowed = new Map<string, boolean>();
  private readonly merchants: ReadonlySet<string> | '*';

  constructor(table: AccessTable, identities: readonly string[]) {
    const identity = identities.find((one) => table.has(one));
    this.identity = identity ?? identities[0] ?? '';
    this.grant = identity === undefined ? undefined : table.get(identity);
    this.merchants = this.grant?.merchants === '*' ? '*' : new Set(this.grant?.merchants ?? []);
  }

  /** Throws PERMISSION_DENIED. `merchantId`: undefined for calls that concern no merchant; empty for calls that concern all of them. */
  check(service: string, method: string, merchantId: string | undefined): void {
    const name = `${service}/${method}`;
    let may = this.allowed.get(name);
    if (may === undefined) {
      const methods = this.grant?.methods;
      may =
        methods === '*' || (methods?.some((one) => one === method || one === name || one === `${service}/*`) ?? false);
      this.allowed.set(name, may);
    }
    if (!may || !(merchantId === undefined || this.merchants === '*' || this.merchants.has(merchantId))) {
      throw new Fault('PERMISSION_DENIED', 'This service may not use this method for this merchant.');
    }
  }
}
