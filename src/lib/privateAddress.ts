import { BlockList, isIP } from 'node:net';

/**
 * Addresses of this machine, its links and private networks, and those that are nobody's: IPv4 in IPv6 counts as what
 * it holds.
 */
const OWN = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  OWN.addSubnet(net, bits, 'ipv4');
// With ways in which IPv6 holds IPv4 that BlockList does not look into: compatible, NAT64, 6to4 and Teredo addresses.
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2002::', 16],
  ['2001::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  OWN.addSubnet(net, bits, 'ipv6');

/** Whether an IP address is not one of the public Internet. */
export const isPrivate = (address: string): boolean =>
  OWN.check(address.replace(/%.*$/, ''), isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** The IP address that a URL names, without a look at any name server; undefined where it holds a name. */
export function literalAddress(url: string): string | undefined {
  const host = new URL(url).hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? undefined : host;
}

/** A webhook would have gone to this machine or a private network, and nobody allowed that. */
export class PrivateAddress extends Error {
  constructor() {
    super(
      'the address to tell is of this machine or a private network: nothing was posted; --notify-private allows it',
    );
  }
}
