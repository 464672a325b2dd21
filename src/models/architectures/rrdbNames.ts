/** What the layers of an RRDBNet are called in a state dict. */
export interface Naming {
  first: string;
  /** How many residual blocks the names speak of; 0 when they are other names. */
  blocks: (names: string[]) => number;
  /** A convolution of a dense block. @param block from 0. @param dense from 1 to 3. @param k from 1 to 5. */
  dense: (block: number, dense: number, k: number) => string;
  /** The convolution behind all blocks. */
  trunk: (blocks: number) => string;
  upsamplings: string[];
  high: string;
  last: string;
}

/** One more than the largest block number: a block that is missing is then named as missing. */
const counted =
  (pattern: RegExp) =>
  (names: string[]): number =>
    names.reduce((most, name) => Math.max(most, Number(pattern.exec(name)?.[1] ?? -1)), -1) + 1;

/** BasicSR's from 1.0 on, the first ones of BasicSR, and those of ESRGAN as it was published. */
export const namings: readonly Naming[] = [
  {
    first: 'conv_first',
    blocks: counted(/^body\.(\d{1,4})\.rdb/),
    dense: (block, dense, k) => `body.${block}.rdb${dense}.conv${k}`,
    trunk: () => 'conv_body',
    upsamplings: ['conv_up1', 'conv_up2'],
    high: 'conv_hr',
    last: 'conv_last',
  },
  {
    first: 'conv_first',
    blocks: counted(/^RRDB_trunk\.(\d{1,4})\.RDB/),
    dense: (block, dense, k) => `RRDB_trunk.${block}.RDB${dense}.conv${k}`,
    trunk: () => 'trunk_conv',
    upsamplings: ['upconv1', 'upconv2'],
    high: 'HRconv',
    last: 'conv_last',
  },
  {
    first: 'model.0',
    blocks: counted(/^model\.1\.sub\.(\d{1,4})\.RDB/),
    dense: (block, dense, k) => `model.1.sub.${block}.RDB${dense}.conv${k}.0`,
    trunk: (blocks) => `model.1.sub.${blocks}`,
    upsamplings: ['model.3', 'model.6'],
    high: 'model.8',
    last: 'model.10',
  },
];
