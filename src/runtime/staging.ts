import { OrtError } from './ortError.js';
import type { Runtime } from './runtime.js';
import type { Pointer } from './table.js';
import { type Tensor, valueOver } from './tensor.js';

/** Host memory of a provider's own: what is copied out of it and into it does not wait for pages. */
export interface StagingMemory {
  /** As ONNX Runtime names it: `CudaPinned` is memory that a GPU reads and writes by itself. */
  name: 'CudaPinned' | 'Cpu';
  id: number;
}

/** Of OrtAllocatorType, and of OrtMemType for each name. */
const DEVICE_ALLOCATOR = 0;
const MEMORY_TYPES = { CudaPinned: -1, Cpu: 0 };

/** A session's allocator of such memory. */
export class StagingAllocator {
  readonly runtime: Runtime;
  readonly memory: Pointer;
  readonly allocator: Pointer;

  private constructor(runtime: Runtime, memory: Pointer, allocator: Pointer) {
    this.runtime = runtime;
    this.memory = memory;
    this.allocator = allocator;
  }

  /** @returns undefined where the session has no such memory: all works without it, but slower. */
  static open(runtime: Runtime, session: Pointer, { name, id }: StagingMemory): StagingAllocator | undefined {
    const { checked, plain } = runtime;
    // Pinned memory belongs to no GPU in particular, and may be that of the first.
    for (const owner of new Set([id, 0])) {
      const memory = checked.CreateMemoryInfo(name, DEVICE_ALLOCATOR, owner, MEMORY_TYPES[name]);
      try {
        return new StagingAllocator(runtime, memory, checked.CreateAllocator(session, memory));
      } catch (error) {
        plain.ReleaseMemoryInfo(memory);
        if (!(error instanceof OrtError)) throw error;
      }
    }
    return undefined;
  }

  /** All memory of it was freed before. */
  release(): void {
    const { plain } = this.runtime;
    plain.ReleaseAllocator(this.allocator);
    plain.ReleaseMemoryInfo(this.memory);
  }
}

interface Room {
  place: Pointer;
  bytes: Uint8Array;
}

/** Such memory for the inputs and outputs of one run at a time. It grows with the largest, and is used again. */
export class Staging {
  readonly #from: StagingAllocator;
  readonly #rooms = new Map<string, Room>();

  constructor(from: StagingAllocator) {
    this.#from = from;
  }

  /** Makes an OrtValue like the tensor in this memory, with its elements where `filled`. Who has it releases it. */
  value(name: string, tensor: Tensor, filled: boolean): Pointer {
    const bytes = this.#room(name, tensor.data.byteLength);
    if (filled) bytes.set(bytesOf(tensor));
    return valueOver(this.#from.runtime, { ...tensor, data: bytes }, this.#from.memory);
  }

  /** Copies what lies there for an output into the tensor's own buffer. */
  fetch(name: string, tensor: Tensor): void {
    bytesOf(tensor).set(this.#room(name, tensor.data.byteLength));
  }

  free(): void {
    const { runtime, allocator } = this.#from;
    for (const { place } of this.#rooms.values()) runtime.checked.AllocatorFree(allocator, place);
    this.#rooms.clear();
  }

  #room(name: string, length: number): Uint8Array {
    const { runtime, allocator } = this.#from;
    let room = this.#rooms.get(name);
    if (!room || room.bytes.length < length) {
      if (room) runtime.checked.AllocatorFree(allocator, room.place);
      this.#rooms.delete(name);
      const place = runtime.checked.AllocatorAlloc(allocator, length);
      room = { place, bytes: runtime.bytesAt(place, length) };
      this.#rooms.set(name, room);
    }
    return room.bytes.subarray(0, length);
  }
}

const bytesOf = ({ data }: Tensor): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
