import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import { ByteReader } from './bytes.js';
import { call, isKnownGlobal, storageOf } from './pickleObjects.js';
import { dict, isKind, type Storage, type Value } from './pickleValues.js';

/** The largest published state dicts take 50,000. */
const MOST_STEPS = 500_000;

/** Opcodes of Python's pickletools that could make objects of other classes; the others are told by their number. */
const REFUSED = new Map([
  [0x69, 'INST'],
  [0x6f, 'OBJ'],
  [0x81, 'NEWOBJ'],
  [0x92, 'NEWOBJ_EX'],
  [0x82, 'EXT1'],
  [0x83, 'EXT2'],
  [0x84, 'EXT4'],
  [0x50, 'PERSID'],
]);

export interface Unpickled {
  value: Value;
  /** Offset of the byte behind the pickle. */
  end: number;
  /** Every storage that it mentions, by key. */
  storages: ReadonlyMap<string, Storage>;
}

/**
 * Reads one pickle as a state dict's is written (protocols 2 to 5): dicts, lists, tuples, texts, numbers and tensors.
 *
 * A pickle is a program, and readers made for any pickle build whatever classes it names. This one knows the few names
 * that tensors need and the opcodes that PyTorch writes, and stops at the first other one: there is nothing in it that
 * could run code, and its memory is bounded by the number of steps and the length of the file.
 * @throws UserError, as a sentence about the file, when it is damaged or holds anything else; it names the first such
 * thing.
 */
export function readPickle(bytes: Uint8Array, offset = 0): Unpickled {
  return new Machine(new ByteReader(bytes, 'its pickle', offset)).run();
}

class Machine {
  readonly #reader: ByteReader;
  readonly #memo = new Map<number, Value>();
  readonly #storages = new Map<string, Storage>();
  #stack: Value[] = [];
  /** The stacks below each open mark. */
  readonly #marked: Value[][] = [];

  constructor(reader: ByteReader) {
    this.#reader = reader;
  }

  run(): Unpickled {
    for (let step = 0; step < MOST_STEPS; step++) {
      const opcode = this.#reader.u8();
      if (opcode === 0x2e) return { value: this.#pop(), end: this.#reader.offset, storages: this.#storages }; // STOP
      this.#step(opcode);
    }
    throw new UserError('its pickle is far longer than that of any state dict');
  }

  #step(opcode: number): void {
    const reader = this.#reader;
    switch (opcode) {
      case 0x80:
        return this.#protocol(reader.u8()); // PROTO
      case 0x95:
        return reader.skip(8); // FRAME

      case 0x4e:
        return this.#push(null); // NONE
      case 0x88:
        return this.#push(true); // NEWTRUE
      case 0x89:
        return this.#push(false); // NEWFALSE
      case 0x4a:
        return this.#push(reader.i32()); // BININT
      case 0x4b:
        return this.#push(reader.u8()); // BININT1
      case 0x4d:
        return this.#push(reader.u16()); // BININT2
      case 0x8a:
        return this.#push(longInteger(reader.bytes(reader.u8()))); // LONG1
      case 0x47:
        return this.#push(reader.f64BigEndian()); // BINFLOAT
      case 0x58:
        return this.#push(reader.text(reader.u32())); // BINUNICODE
      case 0x8c:
        return this.#push(reader.text(reader.u8())); // SHORT_BINUNICODE
      case 0x54:
        return this.#push(reader.text(reader.u32())); // BINSTRING, Python 2
      case 0x55:
        return this.#push(reader.text(reader.u8())); // SHORT_BINSTRING, Python 2

      case 0x7d:
        return this.#push(dict()); // EMPTY_DICT
      case 0x5d:
        return this.#push([]); // EMPTY_LIST
      case 0x29:
        return this.#push([]); // EMPTY_TUPLE
      case 0x85:
        return this.#push(this.#popMany(1)); // TUPLE1
      case 0x86:
        return this.#push(this.#popMany(2)); // TUPLE2
      case 0x87:
        return this.#push(this.#popMany(3)); // TUPLE3
      case 0x28:
        return this.#mark(); // MARK
      case 0x74:
        return this.#push(this.#popMark()); // TUPLE
      case 0x61:
        return this.#append(this.#popMany(1)); // APPEND
      case 0x65:
        return this.#append(this.#popMark()); // APPENDS
      case 0x73:
        return this.#setItems(this.#popMany(2)); // SETITEM
      case 0x75:
        return this.#setItems(this.#popMark()); // SETITEMS
      case 0x30:
        return void this.#pop(); // POP

      case 0x71:
        return this.#remember(reader.u8()); // BINPUT
      case 0x72:
        return this.#remember(reader.u32()); // LONG_BINPUT
      case 0x94:
        return this.#remember(this.#memo.size); // MEMOIZE
      case 0x68:
        return this.#recall(reader.u8()); // BINGET
      case 0x6a:
        return this.#recall(reader.u32()); // LONG_BINGET

      case 0x63:
        return this.#global(reader.line(), reader.line()); // GLOBAL
      case 0x93:
        return this.#stackGlobal(this.#popMany(2)); // STACK_GLOBAL
      case 0x51:
        return this.#storage(storageOf(this.#pop())); // BINPERSID
      case 0x52:
        return this.#reduce(); // REDUCE
      case 0x62:
        return this.#build(); // BUILD
      default:
        throw new UserError(
          `its pickle holds the opcode ${REFUSED.get(opcode) ?? `0x${opcode.toString(16)}`}, ` +
            'and only tensors are read from it',
        );
    }
  }

