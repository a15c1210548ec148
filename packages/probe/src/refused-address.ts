import { BlockList, isIPv6 } from 'node:net';

// Addresses where clouds hand out credentials to whoever asks from inside (S20), and link-local ones in general.
const METADATA = new BlockList();
METADATA.addSubnet('169.254.0.0', 16, 'ipv4');
METADATA.addAddress('100.100.100.200', 'ipv4'); // Alibaba Cloud
METADATA.addAddress('168.63.129.16', 'ipv4'); // Azure
METADATA.addAddress('192.0.0.192', 'ipv4'); // Oracle Cloud
METADATA.addSubnet('fe80::', 10, 'ipv6');
METADATA.addAddress('fd00:ec2::254', 'ipv6'); // AWS
METADATA.addAddress('fd20:ce::254', 'ipv6'); // Google Cloud

const PRIVATE = new BlockList();
PRIVATE.addSubnet('0.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('10.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('100.64.0.0', 10, 'ipv4');
PRIVATE.addSubnet('127.0.0.0', 8, 'ipv4');
PRIVATE.addSubnet('172.16.0.0', 12, 'ipv4');
PRIVATE.addSubnet('192.168.0.0', 16, 'ipv4');
PRIVATE.addAddress('::', 'ipv6');
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/**
 * Why an IP address may not be probed, or undefined. Metadata and link-local addresses never may; private and loopback ones
 * only where the workflow file itself names the host (S20).
 */
export function refusalOfAddress(address: string, listedByWorkflow: boolean): string | undefined {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (METADATA.check(address, family)) {
    return `${address} is a link-local or cloud metadata address, which is never probed`;
  }
  if (!listedByWorkflow && PRIVATE.check(address, family)) {
    return `${address} is a private address and the workflow file does not name its host in base-url or urls`;
  }
  return undefined;
}