  #protocol(version: number): void {
    if (version < 2 || version > 5)
      throw new UserError(`its pickle is of protocol ${version}: only 2 to 5 are supported`);
  }

  #push(value: Value): void {
    this.#stack.push(value);
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined) throw damaged();
    return value;
  }

  #top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined) throw damaged();
    return value;
  }

  #popMany(count: number): Value[] {
    if (this.#stack.length < count) throw damaged();
    return this.#stack.splice(-count);
  }

  #mark(): void {
    this.#marked.push(this.#stack);
    this.#stack = [];
  }

  /** @returns what was pushed since the last mark. */
  #popMark(): Value[] {
    const below = this.#marked.pop();
    if (!below) throw damaged();
    const above = this.#stack;
    this.#stack = below;
    return above;
  }

  #append(values: Value[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw damaged();
    for (const value of values) list.push(value);
  }

  #setItems(values: Value[]): void {
    const target = this.#top();
    if (!isKind(target, 'dict') || values.length % 2 !== 0) throw damaged();
    for (let i = 0; i < values.length; i += 2) {
      const key = values[i];
      if (typeof key !== 'string' && typeof key !== 'number')
        throw new UserError('its pickle has a dict whose keys are neither texts nor numbers');
      target.items.set(key, values[i + 1] as Value);
    }
  }

  #remember(index: number): void {
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw damaged();
    this.#push(value);
  }

  #stackGlobal([module, name]: Value[]): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw damaged();
    this.#global(module, name);
  }

  #global(module: string, name: string): void {
    const full = `${module}.${name}`;
    if (!isKnownGlobal(full)) {
      throw new UserError(
        `its pickle asks for the Python object ${quote(full)}, and only tensors are read from it: ` +
          'nothing in it was run',
      );
    }
    this.#push({ kind: 'global', name: full });
  }

  #storage(storage: Storage): void {
    this.#storages.set(storage.key, storage);
    this.#push(storage);
  }

  #reduce(): void {
    const args = this.#pop();
    this.#push(call(this.#pop(), args));
  }

  /** A state dict carries version numbers of its modules as an attribute; they change nothing here. */
  #build(): void {
    this.#pop();
    if (!isKind(this.#top(), 'dict'))
      throw new UserError(
        'its pickle holds the opcode BUILD for something else than a dict, and only tensors are read from it',
      );
  }
}

const damaged = (): UserError => new UserError('its pickle is damaged: an opcode does not find what it needs');

/** Little-endian two's complement of any length. */
function longInteger(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (const byte of bytes.toReversed()) value = (value << 8n) | BigInt(byte);
  const signed = BigInt.asIntN(bytes.length * 8, value);
  return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed;
}
